"""Why a character LSTM chose as it did: how open each layer's gates stood, and how full its cells."""

import numpy as np
from rich.style import Style
from textual.strip import Strip

from genchat.engine.distribution import FloatArray
from genchat.engine.evidence import LstmEvidence
from genchat.engine.language import say
from genchat.engine.language.numbers import decimal
from genchat.tui.widgets.why import Scene

_LEVELS = " ▁▂▃▄▅▆▇█"


def paint_lstm(evidence: LstmEvidence, scene: Scene) -> list[Strip]:
    """Paint one line for each gate and layer: its mean, and its units as small bars."""
    lines = [scene.title(say("tui.why.gates"))]
    for layer in range(len(evidence.cell)):
        lines.append(scene.line().add(say("tui.why.layer", layer=layer + 1), scene.styles.muted).strip())
        for name, values in (
            ("forget", evidence.forget[layer]),
            ("input", evidence.input[layer]),
            ("output", evidence.output[layer]),
        ):
            lines.append(_paint_units(say(f"tui.why.{name}"), values, scene))
        lines.append(_paint_units(say("tui.why.cell"), np.abs(np.tanh(evidence.cell[layer])), scene))
    return lines


def _paint_units(name: str, values: FloatArray, scene: Scene) -> Strip:
    line = scene.line().add(name, scene.styles.text, width=10)
    line.add(decimal(float(values.mean())), scene.styles.muted, width=6).add(" ")
    groups = np.array_split(values, min(line.room, len(values)))
    heights = [round(float(group.mean()) * (len(_LEVELS) - 1)) for group in groups if len(group)]
    marks = "".join(_LEVELS[min(max(height, 0), len(_LEVELS) - 1)] for height in heights)
    return line.add(marks, Style(color=scene.styles.bar)).strip()
