"""Numbers that a person types: on the command line, in a variable, in a field of the screen.

"0.8" and "0,8" are the same number, whichever language the person reads. A mark that may stand before decimals or
before thousands is refused with what to type instead: a wrong guess would be wrong a thousandfold.
"""

import re

from genchat.engine.errors import UsageError
from genchat.engine.language.numbers import localised

_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(?:[.,\s]\d{3})+")  # 1.000 · 12,345,678 · 1 000
_MARKED = re.compile(r"[+-]?[\d.,]+")


def read_number(name: str, text: str) -> float:
    """The function reads `text` as a number; `name` is the option or field in the words of the person.

    Raises UsageError for what is no number, and for 1,234 and 1.234,5, which two languages read differently. A point
    alone always stands before decimals, as in a settings file.
    """
    typed = text.strip()
    grouped = "." not in typed and _GROUPED.fullmatch(typed)
    two_marks = "." in typed and "," in typed and _MARKED.fullmatch(typed)
    if grouped or two_marks:
        raise UsageError("number_ambiguous", name=name, value=text, likely=_without_thousands(typed))
    try:
        return float(_with_point(typed))
    except ValueError:
        raise UsageError("not_a_number", name=name, value=text) from None


def read_whole_number(name: str, text: str) -> int:
    """The function reads `text` as a whole number. Raises UsageError for fractions, for 1.000 and 1,000, and for other
    text.
    """
    typed = text.strip()
    if _GROUPED.fullmatch(typed):
        raise UsageError("number_ambiguous", name=name, value=text, likely=re.sub(r"[.,\s]", "", typed))
    try:
        return int(_plain(typed))
    except ValueError:
        raise UsageError("not_a_whole_number", name=name, value=text) from None


def _with_point(typed: str) -> str:
    return _plain(typed.replace(",", ".", 1) if "." not in typed else typed)


def _plain(typed: str) -> str:
    """The same text, or ValueError for what only Python takes for part of a number."""
    if "_" in typed:
        raise ValueError(typed)
    return typed


def _without_thousands(typed: str) -> str:
    """The number with its last mark before the decimals and no other: what was most likely meant."""
    if "." not in typed:
        return re.sub(r"[,\s]", "", typed)
    mark = max(typed.rfind("."), typed.rfind(","))
    return localised(re.sub(r"[.,]", "", typed[:mark]) + "." + typed[mark + 1 :])
