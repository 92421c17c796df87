"""Checks of single values that a plug-in gave: each returns the value as genchat wants it, or says what is wrong.

What is wrong is named as an author would look for it, "Step.log_prob", with what was found and what is wanted.
"""

import math
import operator
from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar

from genchat.engine.errors import PluginError
from genchat.engine.language import say
from genchat.engine.text import safe_line

Kind = TypeVar("Kind")
_LONGEST = 60  # characters of a value that is shown


class Checker:
    """Checks what the plug-in `name` gave. Every method raises PluginError."""

    def __init__(self, name: str) -> None:
        self.name = name

    def refuse(self, what: str) -> NoReturn:
        """Say that the contract is not kept; `what` is a whole clause in the reader's language."""
        raise PluginError("plugin_contract", name=self.name, what=what)

    def wrong(self, where: str, value: object, wanted: str) -> NoReturn:
        """Say that `value` cannot stand at `where`; `wanted` needs no translation."""
        self.refuse(say("plugins.wrong_value", where=where, found=shown(value), wanted=wanted))

    def text(self, value: object, where: str) -> str:
        """The value must be a str that can be written as UTF-8."""
        if not isinstance(value, str):
            self.wrong(where, value, "str")
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            self.refuse(say("plugins.lone_surrogate", where=where, found=ascii(value)[:_LONGEST]))
        return value

    def whole(self, value: Any, where: str, low: int = 0, high: int | None = None) -> int:
        """The value must be an int from `low` to `high`; numpy's integers are made Python's."""
        wanted = f"int ≥ {low}" if high is None else f"{low} ≤ int ≤ {high}"
        if isinstance(value, bool):
            self.wrong(where, value, wanted)
        try:
            number = operator.index(value)
        except TypeError:
            self.wrong(where, value, wanted)
        if number < low or (high is not None and number > high):
            self.wrong(where, value, wanted)
        return number

    def number(self, value: Any, where: str, high: float = math.inf) -> float:
        """The value must be a finite float, at most `high`; numpy's floats are made Python's."""
        wanted = "float" if high == math.inf else f"float ≤ {high:g}"
        if isinstance(value, str | bytes | bool | complex) or value is None:
            self.wrong(where, value, wanted)
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            self.wrong(where, value, wanted)
        if not math.isfinite(number) or number > high:
            self.wrong(where, value, wanted)
        return number

    def flag(self, value: Any, where: str) -> bool:
        """The value must be a bool; numpy's is made Python's."""
        if isinstance(value, bool) or (type(value).__name__ in ("bool", "bool_") and hasattr(value, "dtype")):
            return bool(value)
        self.wrong(where, value, "bool")

    def of_kind(self, value: object, kind: type[Kind], where: str) -> Kind:
        """The value must be an instance of `kind`."""
        if not isinstance(value, kind):
            self.wrong(where, value, kind.__name__)
        return value

    def numbers_by_name(self, value: object, where: str) -> dict[str, float]:
        """The value must be a mapping from str to finite float."""
        mapping = self.of_kind(value, Mapping, where)  # type: ignore[type-abstract]
        return {self.text(key, where): self.number(number, where) for key, number in mapping.items()}


def shown(value: object) -> str:
    """A value on one line, cut; its kind where it cannot be shown."""
    try:
        text = repr(value)
    except Exception:  # of a class of the author's own
        text = f"<{type(value).__name__}>"
    return safe_line(text, _LONGEST)
