"""The ruler of the draw: the numbers from 0 to 1, divided among the candidates, with a mark where the number fell.

Shares are told apart by upright strokes and labels, so that nothing depends on colour.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.strip import Strip

from genchat.engine.language.numbers import decimal
from genchat.tui.colours import ThemeStyles
from genchat.tui.widgets.painting import Line, fit

LEFT, RIGHT, STROKE, LINE, MARK = "0├", "┤1", "┼", "─", "▲"
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Share:
    """One candidate on the ruler; the shares add up to 1, but for what is too small to be listed."""

    label: str
    width: float
    drawn: bool = False


def paint_ruler(shares: Sequence[Share], uniform: float | None, width: int, styles: ThemeStyles) -> list[Strip]:
    """Paint two lines: the divided ruler, and the mark with the number below it. `uniform` None: no number decided."""
    room = width - len(LEFT) - len(RIGHT)
    ruler = _ruler(shares, None, width, styles)
    if uniform is None:
        return [ruler, Strip.blank(width, styles.text)]
    cell = len(LEFT) + _cell(uniform, room)
    number = decimal(uniform, _DIGITS)
    below = Line(width, styles.text)
    if cell + 2 + len(number) <= width:
        below.add(" " * cell).add(MARK, styles.strong).add(" " + number, styles.text)
    else:
        below.add(" " * (cell - len(number) - 1)).add(number + " ", styles.text).add(MARK, styles.strong)
    return [ruler, below.strip()]


def paint_compact_ruler(shares: Sequence[Share], uniform: float | None, width: int, styles: ThemeStyles) -> Strip:
    """Paint one line: the mark stands in the ruler, the number behind it."""
    number = "" if uniform is None else f" {MARK} {decimal(uniform, _DIGITS)}"
    ruler = _ruler(shares, uniform, width - len(number), styles)
    return Strip.join([ruler, Line(len(number), styles.strong).add(number).strip()])


def _cell(value: float, room: int) -> int:
    return min(int(value * room), room - 1)


def _ruler(shares: Sequence[Share], mark: float | None, width: int, styles: ThemeStyles) -> Strip:
    room = width - len(LEFT) - len(RIGHT)
    line = Line(width, styles.text).add(LEFT, styles.muted)
    cells = _divided(shares, room)
    if mark is not None:
        at = _cell(mark, room)
        cells = [*cells[:at], (MARK, True), *cells[at + 1 :]] if at < len(cells) else cells
    for text, drawn in cells:
        line.add(text, styles.strong if drawn else styles.muted)
    return line.add(RIGHT, styles.muted).strip()


def _divided(shares: Sequence[Share], room: int) -> list[tuple[str, bool]]:
    """The characters between the ends, one a cell, and whether each is part of what was drawn."""
    cells: list[tuple[str, bool]] = []
    position, reached = 0.0, 0
    for number, share in enumerate(shares):
        position += share.width
        end = room if number == len(shares) - 1 and position > 1 - 0.5 / room else min(round(position * room), room)
        stroke = STROKE if end < room else ""
        length = end - reached - len(stroke)
        if length < 0:
            continue
        cells += [(character, share.drawn) for character in _centred(share.label, length)]
        cells += [(STROKE, False)] * len(stroke)
        reached = end
    return cells + [(LINE, False)] * (room - reached)


def _centred(label: str, length: int) -> list[str]:
    """A label in the middle of a line of `length` cells, or the line alone where there is no room for it. A character
    two cells wide is left out together with its label, so that a list has one entry a cell.
    """
    wide = cell_len(label)
    if wide != len(label):
        label, wide = "", 0
    if wide > length - 2:
        label = fit(label, length).rstrip() if length >= 3 and wide else ""
    left = (length - len(label)) // 2
    return [*LINE * left, *label, *LINE * (length - left - len(label))]
