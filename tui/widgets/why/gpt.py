"""Why a mini GPT chose as it did: what each layer would have said, and where the last layer looked."""

import numpy as np
from rich.style import Style
from textual.strip import Strip

from genchat.engine.evidence import GptEvidence
from genchat.engine.language import say
from genchat.engine.language.numbers import percentage
from genchat.engine.text import safe_line
from genchat.tui.widgets.why import Scene

_STRONGEST = 5


def paint_gpt(evidence: GptEvidence, scene: Scene) -> list[Strip]:
    """Paint the logit lens, one line for each layer, then the positions with the most attention over all heads."""
    return [*_paint_lens(evidence, scene), *_paint_attention(evidence, scene)]


def _paint_lens(evidence: GptEvidence, scene: Scene) -> list[Strip]:
    if not evidence.lens:
        return []
    lines = [scene.title(say("tui.why.lens"))]
    for row in evidence.lens:
        line = scene.line().add(str(row.layer), scene.styles.muted, width=3)
        for token, probability in row.top:
            style = Style(bold=True) if token == scene.record.token else scene.styles.text
            if line.room < 12:
                break
            line.add(safe_line(scene.labels(token), 8), style).add(f" {percentage(probability)}  ", scene.styles.muted)
        lines.append(line.strip())
    return lines


def _paint_attention(evidence: GptEvidence, scene: Scene) -> list[Strip]:
    if evidence.attention.size == 0:
        return []
    weights = evidence.attention.mean(axis=(0, 1))
    lines = [scene.title(say("tui.why.attention"))]
    for position in np.argsort(-weights, kind="stable")[:_STRONGEST]:
        line = scene.line().add(f"-{len(weights) - int(position)}", scene.styles.faint, width=5)
        line.add(safe_line(scene.labels(evidence.tokens[int(position)])), scene.styles.text, width=14)
        line.add(percentage(float(weights[position])), scene.styles.muted, width=6, right=True).add(" ")
        line.add("█" * round(float(weights[position]) * line.room), Style(color=scene.styles.bar))
        lines.append(line.strip())
    return lines
