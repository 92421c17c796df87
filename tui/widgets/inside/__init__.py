"""Pictures of what a model computed: a page for each kind of picture, which knows its cursor and paints itself.

A page takes arrays that are computed already, so that every key only paints. Shades are characters as well as colours,
so that a page reads the same in sixteen colours and in none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.strip import Strip

from genchat.engine.distribution import FloatArray
from genchat.engine.language import say
from genchat.engine.text import safe_line
from genchat.engine.token_labels import Labels
from genchat.tui.colours import ThemeStyles
from genchat.tui.widgets.painting import Line
from genchat.tui.widgets.wrapping import WrappedText

_LEVELS = (0.06, 0.25, 0.5, 0.75)  # where each darker shade begins
_SHADES = " ░▒▓█"
_BELOW_ZERO = " -=≡≣"
_STEPS = 12  # of colour
LABEL = 10  # columns of a token's name beside a row


def level(value: float) -> int:
    """Return 0 to 4 for a size of 0 to 1."""
    return sum(abs(value) >= start for start in _LEVELS)


@dataclass(frozen=True)
class Subject:
    """What a page is about: whose tokens these are, in which colour, and the name of the part of a mixture."""

    labels: Labels
    family: str
    part: str = ""


@dataclass(frozen=True)
class Canvas:
    """A canvas is the room to paint in, in cells."""

    width: int
    height: int
    styles: ThemeStyles
    family: str

    @cached_property
    def _colours(self) -> list[Style]:
        back, accent = Color.parse(self.styles.background), Color.parse(self.styles.family_colour(self.family))
        return [
            Style(color=back.blend(accent, 0.3 + 0.7 * step / _STEPS).hex, bgcolor=self.styles.background)
            for step in range(_STEPS + 1)
        ]

    def shade(self, value: float) -> tuple[str, Style]:
        """Return the character and the style for a value from -1 to 1; below 0 other characters are used."""
        size = min(abs(value), 1.0)
        marks = _SHADES if value >= 0 else _BELOW_ZERO
        return marks[level(size)], self._colours[round(size * _STEPS)]

    def line(self) -> Line:
        """Return a new line."""
        return Line(self.width, self.styles.text)

    def paragraph(self, text: str) -> list[Strip]:
        """Return safe text, wrapped."""
        wrapped = WrappedText(self.width, text)
        return [self.line().add(wrapped.text[a:b], self.styles.muted).strip() for a, b in wrapped.lines]

    def bar(self, line: Line, share: float, width: int) -> Line:
        """Add a bar of `share` (0 to 1) of that many cells."""
        return line.add("█" * round(min(max(share, 0.0), 1.0) * width), self._colours[-1], width=width)

    def cells(self, line: Line, values: FloatArray, width: int = 1) -> Line:
        """Add one shaded cell for each value, `width` columns each."""
        for value in values.tolist():
            mark, style = self.shade(value)
            line.add(mark * width, style)
        return line


class Page:
    """A page is one picture. `position` is the token under its cursor, as an index in `tokens`."""

    NAME: ClassVar[str]  # key of the text on its tab
    EXPLANATION: ClassVar[str]  # key of the text on F1
    LEGEND: ClassVar[str] = "inside.legend"  # key of the text that says what its marks mean
    opens: ClassVar[bool] = False
    sorts: ClassVar[bool] = False

    def __init__(self, subject: Subject, tokens: Sequence[int]) -> None:
        self.subject = subject
        self.tokens = tuple(tokens)
        self.position = max(len(self.tokens) - 1, 0)

    @property
    def title(self) -> str:
        """Return the text on the tab."""
        name = say(self.NAME)
        return f"{safe_line(self.subject.part, 16)}: {name}" if self.subject.part else name

    def label(self, token: int) -> str:
        """Return a token's name, on one line."""
        return safe_line(self.subject.labels(token))

    def initial(self, token: int) -> str:
        """Return the first character of a token, for the head of a narrow column."""
        label = self.label(token)
        return label.lstrip("·")[:1] or label[:1] or " "

    def note(self) -> str:
        """Return one line about what is under the cursor."""
        return ""

    def tint(self) -> FloatArray | None:
        """Return a value from -1 to 1 for each of `tokens`, to tint the text by; None leaves it plain."""
        return None

    def paint(self, canvas: Canvas) -> list[Strip]:
        """Return at most `canvas.height` lines."""
        raise NotImplementedError

    def move(self, right: int, down: int) -> None:
        """Move the cursor."""

    def open(self) -> None:
        """Open what is under the cursor."""

    def close(self) -> bool:
        """Close what is open; returns False where nothing is."""
        return False

    def sort(self) -> None:
        """Change the order of the rows."""


def clamp(value: int, count: int) -> int:
    """Return the nearest index of `count` things."""
    return min(max(value, 0), max(count - 1, 0))


def window(place: int, count: int, room: int) -> tuple[int, int]:
    """Return the first and the end of at most `room` of `count` things around `place`."""
    room = max(min(room, count), 1)
    start = min(max(place - room // 2, 0), count - room)
    return start, start + room


def joined(left: list[Strip], right: list[Strip], width: int, styles: ThemeStyles) -> list[Strip]:
    """Return two columns side by side, the left one `width` cells wide."""
    lines = []
    for index in range(max(len(left), len(right))):
        first = left[index] if index < len(left) else Strip.blank(width, styles.text)
        second = right[index] if index < len(right) else Strip([Segment("", styles.text)])
        lines.append(Strip.join([first.adjust_cell_length(width, styles.text), second]))
    return lines
