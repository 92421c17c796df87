"""The "why" below the candidates: one painter a kind of evidence, each in a file of its own.

A painter takes the evidence and a Scene and gives finished lines. Adding a kind of evidence means adding a painter
here; the panel knows none of them.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.style import Style
from textual.strip import Strip

from genchat.engine.evidence import Evidence, GptEvidence, LstmEvidence, MixtureEvidence, NgramEvidence
from genchat.engine.language import say
from genchat.tui.colours import Inks
from genchat.tui.widgets.painting import Line
from genchat.tui.widgets.wrapping import WrappedText

if TYPE_CHECKING:
    from genchat.tui.chat.token_records import Labels, TokenRecord


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


def paint_why(evidence: Evidence | None, scene: Scene) -> list[Strip]:
    """The argument for the token of `scene`."""
    match evidence:
        case NgramEvidence():
            from genchat.tui.widgets.why.ngram import paint_ngram

            return paint_ngram(evidence, scene)
        case LstmEvidence():
            from genchat.tui.widgets.why.lstm import paint_lstm

            return paint_lstm(evidence, scene)
        case GptEvidence():
            from genchat.tui.widgets.why.gpt import paint_gpt

            return paint_gpt(evidence, scene)
        case MixtureEvidence():
            from genchat.tui.widgets.why.mixture import paint_mixture

            return paint_mixture(evidence, scene)
    return scene.paragraph(say("tui.why.nothing"), scene.inks.faint)
