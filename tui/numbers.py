"""Numbers as the reader writes them; see engine/language/numbers.py, which the engine uses too."""

from genchat.engine.language.numbers import decimal as decimal
from genchat.engine.language.numbers import localised as localised
from genchat.engine.language.numbers import percent as percent
from genchat.engine.language.numbers import plain as plain
from genchat.engine.language.numbers import short_count as short_count
from genchat.engine.language.numbers import whole as whole
