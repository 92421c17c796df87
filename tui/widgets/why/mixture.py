"""Why a mixture chose as it did: the weight of each part, then each part's own evidence."""

from collections.abc import Callable

from rich.style import Style
from textual.strip import Strip

from genchat.engine.evidence import Evidence, MixtureEvidence
from genchat.engine.language import say
from genchat.engine.language.numbers import percentage
from genchat.engine.text import safe_line
from genchat.tui.widgets.why import Scene


def paint_mixture(
    evidence: MixtureEvidence, scene: Scene, paint_part: Callable[[Evidence, Scene], list[Strip]]
) -> list[Strip]:
    """Paint the weights as bars, and below them what `paint_part` paints of each part."""
    lines = [scene.title(say("tui.why.mixture"))]
    for name, weight in evidence.weights.items():
        line = scene.line().add(safe_line(name), scene.styles.text, width=12)
        line.add(percentage(weight), scene.styles.muted, width=6, right=True).add(" ")
        lines.append(line.add("█" * round(weight * line.room), Style(color=scene.styles.bar)).strip())
    for name, part in evidence.parts.items():
        lines += [scene.blank(), scene.title(safe_line(name)), *paint_part(part, scene)]
    return lines
