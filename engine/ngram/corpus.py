"""The training text behind a model: its tokens, their suffix array, and which line of which file each stands in."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genchat.engine.evidence import CorpusPlace
from genchat.engine.ngram.suffix_array import DEPTH
from genchat.engine.ngram.trie import START_ID
from genchat.engine.tokenizers.pieces import PieceTokenizer

LONGEST_MATCH = DEPTH  # tokens
_CAPPED = 2000  # occurrences looked at when a match is very common

IntArray = NDArray[np.integer]
SlotRange = tuple[int, int]


@dataclass(frozen=True)
class LineTable:
    """The table says which line each token stands in.

    starts: ascending, the first token of every line; numbers: the 1-based number of that line in its file;
    source_lines: ascending, the index in `starts` of the first line of each source; sources: their names.
    """

    starts: IntArray
    numbers: IntArray
    source_lines: IntArray
    sources: tuple[str, ...]


@dataclass(frozen=True)
class TokenCorpus:
    """stream: the token ids; suffixes: their suffix array. Both may be views of memory-mapped files."""

    stream: IntArray
    suffixes: IntArray
    lines: LineTable
    tokenizer: PieceTokenizer

    def occurrences(self, tokens: Sequence[int], within: SlotRange | None = None) -> SlotRange:
        """The slots of the suffix array whose text begins with `tokens`; an empty range where there are none."""
        pattern, length = list(tokens), len(tokens)
        stream, suffixes = self.stream, self.suffixes

        def beginning(slot: int) -> list[int]:
            position = int(suffixes[slot])
            prefix: list[int] = stream[position : position + length].tolist()
            return prefix

        slots = range(*(within or (0, len(suffixes))))
        low = bisect_left(slots, pattern, key=beginning)
        high = bisect_right(slots, pattern, lo=low, key=beginning)
        return slots.start + low, slots.start + high

    def followed(self, tokens: Sequence[int], slots: SlotRange) -> int:
        """The result is how often `tokens`, whose slots are given, is followed by a token of the same text."""
        low, high = slots
        if high > low and int(self.suffixes[low]) + len(tokens) >= len(self.stream):
            low += 1  # the end of the stream is the shortest suffix of all, so it stands first
        ended, end = self.occurrences([*tokens, START_ID], (low, high))
        return high - low - (end - ended)

    def longest_match(self, past: Sequence[int]) -> tuple[tuple[int, ...], SlotRange]:
        """The longest end of `past` that stands in the corpus word for word, and its slots."""
        lengths = range(1, min(len(past), LONGEST_MATCH) + 1)

        def missing(length: int) -> bool:
            low, high = self.occurrences(past[len(past) - length :])
            return low == high

        longest = bisect_left(lengths, True, key=missing)
        match = tuple(past[len(past) - longest :])
        return match, self.occurrences(match) if match else (0, 0)

    def places(self, slots: SlotRange, length: int, count: int) -> tuple[CorpusPlace, ...]:
        """The result is up to `count` places of the `length` tokens whose slots are given, in corpus order, one per
        line.
        """
        positions = np.sort(self.suffixes[slots[0] : min(slots[1], slots[0] + _CAPPED)])
        by_line: dict[int, CorpusPlace] = {}
        for position in positions.tolist():
            line = self._line(position + length - 1)
            if line not in by_line:
                by_line[line] = self.place(position, length)
            if len(by_line) == count:
                break
        return tuple(by_line.values())

    def _line(self, position: int) -> int:
        return int(np.searchsorted(self.lines.starts, position, side="right")) - 1

    def place(self, position: int, length: int) -> CorpusPlace:
        """The line in which the `length` tokens from `position` on end."""
        line = self._line(position + max(length - 1, 0))
        begin, end = position, position + length
        table = self.lines
        first = int(table.starts[line])
        following = int(table.starts[line + 1]) if line + 1 < len(table.starts) else len(self.stream)
        decode = self.tokenizer.decode
        text = decode(self.stream[first:following].tolist()).rstrip("\n")
        start = len(decode(self.stream[first : max(first, begin)].tolist()))
        stop = len(decode(self.stream[first : min(end, following)].tolist()))
        source = int(np.searchsorted(table.source_lines, line, side="right")) - 1
        return CorpusPlace(
            table.sources[source], int(table.numbers[line]), text, min(start, len(text)), min(stop, len(text))
        )
