"""Words as tokens, lossless: a word carries the space before it (" casa"), so that joining the pieces gives the text.

Words keep their case, their inner hyphens and apostrophes ("guarda-chuva", "don't"). A mark of punctuation is a piece
of its own, with the space before it if there is one; every other white space is one piece a character.
"""

import re
from collections.abc import Iterator

from genchat.engine.tokenizers.pieces import PieceTokenizer

_PIECE = re.compile(r" ?\w+(?:[-'’]\w+)*| ?[^\w\s]|\s")
_SPACE = re.compile(rb"[ \n\t]")
_WINDOW = 1 << 20


class WordTokenizer(PieceTokenizer):
    """Words, marks and white space; rare and unseen words are spelled."""

    unit = "word"

    @staticmethod
    def split(text: str) -> list[str]:
        return _PIECE.findall(text)


def windows(utf8: bytes) -> Iterator[str]:
    """UTF-8 text in parts of about a million bytes, cut only where a piece ends: before white space.

    A part without any white space is cut between two characters.
    """
    start = 0
    while start < len(utf8):
        end = start + _WINDOW
        space = _SPACE.search(utf8, end, end + _WINDOW)
        if space:
            end = space.start()
        elif end + _WINDOW >= len(utf8):
            end = len(utf8)
        while end < len(utf8) and utf8[end] & 0xC0 == 0x80:
            end += 1
        yield utf8[start:end].decode("utf-8")
        start = end
