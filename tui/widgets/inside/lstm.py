"""The gates and cells of an LSTM: a line for each unit, a column for each token."""

from functools import cached_property
from typing import ClassVar

import numpy as np
from textual.strip import Strip

from genchat.engine.distribution import FloatArray
from genchat.engine.inside import InsideLstm, saturation
from genchat.engine.language import say
from genchat.engine.language.numbers import decimal, percentage
from genchat.tui.widgets.inside import Canvas, Page, Subject, clamp, window

_NAME = 10  # columns of "2 · 117"
_SHARES = 14  # columns of the saturation shares
_ALL = ("cell", "forget", "input", "output", "hidden")


class UnitsPage(Page):
    """One quantity of all units over time; one unit opened shows all its quantities."""

    EXPLANATION = "inside.help_units"
    quantity: ClassVar[str]
    opens = sorts = True

    def __init__(self, subject: Subject, data: InsideLstm) -> None:
        super().__init__(subject, data.tokens)
        self._data = data
        self._units = data.cell.shape[1]
        self._values = self._shown(self.quantity)
        self._order = np.arange(len(self._values))
        self._by_change = False
        self._place = 0
        self.opened = False
        self.sort()

    def _shown(self, name: str, units: slice = slice(None)) -> FloatArray:
        """Return float32 [units, tokens] from -1 to 1, units counted through all layers; of a cell what it can show."""
        values: FloatArray = getattr(self._data, name)
        found = values.reshape(-1, values.shape[-1])[units]
        return np.tanh(found) if name == "cell" else found

    def _shown_of_unit(self, name: str) -> FloatArray:
        return self._shown(name, slice(self.unit, self.unit + 1))

    @cached_property
    def _saturated(self) -> tuple[FloatArray, FloatArray]:
        closed, opened = saturation(self._values[None])
        return closed[0], opened[0]

    @property
    def unit(self) -> int:
        """Return the unit under the cursor, counted through all layers."""
        return int(self._order[self._place])

    def name_of(self, unit: int) -> str:
        """Return layer and number, both counted from 1."""
        layer, number = divmod(unit, self._units)
        return f"{layer + 1}·{number + 1}"

    def move(self, right: int, down: int) -> None:
        self._place = clamp(self._place + down, len(self._order))
        self.position = clamp(self.position + right, len(self.tokens))

    def open(self) -> None:
        self.opened = True

    def close(self) -> bool:
        was, self.opened = self.opened, False
        return was

    def sort(self) -> None:
        kept = self.unit
        self._by_change = not self._by_change
        change = self._values.std(axis=1)
        self._order = np.argsort(-change, kind="stable") if self._by_change else np.arange(len(change))
        self._place = 0 if self._by_change else int(np.flatnonzero(self._order == kept)[0])

    def tint(self) -> FloatArray | None:
        return np.asarray(self._values[self.unit], dtype=np.float32)

    def note(self) -> str:
        values = self._values[self.unit]
        return say(
            "inside.unit_note",
            unit=self.name_of(self.unit),
            quantity=say(f"inside.{self.quantity}"),
            here=self.label(self.tokens[self.position]),
            value=decimal(float(values[self.position])),
            low=decimal(float(values.min())),
            high=decimal(float(values.max())),
        )

    def paint(self, canvas: Canvas) -> list[Strip]:
        return self._paint_unit(canvas) if self.opened else self._paint_units(canvas)

    @property
    def _heading(self) -> str:
        """Return what stands above the units' names: in which order they are."""
        return "" if self.opened else say("inside.unit_sorted" if self._by_change else "inside.unit")

    def _header(self, canvas: Canvas, start: int, end: int, rest: str) -> list[Strip]:
        """Paint the first letter of each token, and a mark above the one under the cursor."""
        styles = canvas.styles
        mark = canvas.line().add(" " * (_NAME + self.position - start)).add("▼", styles.strong)
        letters = canvas.line().add(self._heading, styles.faint, width=_NAME)
        letters.add("".join(self.initial(token) for token in self.tokens[start:end]), styles.muted)
        return [mark.strip(), letters.add(rest, styles.faint, width=max(letters.room, 0), right=True).strip()]

    def _paint_units(self, canvas: Canvas) -> list[Strip]:
        styles, gate = canvas.styles, self.quantity in ("forget", "input", "output")
        shares = _SHARES if gate else 0
        start, end = window(self.position, len(self.tokens), canvas.width - _NAME - shares)
        first, last = window(self._place, len(self._order), canvas.height - 2)
        lines = self._header(canvas, start, end, say("inside.saturated") if gate else "")
        closed, opened = self._saturated if gate else (None, None)
        for place in range(first, last):
            unit, here = int(self._order[place]), place == self._place
            line = canvas.line().add(">" if here else " ", styles.strong)
            line.add(self.name_of(unit), styles.strong if here else styles.muted, width=_NAME - 1)
            canvas.cells(line, self._values[unit, start:end])
            if closed is not None and opened is not None:
                text = f"{percentage(float(closed[unit]))} {percentage(float(opened[unit])):>6}"
                line.add(text, styles.faint, width=line.room, right=True)
            lines.append(line.strip())
        return lines

    def _paint_unit(self, canvas: Canvas) -> list[Strip]:
        styles = canvas.styles
        start, end = window(self.position, len(self.tokens), canvas.width - _NAME)
        lines = self._header(canvas, start, end, "")
        for name in _ALL:
            here = name == self.quantity
            line = canvas.line().add(">" if here else " ", styles.strong)
            line.add(say(f"inside.{name}"), styles.strong if here else styles.muted, width=_NAME - 1)
            lines.append(canvas.cells(line, self._shown_of_unit(name)[0, start:end]).strip())
        lines.append(canvas.line().strip())
        for name in ("forget", "input", "output"):
            closed, opened = saturation(self._shown_of_unit(name)[None])
            text = say(
                "inside.saturation",
                gate=say(f"inside.{name}"),
                closed=percentage(float(closed[0, 0])),
                open=percentage(float(opened[0, 0])),
            )
            lines += canvas.paragraph(text)
        return lines[: canvas.height]


class CellPage(UnitsPage):
    """What the units remember."""

    NAME = "inside.cell"
    LEGEND = "inside.legend_signed"
    quantity = "cell"


class ForgetPage(UnitsPage):
    """How much each unit keeps."""

    NAME = "inside.forget"
    quantity = "forget"


class InputPage(UnitsPage):
    """How much each unit writes."""

    NAME = "inside.input"
    quantity = "input"


class OutputPage(UnitsPage):
    """How much each unit shows."""

    NAME = "inside.output"
    quantity = "output"
