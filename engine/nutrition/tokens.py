"""A wish, a line of ingredients or a recipe as words with their places and the marks that stand before them."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from genchat.engine.text import fold

Mark = Literal["", ",", ".", "?"]
_WORD = re.compile(r"[cs]/(?=[\s\w])|[^\W_]+(?:'[^\W_]+)*")
_COMMA = re.compile(r"[,;:/()\[\]|•·–—+&\n\r]|\s-\s")
_STOP = re.compile(r"[.!?…]")
_APOSTROPHES = str.maketrans({"’": "'", "`": "'", "´": "'", "‘": "'"})


@dataclass(frozen=True, slots=True)
class Token:
    """A word. `mark` is what stands between it and the word before: nothing, a comma or its like, or a stop."""

    text: str
    folded: str
    start: int
    end: int
    mark: Mark

    @property
    def is_number(self) -> bool:
        """Whether it is a figure, with or without a unit: "200", "200g"."""
        return self.folded[0].isdigit() and sum(map(str.isalpha, self.folded)) <= 2


_GOES_ON = re.compile(r"[.;]\s+((?:and|or|nor|e|ou|nem)\b)", re.IGNORECASE)
_SHORTENED = re.compile(r"(?<![\w/])w/(o?)(?=[\s.,;:!?]|$)", re.IGNORECASE)
_JOINED_FREE = re.compile(r"\b(\w{3,}?)free\b", re.IGNORECASE)


def normal(text: str) -> str:
    """`text` with composed accents and plain apostrophes; offsets of tokens count in it.

    A sentence that begins with "and" goes on with the one before it, "glutenfree" is "gluten free", and "w/o" is
    "without": what is refused must not be lost by the way it is written.
    """
    plain = unicodedata.normalize("NFC", text).translate(_APOSTROPHES)
    plain = _SHORTENED.sub(lambda match: "without" if match[1] else "with", plain)
    return _GOES_ON.sub(r" \1", _JOINED_FREE.sub(r"\1 free", plain))


def folded_alike(text: str) -> str:
    """A normal text without case and accents, each character at its old place."""
    return "".join(folded if len(folded := fold(character)) == 1 else character for character in text)


def tokens_of(text: str) -> list[Token]:
    """The words of a normal text; words joined by a hyphen are several."""
    found: list[Token] = []
    before = 0
    for match in _WORD.finditer(text):
        gap = text[before : match.start()]
        stops = _STOP.search(gap) and not _is_decimal(text, before, match.start())
        mark: Mark = ("?" if "?" in gap else ".") if stops else "," if _COMMA.search(gap) else ""
        folded = fold(match[0])
        if folded:
            found.append(Token(match[0], folded, match.start(), match.end(), mark))
        before = match.end()
    return found


def _is_decimal(text: str, start: int, end: int) -> bool:
    return end - start == 1 and start > 0 and text[start - 1].isdigit() and text[end : end + 1].isdigit()
