"""The back-off ladder across a reply, and the longest run that the training text holds word for word."""

import numpy as np
from rich.style import Style
from textual.strip import Strip

from genchat.engine.distribution import FloatArray
from genchat.engine.evidence import CorpusPlace
from genchat.engine.inside import InsideNgram, VerbatimRun
from genchat.engine.language import say
from genchat.engine.language.numbers import percent, percentage, whole
from genchat.engine.text import safe, safe_line
from genchat.tui.widgets.inside import Canvas, Page, Subject, clamp, window
from genchat.tui.widgets.wrapping import WrappedText

_NAME = 11
_CELL = 10
_SHOWN = 0.005  # smaller shares are dots


class LadderPage(Page):
    """A line for each order, a column for each token: which orders its probability came from."""

    NAME = "inside.page_ladder"
    EXPLANATION = "inside.help_ladder"

    def __init__(self, subject: Subject, data: InsideNgram) -> None:
        super().__init__(subject, data.tokens)
        self._data = data
        self._total = data.contributions.sum(axis=0) + data.recalled
        self._has_recall = bool(data.recalled.any())

    @property
    def _column(self) -> int:
        return self.position - self._data.first

    def move(self, right: int, down: int) -> None:
        self.position = self._data.first + clamp(self._column + right, len(self._data.orders))

    def tint(self) -> FloatArray | None:
        found = np.zeros(len(self.tokens), dtype=np.float32)
        heights = np.arange(1, len(self._data.contributions) + 1)[:, None]
        counted = np.maximum(self._data.contributions.sum(axis=0), 1e-30)
        mean = (self._data.contributions * heights).sum(axis=0) / counted
        found[self._data.first :] = (mean - 1) / max(len(heights) - 1, 1)
        return found

    def note(self) -> str:
        column = self._column
        return say(
            "inside.ladder_note",
            here=self.label(self.tokens[self.position]),
            share=percentage(float(self._total[column])),
            used=int(self._data.orders[column]),
            of=len(self._data.contributions),
            matched=int(self._data.matched[column]),
        )

    def paint(self, canvas: Canvas) -> list[Strip]:
        styles = canvas.styles
        start, end = window(self._column, len(self._data.orders), (canvas.width - _NAME) // _CELL)
        top = canvas.line().add(say("inside.order"), styles.faint, width=_NAME)
        for column in range(start, end):
            here = column == self._column
            label = self.label(self.tokens[self._data.first + column])
            top.add(("▸" if here else " ") + label, styles.strong if here else styles.muted, width=_CELL)
        lines = [top.strip()]
        for name, values, order in self._rows():
            line = canvas.line().add(name, styles.muted, width=_NAME)
            for column in range(start, end):
                reached = order <= self._data.orders[column]
                share = float(values[column] / max(self._total[column], 1e-30))
                mark, style = canvas.shade(share)
                line.add(" ").add(mark * 3 if reached else " ╷ ", style if reached else styles.rule)
                text = percent(share) if reached and share >= _SHOWN else "·" if reached else ""
                line.add(" " + text, styles.text if share >= 0.5 else styles.faint, width=_CELL - 4)
            lines.append(line.strip())
        total = canvas.line().add(say("inside.total"), styles.muted, width=_NAME)
        for column in range(start, end):
            total.add("     " + percent(float(self._total[column])), styles.text, width=_CELL)
        return [*lines, total.strip(), canvas.line().strip(), *self._paint_token(canvas)][: canvas.height]

    def _rows(self) -> list[tuple[str, FloatArray, int]]:
        """Return a name, the contributions and the order of each row, recalled replies (order 0) first."""
        rows = [(f"{order}", values, order) for order, values in enumerate(self._data.contributions, 1)]
        return ([(say("inside.recalled"), self._data.recalled, 0)] if self._has_recall else []) + rows[::-1]

    def _paint_token(self, canvas: Canvas) -> list[Strip]:
        """Paint the split of the token under the cursor, the largest share first: order, share, context."""
        styles, lines = canvas.styles, []
        total = max(float(self._total[self._column]), 1e-30)
        for name, values, order in sorted(self._rows(), key=lambda row: -float(row[1][self._column])):
            if order > self._data.orders[self._column]:
                continue
            share = float(values[self._column]) / total
            line = canvas.line().add(name, styles.muted, width=_NAME)
            line.add(percentage(share), styles.text, width=8, right=True).add(" ")
            canvas.bar(line, share, min(canvas.width // 4, 30)).add("  ")
            context = self.tokens[max(self.position - order + 1, 0) : self.position] if order > 1 else ()
            lines.append(line.add(safe_line(self.subject.labels.text(context)), styles.muted).strip())
        return lines


class RunPage(Page):
    """The longest run of the text that the training text holds, and the lines where it stands."""

    NAME = "inside.page_run"
    EXPLANATION = "inside.help_run"
    LEGEND = "inside.legend_run"

    def __init__(self, subject: Subject, data: InsideNgram, run: VerbatimRun) -> None:
        super().__init__(subject, data.tokens)
        self._run = run
        self.position = run.end - 1
        self._scrolled = 0

    def move(self, right: int, down: int) -> None:
        self._scrolled = max(self._scrolled + down, 0)

    def tint(self) -> FloatArray | None:
        found = np.zeros(len(self.tokens), dtype=np.float32)
        found[self._run.start : self._run.end] = 1
        return found

    def note(self) -> str:
        text = safe_line(self.subject.labels.text(self.tokens[self._run.start : self._run.end]), 60)
        return say("inside.run_note", count=self._run.end - self._run.start, text=text, times=whole(self._run.count))

    def paint(self, canvas: Canvas) -> list[Strip]:
        styles = canvas.styles
        lines: list[Strip] = []
        for place in self._run.around:
            if not lines:
                lines.append(canvas.line().add(safe_line(place.source), styles.strong).strip())
            lines += self._paint_line(place, canvas)
        others = [place for place in self._run.places if place not in self._run.around]
        if others:
            where = ", ".join(f"{safe_line(place.source)}:{place.line}" for place in others)
            lines += [canvas.line().strip(), *canvas.paragraph(say("inside.also_in", places=where))]
        self._scrolled = min(self._scrolled, max(len(lines) - canvas.height, 0))
        return lines[self._scrolled : self._scrolled + canvas.height]

    def _paint_line(self, place: CorpusPlace, canvas: Canvas) -> list[Strip]:
        styles, cut = canvas.styles, (place.start, place.end)
        text = safe(place.text).replace("\n", " ").replace("\t", " ")
        wrapped = WrappedText(max(canvas.width - 8, 4), text)
        lines = []
        for number, (start, end) in enumerate(wrapped.lines):
            marked = place.end > place.start
            line = canvas.line().add(">" if marked else " ", styles.strong)
            line.add(f"{place.line} " if not number else "", styles.faint, width=7, right=True)
            begin, finish = (min(max(edge, start), end) for edge in cut)
            line.add(text[start:begin], styles.muted)
            line.add(text[begin:finish], styles.strong + Style(underline=True))
            lines.append(line.add(text[finish:end], styles.muted).strip())
        return lines
