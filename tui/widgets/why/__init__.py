"""The "why" below the candidates: one painter a kind of evidence, each in a file of its own.

A painter takes the evidence and a Scene and gives finished lines; painters.py knows them all, the panel none of them.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.style import Style
from textual.strip import Strip

from genchat.tui.colours import Inks
from genchat.tui.widgets.painting import Line
from genchat.tui.widgets.wrapping import WrappedText

if TYPE_CHECKING:
    from genchat.engine.token_labels import Labels
    from genchat.tui.chat.token_records import TokenRecord


@dataclass(frozen=True)
class Scene:
    """What a painter needs besides the evidence."""

    record: "TokenRecord"
    width: int
    inks: Inks
    family: str

    @property
    def labels(self) -> "Labels":
        """Token ids to labels."""
        return self.record.labels

    @property
    def accent(self) -> Style:
        """The backend family's colour."""
        return Style(color=self.inks.family_colour(self.family))

    def line(self) -> Line:
        """A new line."""
        return Line(self.width, self.inks.text)

    def title(self, text: str) -> Strip:
        """The heading of a part."""
        return self.line().add(text, self.inks.muted + Style(bold=True)).strip()

    def paragraph(self, text: str, style: Style | None = None) -> list[Strip]:
        """Safe text, wrapped."""
        wrapped = WrappedText(self.width, text)
        return [self.line().add(wrapped.text[a:b], style or self.inks.muted).strip() for a, b in wrapped.lines]

    def blank(self) -> Strip:
        """An empty line."""
        return Strip.blank(self.width, self.inks.text)
