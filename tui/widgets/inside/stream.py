"""Two more pictures of a Transformer: the residual stream with its strongest neurons, and what a choice rests on."""

from collections.abc import Sequence

import numpy as np
from textual.strip import Strip

from genchat.engine.distribution import FloatArray
from genchat.engine.inside import InsideGpt
from genchat.engine.language import say
from genchat.engine.language.numbers import decimal, percentage
from genchat.tui.widgets.inside import LABEL, Canvas, Page, Subject, clamp, joined, window

_NORMS = 34  # columns of the list of layers
_SIDE = 40  # fewest columns of the neurons beside it


class StreamPage(Page):
    """How large the residual stream is after each layer, and the neurons that added most to it."""

    NAME = "inside.page_stream"
    EXPLANATION = "inside.help_stream"

    def __init__(self, subject: Subject, data: InsideGpt) -> None:
        super().__init__(subject, data.tokens)
        self._data = data
        self.layer = len(data.norms) - 1

    def move(self, right: int, down: int) -> None:
        self.layer = clamp(self.layer + down, len(self._data.norms))
        row = clamp(self.position - self._data.first + right, self._data.norms.shape[1])
        self.position = self._data.first + row

    def tint(self) -> FloatArray | None:
        found = np.zeros(len(self.tokens), dtype=np.float32)
        sizes = self._data.norms[self.layer]
        found[self._data.first :] = sizes / max(float(sizes.max()), 1e-6)
        return found

    def note(self) -> str:
        size = float(self._data.norms[self.layer, self.position - self._data.first])
        return say(
            "inside.norm_note", layer=self.layer, here=self.label(self.tokens[self.position]), size=decimal(size)
        )

    def paint(self, canvas: Canvas) -> list[Strip]:
        beside = canvas.width >= _NORMS + _SIDE
        height = canvas.height if beside else canvas.height // 2
        norms = self._paint_norms(Canvas(_NORMS, height, canvas.styles, canvas.family))
        if beside:
            side = Canvas(canvas.width - _NORMS - 2, canvas.height, canvas.styles, canvas.family)
            return joined(norms, self._paint_neurons(side), _NORMS + 2, canvas.styles)
        return [
            *norms,
            *self._paint_neurons(Canvas(canvas.width, canvas.height - len(norms), canvas.styles, canvas.family)),
        ]

    def _paint_norms(self, canvas: Canvas) -> list[Strip]:
        styles, sizes = canvas.styles, self._data.norms[:, self.position - self._data.first]
        lines = [canvas.line().add(say("inside.norms"), styles.muted).strip()]
        first, last = window(self.layer, len(sizes), canvas.height - 1)
        for layer in range(first, last):
            here = layer == self.layer
            line = canvas.line().add(">" if here else " ", styles.strong)
            line.add(f"{layer} ", styles.strong if here else styles.muted, width=4, right=True)
            line.add(decimal(float(sizes[layer])), styles.text, width=8, right=True).add(" ")
            lines.append(canvas.bar(line, float(sizes[layer] / max(sizes.max(), 1e-6)), line.room).strip())
        return lines

    def _paint_neurons(self, canvas: Canvas) -> list[Strip]:
        styles = canvas.styles
        lines = [canvas.line().add(say("inside.neurons"), styles.muted).strip()]
        for neuron in self._data.neurons[: max(canvas.height - 1, 0)]:
            line = canvas.line()
            line.add(say("inside.neuron", layer=neuron.layer, unit=neuron.unit), styles.text, width=12)
            line.add(decimal(neuron.activation), styles.muted, width=7, right=True).add("  ")
            for token, pushed in neuron.pushes:
                if line.room < LABEL + 7:
                    break
                line.add(self.label(token), styles.strong, width=LABEL).add(f"{decimal(pushed):>6} ", styles.muted)
            lines.append(line.strip())
        return lines


class InfluencePage(Page):
    """Which tokens speak for the chosen one and which against it, by gradient times input."""

    NAME = "inside.page_influence"
    EXPLANATION = "inside.help_influence"
    LEGEND = "inside.legend_influence"

    def __init__(self, subject: Subject, data: InsideGpt, influence: FloatArray) -> None:
        super().__init__(subject, data.tokens)
        self._chosen, self._rival = data.chosen or 0, data.rival or 0
        self._values = influence
        self._order = np.argsort(-np.abs(influence), kind="stable").tolist()
        self.position = self._order[0]

    def move(self, right: int, down: int) -> None:
        if down:
            self.position = self._order[clamp(self._order.index(self.position) + down, len(self._order))]
        else:
            self.position = clamp(self.position + right, len(self.tokens))

    def tint(self) -> FloatArray | None:
        return np.asarray(self._values / max(float(np.abs(self._values).max()), 1e-9), dtype=np.float32)

    def note(self) -> str:
        return say(
            "inside.influence_note",
            here=self.label(self.tokens[self.position]),
            token=self.label(self._chosen),
            rival=self.label(self._rival),
            value=decimal(float(self._values[self.position]), 3),
            share=percentage(float(abs(self._values[self.position]) / max(np.abs(self._values).sum(), 1e-9))),
        )

    def paint(self, canvas: Canvas) -> list[Strip]:
        styles = canvas.styles
        half = max((canvas.width - 8 - LABEL - 9) // 2, 1)
        most = max(float(np.abs(self._values).max()), 1e-9)
        head = canvas.line().add(" " * (8 + LABEL + 9))
        head.add(f"{self.label(self._rival)} ◂ ", styles.muted, width=half, right=True)
        lines = [head.add(f" ▸ {self.label(self._chosen)}", styles.strong).strip()]
        first, last = window(self._order.index(self.position), len(self._order), canvas.height - 1)
        for position in self._order[first:last]:
            value, here = float(self._values[position]), position == self.position
            line = canvas.line().add(">" if here else " ", styles.strong)
            line.add(f"{position - len(self.tokens)} ", styles.faint, width=7, right=True)
            line.add(self.label(self.tokens[position]), styles.strong if here else styles.text, width=LABEL)
            line.add(decimal(value, 3), styles.muted, width=8, right=True).add(" ")
            cells = round(abs(value) / most * half)
            line.add("▒" * cells if value < 0 else "", styles.muted, width=half, right=True)
            lines.append(canvas.bar(line, value / most, half).strip())
        return lines


class NoInfluencePage(Page):
    """This stands in the place of the influence where a model cannot tell it, and says why."""

    NAME = InfluencePage.NAME
    EXPLANATION = InfluencePage.EXPLANATION

    def __init__(self, subject: Subject, data: InsideGpt, reasons: Sequence[str]) -> None:
        super().__init__(subject, data.tokens)
        self._reasons = tuple(reasons)

    def paint(self, canvas: Canvas) -> list[Strip]:
        return [line for key in self._reasons for line in canvas.paragraph(say(key))][: canvas.height]
