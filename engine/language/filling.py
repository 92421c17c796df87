"""How the placeholders of a text are filled, so that numbers and plurals come out right in every language.

A placeholder `{name}` takes a value as it is; a fraction among the values gets the decimal mark of the language. What
stands behind a colon is not a format of Python's but text: `#` in it is the number with the thousands marks of the
language, and a bar divides the words for one from the words for any other number:

    "{count:# conversation|# conversations}"    1 conversation · 2 conversations · 12,345 conversations
    "step {step:#}"                             step 12,345
"""

from collections.abc import Mapping
from numbers import Integral
from typing import Any

from genchat.engine.language.numbers import exact, whole


def filled(template: str, values: Mapping[str, object], tag: str) -> str:
    """The text with its placeholders filled in the language `tag`."""
    return template.format(**{name: _numbered(value, tag) for name, value in values.items()})


def _numbered(value: Any, tag: str) -> object:
    if isinstance(value, float):
        return exact(value, tag)
    if isinstance(value, Integral) and not isinstance(value, bool):
        return _Count(int(value), tag)
    return _Written(value) if isinstance(value, str) else value


class _Count:
    """A whole number that knows how a text wants it written."""

    def __init__(self, value: int, tag: str) -> None:
        self._value = value
        self._tag = tag

    def __str__(self) -> str:
        return str(self._value)

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        if not spec:
            return str(self._value)
        one, bar, other = spec.partition("|")
        words = other if bar and self._value != 1 else one
        return words.replace("#", whole(self._value, self._tag))


class _Written(str):
    """A number that is text already, such as one from an old record: it takes the words for many."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        return spec.rpartition("|")[2].replace("#", self) if "#" in spec or "|" in spec else super().__format__(spec)
