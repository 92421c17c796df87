"""What a training run says in numbers: its head line, its figures, and the phases of a model that is counted."""

from collections.abc import Iterator, Mapping

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from genchat.engine.language import say
from genchat.engine.language.numbers import decimal, percentage, short_count, whole
from genchat.engine.ngram.progress import PHASES
from genchat.engine.text import safe_line
from genchat.tui.cli.commands.train_neural import duration
from genchat.tui.colours import ThemeStyles, theme_styles
from genchat.tui.training.job import JobStatus, RunState
from genchat.tui.widgets.painting import Line, bar, right_aligned

_LONGEST_NAME = 32
_PHASE_COLUMN = 24
_MARKS: Mapping[JobStatus, str] = {JobStatus.KEPT: "✓", JobStatus.DISCARDED: "–", JobStatus.FAILED: "✗"}


class TrainingHeader(Widget):
    """The header is one painted line and a rule."""

    def __init__(self, family: str, name: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._family, self._model = family, name
        self._status = JobStatus.STARTING

    def show(self, status: JobStatus) -> None:
        """Show the status of the run."""
        if status is not self._status:
            self._status = status
            self.refresh()

    def render_line(self, y: int) -> Strip:
        styles = theme_styles(self.app.current_theme)
        if y:
            return Strip([Segment("─" * self.size.width, styles.rule)], self.size.width)
        left = [
            (f" {say('training_screen.title')}   ", styles.muted),
            (self._family, styles.family(self._family)),
            (" · ", styles.faint),
            (safe_line(self._model, _LONGEST_NAME), styles.text),
        ]
        mark = _MARKS.get(self._status, "●")
        style = styles.error if self._status is JobStatus.FAILED else styles.text
        status = (f"{mark} {say(f'training_screen.status.{self._status.name.lower()}')} ", style)
        return right_aligned(self.size.width, styles.text, left, [("  ", styles.text), status])


class Figures(Widget):
    """The figures are three lines: how far, how well and how fast."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._state = RunState()

    def show(self, state: RunState) -> None:
        """Show what is known now."""
        self._state = state
        self.refresh()

    def render_line(self, y: int) -> Strip:
        styles = theme_styles(self.app.current_theme)
        if y == 0:
            return self._how_far(styles)
        line = Line(self.size.width, styles.text)
        for label, value in self._how_well() if y == 1 else self._how_fast() if y == 2 else ():
            line.add(f" {label} " if label else " ", styles.muted).add(value, styles.text).add("  ")
        return line.strip()

    def _how_far(self, styles: ThemeStyles) -> Strip:
        progress = self._state.progress
        if progress is None:
            return Strip.blank(self.size.width, styles.text)
        ended, endless = self._state.ended, progress.seconds_left is None
        if ended is not None or endless:
            tail = say("training_screen.spent", time=duration(progress.seconds))
        else:
            tail = say("training_screen.left", time=duration(progress.seconds_left))
        complete = ended is not None and (endless or ended.reason == "done")
        done = 1.0 if complete else 0.0 if endless else progress.done
        tail = f"   {tail} " if endless else f"  {percentage(done)}   {tail} "
        width = max(self.size.width - len(tail) - 1, 1)
        pieces = [Segment(" ", styles.text), *bar(width, done, 1.0, styles.bar, styles.bar_lost, styles.background)]
        return Strip([*pieces, Segment(tail, styles.muted)]).adjust_cell_length(self.size.width, styles.text)

    def _how_well(self) -> Iterator[tuple[str, str]]:
        progress, validation = self._state.progress, self._state.validation
        if progress is not None:
            yield say("training_screen.curve_train"), decimal(progress.loss, 3)
        if validation is not None:
            yield say("training_screen.curve_held_out"), decimal(validation.loss, 3)
            yield say("training_screen.bits_a_byte"), decimal(validation.bits_per_byte, 3)

    def _how_fast(self) -> Iterator[tuple[str, str]]:
        progress, started = self._state.progress, self._state.started
        if progress is not None:
            yield say("training_screen.speed"), whole(round(progress.tokens_per_second))
            yield say("training_screen.step"), whole(progress.step)
            yield say("training_screen.epoch"), decimal(progress.epoch, 1)
        if started is not None:
            yield say("training_screen.parameters"), short_count(started.parameters)
            yield "", f"{safe_line(started.precision, 8)} {safe_line(started.device, 12)}"


class Phases(Widget):
    """The widget shows the phases of counting, each with a bar."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._state = RunState()

    def show(self, state: RunState) -> None:
        """Show what is known now."""
        self._state = state
        self.refresh()

    def render_line(self, y: int) -> Strip:
        styles = theme_styles(self.app.current_theme)
        if y >= len(PHASES):
            return Strip.blank(self.size.width, styles.text)
        phase = self._state.phase
        names: list[str] = list(PHASES)
        here = names.index(phase.name) if phase is not None and phase.name in names else -1
        share = 1.0 if y < here or self._state.kept is not None else 0.0
        if phase is not None and y == here and self._state.kept is None:
            share = phase.done
        style = styles.text if share or y == here else styles.faint
        line = Line(self.size.width, styles.text)
        line.add(" ").add(say(f"ngram.phase_{names[y]}"), style, width=_PHASE_COLUMN)
        width = max(min(self.size.width - _PHASE_COLUMN - 10, 60), 1)
        pieces = bar(width, share, 1.0, styles.bar, styles.bar_lost, styles.background)
        mark = "  ✓" if share >= 1 else f"  {percentage(share)}" if y == here else ""
        text = Strip([*line.strip().crop(0, _PHASE_COLUMN + 1), *pieces, Segment(mark, styles.muted)])
        return text.adjust_cell_length(self.size.width, styles.text)
