"""Words as tokens, lossless: a word carries the space before it (" casa"), so that joining the pieces gives the text.

Words keep their case, their inner hyphens and apostrophes ("guarda-chuva", "don't"). A mark of punctuation is a piece
of its own, with the space before it if there is one; every other white space is one piece a character.
"""

import re
from collections.abc import Iterator

from engine.tokenizers.pieces import PieceTokenizer

_PIECE = re.compile(r" ?\w+(?:[-'’]\w+)*| ?[^\w\s]|\s")
_SPACE = re.compile(r"\s")
_WINDOW = 1 << 20


class WordTokenizer(PieceTokenizer):
    """Words, marks and white space; rare and unseen words are spelled."""

    unit = "word"

    @staticmethod
    def split(text: str) -> list[str]:
        return _PIECE.findall(text)


def windows(text: str) -> Iterator[str]:
    """`text` in parts of about a million characters, cut only where a piece ends: before white space.

    A part without any white space is cut anywhere.
    """
    start = 0
    while start < len(text):
        end = start + _WINDOW
        if end < len(text):
            space = _SPACE.search(text, end, end + _WINDOW)
            if space:
                end = space.start()
            elif end + _WINDOW >= len(text):
                end = len(text)
        yield text[start:end]
        start = end
