"""What is said in the language of the question, whichever language the screen speaks, and numbers as it writes them."""

import re
from collections.abc import Sequence

from genchat.engine.language import texts
from genchat.engine.language.filling import filled
from genchat.engine.language.numbers import localised, whole
from genchat.engine.retrieval.terms import Language

_TAGS: dict[Language, str] = {"pt": "pt-br", "en": "en"}
_FIGURES = re.compile(r"[+-]?\d[\d.,]{0,20}")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:[.,]\d{3})+")


def said(language: Language, name: str, **values: object) -> str:
    """The text "retrieval.<name>" in `language`, its placeholders filled."""
    tag = _TAGS[language]
    return filled(texts(tag, "retrieval")[f"retrieval.{name}"], values, tag)


def whole_number(value: float, language: Language) -> str:
    """1350 as people write it: "1.350" or "1,350"."""
    return whole(round(value), _TAGS[language])


def number(value: float, language: Language) -> str:
    """A number with at most two decimals: 26.2 as "26,2" or "26.2", 32.0 as "32"."""
    spelled = f"{value:,.2f}".rstrip("0").rstrip(".")
    return localised("0" if spelled == "-0" else spelled, _TAGS[language])


def listed(parts: Sequence[str], language: Language, last: str = "and") -> str:
    """ "a, b e c" or "a, b and c"; with "or", "a, b ou c"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {said(language, last)} {parts[-1]}"


def read_number(text: str, decimal: str = "") -> float | None:
    """ "26.2", "26,2", "1.350" and "1,350" as numbers. None for what is none.

    `decimal` is the mark before the decimals, where it is known; else three digits after a mark are thousands.
    """
    digits = text.strip().rstrip(".,")
    if not _FIGURES.fullmatch(digits):
        return None
    if decimal:
        digits = digits.replace("," if decimal == "." else ".", "").replace(decimal, ".")
    elif _THOUSANDS.fullmatch(digits):
        digits = re.sub(r"[.,]", "", digits)
    else:
        *groups, last = re.split(r"[.,]", digits)
        digits = f"{''.join(groups)}.{last}" if groups else last
    try:
        return float(digits)
    except ValueError:
        return None
