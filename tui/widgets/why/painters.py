"""Which painter shows which kind of evidence. A new kind of evidence means a new painter and a case here."""

from textual.strip import Strip

from genchat.engine.evidence import Evidence, GptEvidence, LstmEvidence, MixtureEvidence, NgramEvidence
from genchat.engine.language import say
from genchat.tui.widgets.why import Scene


def paint_why(evidence: Evidence | None, scene: Scene) -> list[Strip]:
    """Paint why the token of `scene` was chosen."""
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

            return paint_mixture(evidence, scene, paint_why)
    return scene.paragraph(say("tui.why.nothing"), scene.styles.faint)
