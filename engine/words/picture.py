"""Words on a plane, drawn with characters: each at its place, moved only as far as needed not to cover another."""

from collections.abc import Sequence
from dataclasses import dataclass

from genchat.engine.distribution import FloatArray


@dataclass(frozen=True, slots=True)
class Placed:
    """A word at a column and row; `dot` is the column of its point on that row, beside the word."""

    word: str
    column: int
    row: int
    dot: int


def placed(words: Sequence[str], points: FloatArray, width: int, height: int) -> list[Placed]:
    """Each word gets its cells on `width` × `height` characters; words without a free place are left out.

    points: float32 [len(words), 2], x to the right and y upwards.
    """
    low, high = points.min(axis=0), points.max(axis=0)
    spread = [max(float(high[axis] - low[axis]), 1e-9) for axis in (0, 1)]
    taken = [[False] * width for _ in range(height)]
    placements = []
    for word, (x, y) in zip(words, points.tolist(), strict=True):
        label = word[: max(width - 2, 1)]
        column = round((x - float(low[0])) / spread[0] * (width - 1))
        row = round((float(high[1]) - y) / spread[1] * (height - 1))
        free_run = _free(taken, column, row, len(label), width, height)
        if free_run is None:
            continue
        start, line, dot = free_run
        for cell in range(min(start, dot), max(start + len(label), dot + 1)):
            taken[line][cell] = True
        placements.append(Placed(label, start, line, dot))
    return placements


def drawn(words: Sequence[Placed], width: int, height: int) -> list[str]:
    """The picture as lines of text."""
    lines = [[" "] * width for _ in range(height)]
    for label in words:
        lines[label.row][label.dot] = "•"
        for offset, letter in enumerate(label.word):
            lines[label.row][label.column + offset] = letter
    return ["".join(line).rstrip() for line in lines]


def _free(
    taken: list[list[bool]], column: int, row: int, length: int, width: int, height: int
) -> tuple[int, int, int] | None:
    """The nearest free run of cells for a dot with its word to the right, else to the left."""
    for away in range(height):
        for line in dict.fromkeys((row + away, row - away)):
            if not 0 <= line < height:
                continue
            for start, dot in ((column + 2, column), (column - 1 - length, column)):
                first, last = min(start, dot), max(start + length, dot + 1)
                around = taken[line][max(first - 1, 0) : last + 1]
                if first >= 0 and last <= width and not any(around):
                    return start, line, dot
    return None
