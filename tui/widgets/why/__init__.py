"""The "why" below the candidates: one painter for every kind of evidence, all in files of their own.

A painter takes the evidence and a Scene and gives finished lines; painters.py knows them all, the panel none of them.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.style import Style
from textual.strip import Strip

from genchat.tui.colours import ThemeStyles
from genchat.tui.widgets.painting import Line
from genchat.tui.widgets.wrapping import WrappedText

if TYPE_CHECKING:
    from genchat.engine.token_labels import Labels
    from genchat.tui.chat.token_records import TokenRecord


@dataclass(frozen=True)
class Scene:
    """A scene is what a painter needs besides the evidence."""

    record: "TokenRecord"
    width: int
    styles: ThemeStyles
    family: str

    @property
    def labels(self) -> "Labels":
        """Return the labels of token ids."""
        return self.record.labels

    @property
    def accent(self) -> Style:
        """Return the colour of the backend family."""
        return Style(color=self.styles.family_colour(self.family))

    def line(self) -> Line:
        """Return a new line."""
        return Line(self.width, self.styles.text)

    def title(self, text: str) -> Strip:
        """Return the heading of a section."""
        return self.line().add(text, self.styles.muted + Style(bold=True)).strip()

    def paragraph(self, text: str, style: Style | None = None) -> list[Strip]:
        """Return safe text, wrapped."""
        wrapped = WrappedText(self.width, text)
        return [self.line().add(wrapped.text[a:b], style or self.styles.muted).strip() for a, b in wrapped.lines]

    def blank(self) -> Strip:
        """Return an empty line."""
        return Strip.blank(self.width, self.styles.text)
