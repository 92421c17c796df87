"""Cells of tables as quantities and dates, however they are written: "R$ 1.234,50", "12.5%", "1,200", "31/12/2024"."""

import re
from collections.abc import Iterable
from datetime import date

from genchat.engine.text import fold

_QUANTITY = re.compile(
    r"[~≈]?\s*(?:R\$|US\$|[$€£¥])?\s*([+\-−]?\d[\d.,' \u00a0]*)\s*"
    r"(?:%|‰|[^\W\d_]{1,12}\.?|°\s?[CF]?|R\$|[$€£¥]|[^\W\d_]{1,4}/[^\W\d_]{1,4})?\s*"
)
_DECIMALS = re.compile(r"(?<!\d)\d+([.,])(?:\d{1,2}|\d{4,})(?!\d)\Z")
_GROUPS = re.compile(r"\d{1,3}(?:[.,]\d{3})+\Z")
_ISO = re.compile(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?(?:[T ].*)?\Z")
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\Z")
_NAMED = re.compile(
    r"(?:(\d{1,2})(?:st|nd|rd|th|º)?\s+(?:de\s+)?)?([^\W\d_]{3,9})\.?(?:\s+(\d{1,2}),?)?,?\s+(?:de\s+)?(\d{4})\Z"
)
_MONTHS = (
    ("jan",),
    ("fev", "feb"),
    ("mar",),
    ("abr", "apr"),
    ("mai", "may"),
    ("jun",),
    ("jul",),
    ("ago", "aug"),
    ("set", "sep"),
    ("out", "oct"),
    ("nov",),
    ("dez", "dec"),
)


def decimal_mark(cells: Iterable[str]) -> str:
    """The mark before the decimals in a column, as far as its cells show it; empty where both or none do."""
    marks = set()
    for cell in cells:
        digits = _digits(cell)
        if digits is None:
            continue
        if "." in digits and "," in digits:
            marks.add(max(".,", key=digits.rfind))
        elif match := _DECIMALS.search(digits):
            marks.add(match[1])
    return marks.pop() if len(marks) == 1 else ""


def quantity(cell: str, decimal: str = "") -> float | None:
    """The number in a cell, with or without a currency, a per cent sign or one word of unit; None for what is none.

    Where both marks occur, the last is the decimal one; one mark alone is read as `decimal` says, and where that says
    nothing, groups of three digits after it are thousands.
    """
    digits = _digits(cell)
    if digits is None:
        return None
    if "." in digits and "," in digits:
        last = max(".,", key=digits.rfind)
        digits = digits.replace("." if last == "," else ",", "")
        if digits.count(last) > 1:
            return None
        digits = digits.replace(last, ".")
    elif decimal and digits.count(decimal) == 1:
        digits = digits.replace(decimal, ".")
    elif _GROUPS.match(digits.lstrip("+-")) and not digits.lstrip("+-").startswith("0"):
        digits = digits.replace(".", "").replace(",", "")
    else:
        digits = digits.replace(",", ".")
    try:
        return float(digits)
    except ValueError:
        return None


def _digits(cell: str) -> str | None:
    match = _QUANTITY.fullmatch(cell.strip())
    if match is None or as_date(cell) is not None:
        return None
    digits = re.sub(r"[ '\u00a0]", "", match[1]).replace("−", "-").rstrip(".,")
    return digits if len(digits) <= 24 else None


def as_date(cell: str) -> date | None:
    """The day of a date; day before month where a slash or dot parts them. A month alone is its first day."""
    text = cell.strip()
    try:
        if match := _ISO.match(text):
            return date(int(match[1]), int(match[2]), int(match[3] or 1))
        if match := _DAY_FIRST.match(text):
            first, second, year = map(int, match.groups())
            return date(year, second, first) if second <= 12 else date(year, first, second)
        if match := _NAMED.match(text):
            short = fold(match[2])[:3]
            month = next((place for place, names in enumerate(_MONTHS, 1) if short in names), None)
            return None if month is None else date(int(match[4]), month, int(match[1] or match[3] or 1))
    except ValueError:
        return None
    return None
