"""The heads of a Transformer: a grid of layers and heads, and one of them opened as token by token."""

import numpy as np
from textual.strip import Strip

from genchat.engine.distribution import FloatArray
from genchat.engine.inside import InsideGpt
from genchat.engine.language import say
from genchat.engine.language.numbers import decimal, percentage
from genchat.tui.widgets.inside import LABEL, Canvas, Page, Subject, clamp, joined, window

_PREVIEW = 34  # columns of the list beside the grid
_NUMBER = 4  # columns of a layer's number
_BEFORE = 6  # columns of the share that lies left of the picture


class HeadsPage(Page):
    """The grid shows how far each head is from looking at all tokens alike, at the token under the cursor."""

    NAME = "inside.page_heads"
    EXPLANATION = "inside.help_heads"
    opens = True

    def __init__(self, subject: Subject, data: InsideGpt) -> None:
        super().__init__(subject, data.tokens)
        self._data = data
        self._layers, self._heads, self._rows = data.focus.shape
        self.layer, self.head = divmod(int(data.focus[:, :, -1].argmax()), self._heads)
        self.opened = False

    @property
    def _row(self) -> int:
        return self.position - self._data.first

    @property
    def _weights(self) -> FloatArray:
        """Return what the head looks at from the token under the cursor, float32 [tokens]."""
        return np.asarray(self._data.attention[self.layer, self.head, self._row], dtype=np.float32)

    def move(self, right: int, down: int) -> None:
        if not self.opened:
            self.layer, self.head = clamp(self.layer + down, self._layers), clamp(self.head + right, self._heads)
            return
        self.position = self._data.first + clamp(self._row + right, self._rows)
        self.layer, self.head = divmod(
            clamp(self.layer * self._heads + self.head + down, self._layers * self._heads), self._heads
        )

    def open(self) -> None:
        self.opened = True

    def close(self) -> bool:
        was, self.opened = self.opened, False
        return was

    def tint(self) -> FloatArray | None:
        weights = self._weights
        return weights / max(float(weights.max()), 1e-6)

    def note(self) -> str:
        best = int(self._weights.argmax())
        return say(
            "inside.head_note",
            layer=self.layer + 1,
            head=self.head + 1,
            focus=percentage(float(self._data.focus[self.layer, self.head, self._row])),
            here=self.label(self.tokens[self.position]),
            there=self.label(self.tokens[best]),
            share=percentage(float(self._weights[best])),
        )

    def paint(self, canvas: Canvas) -> list[Strip]:
        if self.opened:
            return self._paint_tokens(canvas)
        cell = 4 if _NUMBER + 4 * self._heads <= canvas.width else 3
        width = min(_NUMBER + cell * self._heads + 2, canvas.width)
        grid = self._paint_grid(canvas, cell)
        if canvas.width - width < _PREVIEW:
            return grid
        return joined(grid, self._paint_strongest(canvas, canvas.width - width), width, canvas.styles)

    def _paint_grid(self, canvas: Canvas, cell: int) -> list[Strip]:
        first_head, last_head = window(self.head, self._heads, (canvas.width - _NUMBER) // cell)
        first, last = window(self.layer, self._layers, canvas.height - 1)
        styles, row = canvas.styles, self._row
        top = canvas.line().add(" " * _NUMBER)
        for head in range(first_head, last_head):
            top.add(f"{head + 1}".center(cell), styles.strong if head == self.head else styles.faint)
        lines = [top.strip()]
        for layer in range(first, last):
            line = canvas.line()
            line.add(f"{layer + 1} ", styles.strong if layer == self.layer else styles.muted, _NUMBER, right=True)
            for head in range(first_head, last_head):
                mark, style = canvas.shade(float(self._data.focus[layer, head, row]))
                chosen = (layer, head) == (self.layer, self.head)
                line.add("[" if chosen else " ", styles.strong).add(mark * (cell - 2), style)
                line.add("]" if chosen else " ", styles.strong)
            lines.append(line.strip())
        return lines

    def _paint_strongest(self, canvas: Canvas, width: int) -> list[Strip]:
        side = Canvas(width, canvas.height, canvas.styles, canvas.family)
        weights = self._weights
        title = say("inside.head", layer=self.layer + 1, head=self.head + 1)
        lines = [side.line().add(title, canvas.styles.strong).strip()]
        for position in np.argsort(-weights, kind="stable")[: canvas.height - 1].tolist():
            line = side.line().add(f"{position - self.position} ", canvas.styles.faint, width=6, right=True)
            line.add(self.label(self.tokens[position]), canvas.styles.text, width=LABEL)
            line.add(percentage(float(weights[position])), canvas.styles.muted, width=6, right=True).add(" ")
            lines.append(side.bar(line, float(weights[position]), min(line.room, 30)).strip())
        return lines

    def _paint_tokens(self, canvas: Canvas) -> list[Strip]:
        """Paint a line for each token that looks, a column for each that is looked at; the future stays empty."""
        styles, data = canvas.styles, self._data
        first, last = window(self._row, self._rows, canvas.height - 1)
        room = max((canvas.width - LABEL - 1 - _BEFORE) // 2, 1)
        end = min(max(data.first + last, room), len(self.tokens))
        start = max(end - room, 0)
        top = canvas.line().add(" " * (LABEL + 1)).add("…" if start else "", styles.faint, width=_BEFORE)
        for token in self.tokens[start:end]:
            top.add(self.initial(token), styles.faint, width=2)
        lines = [top.strip()]
        picture = data.attention[self.layer, self.head, first:last].astype(np.float32)
        before = picture[:, :start].sum(axis=1)
        for row, weights in enumerate(picture[:, start:end].tolist()):
            position = data.first + first + row
            here = position == self.position
            line = canvas.line().add(">" if here else " ", styles.strong)
            line.add(self.label(self.tokens[position]), styles.strong if here else styles.muted, width=LABEL)
            line.add(percentage(float(before[row])) if start else "", styles.faint, width=_BEFORE - 1, right=True)
            line.add(" ")
            for column, weight in enumerate(weights):
                if start + column > position:
                    break
                mark, style = canvas.shade(weight)
                line.add("· ", styles.faint) if mark == " " else line.add(mark * 2, style)
            lines.append(line.strip())
        return lines


class LensPage(Page):
    """What the model would say if it stopped after a layer, at each position; shade is how certain that is."""

    NAME = "inside.page_lens"
    EXPLANATION = "inside.help_lens"
    LEGEND = "inside.legend_lens"

    def __init__(self, subject: Subject, data: InsideGpt) -> None:
        super().__init__(subject, data.tokens)
        self._data = data
        self._layers, self._columns = data.lens_entropies.shape
        self.layer = self._layers - 1
        self._most = max(float(data.lens_entropies.max()), 1e-6)

    @property
    def _column(self) -> int:
        return self.position - self._data.lens_first

    def move(self, right: int, down: int) -> None:
        self.layer = clamp(self.layer + down, self._layers)
        self.position = self._data.lens_first + clamp(self._column + right, self._columns)

    def tint(self) -> FloatArray | None:
        found = np.zeros(len(self.tokens), dtype=np.float32)
        found[self._data.lens_first :] = self._data.lens_entropies[self.layer] / self._most
        return found

    def note(self) -> str:
        column = self._column
        found = say(
            "inside.lens_note",
            layer=self.layer,
            here=self.label(self.tokens[self.position]),
            token=self.label(int(self._data.lens_tokens[self.layer, column])),
            share=percentage(float(self._data.lens_probabilities[self.layer, column])),
            bits=decimal(float(self._data.lens_entropies[self.layer, column])),
        )
        return f"{found} · {say('inside.newest', count=self._columns)}" if self._data.lens_first else found

    def paint(self, canvas: Canvas) -> list[Strip]:
        styles, cell = canvas.styles, LABEL
        first, last = window(self.layer, self._layers, canvas.height - 1)
        start, end = window(self._column, self._columns, (canvas.width - _NUMBER) // cell)
        top = canvas.line().add(" " * _NUMBER)
        for column in range(start, end):
            here = column == self._column
            token = self.tokens[self._data.lens_first + column]
            top.add(" " + self.label(token), styles.strong if here else styles.muted, width=cell)
        lines = [top.strip()]
        for layer in range(first, last):
            line = canvas.line()
            line.add(f"{layer} ", styles.strong if layer == self.layer else styles.muted, _NUMBER, right=True)
            for column in range(start, end):
                here = (layer, column) == (self.layer, self._column)
                mark, shade = canvas.shade(1 - float(self._data.lens_entropies[layer, column]) / self._most)
                line.add("[" if here else " ", styles.strong).add(mark, shade)
                said = self.label(int(self._data.lens_tokens[layer, column]))
                line.add(said, styles.strong if here else styles.text, width=cell - 3)
                line.add("]" if here else " ", styles.strong)
            lines.append(line.strip())
        return lines
