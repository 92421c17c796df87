"""Loss curves in braille dots, two across and four down a cell: the training loss faint, the held-out loss strong.

The picture is drawn into a grid of cells when a curve or the size changes; painting a line only reads the grid.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from textual.strip import Strip
from textual.widget import Widget

from genchat.engine.language import say
from genchat.engine.language.numbers import decimal
from genchat.tui.colours import theme_styles
from genchat.tui.widgets.painting import Line

Curve = Sequence[tuple[float, float]]  # (how far, loss), the first growing
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))  # by column and row of a cell
_EMPTY = 0x2800
_GUTTER = 8  # cells left of the picture: numbers and the axis
_STEEP_START = 0.04  # of the picture: the fall at the beginning, which may leave it at the top
_ENOUGH = 25  # points before that is done
_ROOM_ABOVE = 0.06  # of the range


@dataclass(frozen=True)
class Span:
    """The span is what the picture shows: 0 to `end` across, `low` to `high` upwards."""

    end: float
    low: float
    high: float


def span_of(curves: Sequence[Curve], end: float | None = None) -> Span:
    """Return the span that holds `curves`; once there is enough to see, it leaves out their steep beginning.

    `end` is where the run will be over, if that is known.
    """
    last = end or max((point[0] for curve in curves for point in curve), default=1.0) or 1.0
    reached = max((point[0] for curve in curves for point in curve), default=0.0)
    steep = _STEEP_START * reached if sum(map(len, curves)) > _ENOUGH else -1.0
    losses = [loss for curve in curves for where, loss in curve if where > steep and math.isfinite(loss)]
    if not losses:
        return Span(last, 0.0, 1.0)
    low, high = min(losses), max(losses)
    room = (high - low) * _ROOM_ABOVE or max(abs(high), 1.0) * _ROOM_ABOVE
    return Span(last, max(low - room, 0.0), high + room)


def braille(curve: Curve, width: int, height: int, span: Span) -> list[list[int]]:
    """Return the dots of one curve as braille patterns (0 to 255) in [height][width] cells. Neighbours are joined."""
    cells = [[0] * width for _ in range(height)]
    for x, y in _dots(curve, 2 * width, 4 * height, span):
        cells[y // 4][x // 2] |= _DOTS[x % 2][y % 4]
    return cells


def _dots(curve: Curve, width: int, height: int, span: Span) -> Iterator[tuple[int, int]]:
    columns: dict[int, list[float]] = {}
    for where, loss in curve:
        if math.isfinite(loss):
            columns.setdefault(min(round(where / span.end * (width - 1)), width - 1), []).append(loss)
    before: tuple[int, float] | None = None
    for x, losses in sorted(columns.items()):
        row = (span.high - sum(losses) / len(losses)) / (span.high - span.low) * (height - 1)
        for column, low, high in _stroke(before, (x, row)):
            for y in range(max(low, 0), min(high, height - 1) + 1):
                yield column, y
        before = (x, row)


def _stroke(start: tuple[int, float] | None, stop: tuple[int, float]) -> Iterator[tuple[int, int, int]]:
    """Yield the columns from one point to the next, each with the rows it fills."""
    x, row = stop
    if start is None:
        yield x, round(row), round(row)
        return
    slope = (row - start[1]) / (x - start[0])
    for column in range(start[0] + 1, x + 1):
        ends = sorted((start[1] + slope * (column - start[0] - 1), start[1] + slope * (column - start[0])))
        low, high = round(ends[0]), round(ends[1])
        # The first row belongs to the column before, unless the line is flat.
        yield column, low + (slope > 0 and high > low), high - (slope < 0 and high > low)


def ticks(span: Span, most: int) -> list[float]:
    """Return round numbers inside the span: steps of 1, 2 or 5, at most `most` of them."""
    rough = (span.high - span.low) / max(most, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * size for size in (1, 2, 5, 10) if power * size >= rough)
    first = math.ceil(span.low / step)
    return [step * multiple for multiple in range(first, math.floor(span.high / step) + 1)]


class Curves(Widget):
    """The widget draws two losses over the time of a run."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._train: Curve = ()
        self._held_out: Curve = ()
        self._end: float | None = None
        self._label = ""
        self._drawn_for = (0, 0)
        self._cells: list[list[int]] = []
        self._strong: list[list[int]] = []
        self._numbers: dict[int, str] = {}

    def show(self, train: Curve, held_out: Curve, end: float | None, label: str) -> None:
        """Show the curves so far. `end` is where the run will be over, if known; `label` stands at the end."""
        self._train, self._held_out, self._end, self._label = train, held_out, end, label
        self._drawn_for = (0, 0)
        self.refresh()

    def _draw(self, width: int, height: int) -> None:
        span = span_of((self._train, self._held_out), self._end)
        self._cells = braille(self._train, width, height, span)
        self._strong = braille(self._held_out, width, height, span)
        self._numbers = {}
        self._drawn_for = (width, height)
        if not self._train and not self._held_out:
            return
        marks = ticks(span, height // 2)
        digits = 2 if len(marks) < 2 or marks[1] - marks[0] < 0.1 else 1
        for mark in marks:
            row = round((span.high - mark) / (span.high - span.low) * (height - 1))
            self._numbers.setdefault(row, decimal(mark, digits))

    def render_line(self, y: int) -> Strip:
        styles = theme_styles(self.app.current_theme)
        width, height = max(self.size.width - _GUTTER - 1, 1), max(self.size.height - 2, 1)
        line = Line(self.size.width, styles.text)
        if y == 0:
            return self._legend(line).strip()
        if y == self.size.height - 1:
            label = f" {self._label} " if self._label else ""
            rule = "─" * max(width - len(label), 0)
            return line.add(" " * (_GUTTER - 1) + "└" + rule, styles.rule).add(label, styles.muted).strip()
        if self._drawn_for != (width, height):
            self._draw(width, height)
        row = y - 1
        number = self._numbers.get(row, "")
        line.add(number, styles.muted, width=_GUTTER - 1, right=True).add("┤" if number else "│", styles.rule)
        pairs = zip(self._cells[row], self._strong[row], strict=True)
        for strong, cells in groupby(pairs, key=lambda pair: bool(pair[1])):
            text = "".join(chr(_EMPTY + (one | other)) for one, other in cells)
            line.add(text, styles.strong if strong else styles.muted)
        return line.strip()

    def _legend(self, line: Line) -> Line:
        styles = theme_styles(self.app.current_theme)
        line.add(" " + say("training_screen.nats"), styles.muted)
        line.add("   ⠒⠒ ", styles.muted).add(say("training_screen.curve_train"), styles.muted)
        return line.add("   ⠒⠒ ", styles.strong).add(say("training_screen.curve_held_out"), styles.text)
