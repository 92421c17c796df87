"""Lines built from pieces of known width: the tools of every widget that paints itself with `render_line`.

A line is a list of (text, style) pieces that ends up exactly as wide as its widget, whatever the pieces were.
"""

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

_EIGHTHS = " ▏▎▍▌▋▊▉"


def fit(text: str, width: int, align_right: bool = False) -> str:
    """Return `text` in exactly `width` cells: padded, or cut with an ellipsis."""
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + "…" if width > 0 else ""
    padding = " " * (width - length)
    return padding + text if align_right else text + padding


class Line:
    """A line is written from left to right."""

    def __init__(self, width: int, base: Style) -> None:
        self._width = width
        self._base = base
        self._pieces: list[Segment] = []
        self._used = 0

    @property
    def room(self) -> int:
        """Return the number of cells that are still free."""
        return self._width - self._used

    def add(self, text: str, style: Style | None = None, width: int | None = None, right: bool = False) -> "Line":
        """Write `text`, in exactly `width` cells if that is given; what does not fit on the line is left out."""
        if width is not None:
            text = fit(text, min(width, self.room), right)
        length = cell_len(text)
        if length > self.room:
            text = set_cell_size(text, self.room)
            length = self.room
        if text:
            self._pieces.append(Segment(text, self._base + style if style else self._base))
            self._used += length
        return self

    def strip(self) -> Strip:
        """Return the line, padded to its width."""
        padding = [Segment(" " * self.room, self._base)] if self.room > 0 else []
        return Strip([*self._pieces, *padding], self._width)


def right_aligned(
    width: int, base: Style, left: Sequence[tuple[str, Style]], right: Sequence[tuple[str, Style]]
) -> Strip:
    """Return one line with pieces at both ends; the left ones give way when there is too little room."""
    line = Line(width, base)
    tail = sum(cell_len(text) for text, _ in right)
    for text, style in left:
        line.add(text, style, width=min(cell_len(text), max(line.room - tail, 0)))
    line.add(" " * max(line.room - tail, 0))
    for text, style in right:
        line.add(text, style)
    return line.strip()


def bar(width: int, solid: float, whole: float, solid_colour: str, rest_colour: str, background: str) -> list[Segment]:
    """Return a bar of `width` cells in eighths: `solid` (0 to 1) in one colour, and on to `whole` in a second."""
    solid_eighths = round(min(max(solid, 0.0), 1.0) * width * 8)
    whole_eighths = max(round(min(max(whole, 0.0), 1.0) * width * 8), solid_eighths)
    if solid > 0 and solid_eighths == 0:
        solid_eighths = 1
        whole_eighths = max(whole_eighths, 1)
    full, part = divmod(solid_eighths, 8)
    pieces: list[Segment] = []
    if full:
        pieces.append(Segment("█" * full, Style(color=solid_colour, bgcolor=background)))
    cell = full
    if part:
        behind = rest_colour if whole_eighths >= (full + 1) * 8 else background
        pieces.append(Segment(_EIGHTHS[part], Style(color=solid_colour, bgcolor=behind)))
        cell += 1
    rest_full, rest_part = divmod(whole_eighths, 8)
    if rest_full > cell:
        pieces.append(Segment("█" * (rest_full - cell), Style(color=rest_colour, bgcolor=background)))
        cell = rest_full
    if rest_part and rest_full >= cell and cell < width:
        pieces.append(Segment(_EIGHTHS[rest_part], Style(color=rest_colour, bgcolor=background)))
        cell += 1
    if cell < width:
        pieces.append(Segment(" " * (width - cell), Style(bgcolor=background)))
    return pieces
