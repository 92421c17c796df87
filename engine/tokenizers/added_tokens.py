"""Whole words that a vocabulary has tokens for, found in a text as the `tokenizers` library finds them.

A word is taken as long as possible, from the left. Its flags say what else it takes along: "l" the white space before
it, "r" that after it; and "n" that it is looked for in the normalised text, after all the others.
"""

import re
from collections.abc import Iterator, Mapping

LEFT, RIGHT, NORMALISED = "l", "r", "n"
# White space in the sense of Unicode; Python's own also counts four control characters.
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


class AddedTokens:
    """`ids` by word, and the flags of those words that have any."""

    def __init__(self, ids: Mapping[str, int], flags: Mapping[str, str]) -> None:
        self._ids, self._flags = ids, flags
        words = sorted(filter(None, ids), key=len, reverse=True)
        self._words = re.compile("|".join(map(re.escape, words))) if words else None

    def split(self, text: str) -> Iterator[tuple[str, int | None]]:
        """The parts of `text` in order: text with None, words (with the space they take) with their id."""
        end = 0
        for match in self._words.finditer(text) if self._words else ():
            flags = self._flags.get(match[0], "")
            start, stop = match.span()
            if LEFT in flags:
                start = max(end, len(text[:start].rstrip(_SPACE)))
            if RIGHT in flags:
                stop = len(text) - len(text[stop:].lstrip(_SPACE))
            if start > end:
                yield text[end:start], None
            yield text[start:stop], self._ids[match[0]]
            end = stop
        if end < len(text):
            yield text[end:], None


def stripped(text: str, before: str, after: str) -> str:
    """`text` without what a word with the flags `before`, or one with the flags `after`, takes along."""
    text = text.lstrip(_SPACE) if RIGHT in before else text
    return text.rstrip(_SPACE) if LEFT in after else text
