"""Numbers as the reader writes them; the functions stand in engine/language/numbers.py, where the engine uses them too."""

from genchat.engine.language.numbers import decimal as decimal
from genchat.engine.language.numbers import localised as localised
from genchat.engine.language.numbers import percent as percent
from genchat.engine.language.numbers import plain as plain
from genchat.engine.language.numbers import short_count as short_count
from genchat.engine.language.numbers import whole as whole
