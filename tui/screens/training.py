"""The screen of a training run: loss curves, figures and samples, and keys to keep or discard the model or to chat.

The run is a process of its own (tui/training/job.py) that goes on while the person chats; this screen only looks.
training_controller.py opens it.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from genchat.engine.language import say
from genchat.engine.text import safe, safe_line
from genchat.engine.training.events import EndReason
from genchat.tui.cli.commands.train_neural import duration
from genchat.tui.keys import bind
from genchat.tui.screens.ask import ConfirmScreen
from genchat.tui.screens.layout import SMALLEST
from genchat.tui.training.job import JobStatus, Point, RunState, TrainingJob
from genchat.tui.widgets.curves import Curve, Curves
from genchat.tui.widgets.key_bar import KeyBar
from genchat.tui.widgets.training_figures import Figures, Phases, TrainingHeader

Next = Literal["talk", "again"]
_LOOK_EVERY = 0.25  # seconds
_UNSEEN_SHOWN = 24  # characters


class TrainingScreen(Screen[Next | None]):
    """This screen answers what to do next; None means to go back to the chat."""

    CSS_PATH = "training.tcss"
    HELP_TITLE = "tui.help.training"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("escape", "back", "train_back", show=True),
        bind("s", "keep", "train_keep", show=True),
        bind("d,delete", "discard", "train_discard", show=True),
        bind("enter", "talk", "train_talk", show=True),
        bind("n", "again", "train_again", show=True),
    ]

    def __init__(self, job: TrainingJob) -> None:
        super().__init__()
        self.job = job
        self._seen = -1
        self._header = TrainingHeader(job.order.family, job.order.name, id="training-header")
        self._curves = Curves(id="curves")
        self._phases = Phases(id="phases")
        self._figures = Figures(id="figures")
        self._message = Static("", id="message", markup=False)
        self._sample_title = Static("", id="sample-title", markup=False)
        self._sample = Static("", id="sample", markup=False)
        self._sample_step = -1
        self.add_class("-learns" if job.order.learns else "-counts")

    def compose(self) -> ComposeResult:
        yield self._header
        with Vertical(id="body"):
            yield self._curves
            yield self._phases
            yield self._figures
            yield self._message
            yield self._sample_title
            yield VerticalScroll(self._sample, id="sample-box")
        yield KeyBar(id="keys")
        yield Static(say("tui.too_small"), id="too-small", markup=False)

    def on_mount(self) -> None:
        self._look()
        self.set_interval(_LOOK_EVERY, self._look)

    def on_resize(self, event: events.Resize) -> None:
        width, height = self.app.size
        self.set_class(width < SMALLEST[0] or height < SMALLEST[1], "-tiny")

    def _look(self) -> None:
        """Show what the run has reported since the last time."""
        job = self.job
        if job.status is JobStatus.STARTING:
            self._say(say("training_screen.preparing", time=duration(job.seconds)))
        if job.revision == self._seen:
            return
        self._seen = job.revision
        state = job.state()
        self._header.show(job.status)
        if job.order.learns:
            self._figures.show(state)
            self._show_curves(state)
            self._show_sample(state)
        else:
            self._phases.show(state)
        if job.status is not JobStatus.STARTING:
            self._say(_message(job, state))
        self._message.set_class(job.status is JobStatus.FAILED, "-error")
        self.refresh_bindings()

    def _say(self, text: str) -> None:
        self._message.update(Content(safe(text)))

    def _show_curves(self, state: RunState) -> None:
        progress = state.progress
        endless = progress is None or progress.seconds_left is None
        train, held_out = _curve(state.train, endless), _curve(state.held_out, endless)
        if progress is None:
            self._curves.show(train, held_out, None, "")
        elif progress.seconds_left is None or self.job.status.over:
            self._curves.show(train, held_out, None, duration(progress.seconds))
        else:
            self._curves.show(train, held_out, 1.0, duration(progress.seconds + progress.seconds_left))

    def _show_sample(self, state: RunState) -> None:
        if state.sample is not None and state.sample.step != self._sample_step:
            self._sample_step = state.sample.step
            self._sample_title.update(Content(say("training.sample", step=state.sample.step)))
            self._sample.update(Content(safe(state.sample.text)))

    # ---- actions ----

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        status = self.job.status
        match action:
            case "keep":
                return self.job.order.learns and status in (JobStatus.STARTING, JobStatus.RUNNING)
            case "discard":
                return not status.over
            case "talk":
                return status is JobStatus.KEPT
            case "again":
                return status.over
        return True

    def action_back(self) -> None:
        """Go back to the chat; the run goes on."""
        self.dismiss(None)

    def action_keep(self) -> None:
        """End the run and keep the model as it is."""
        self.job.stop()
        self._look()

    def action_discard(self) -> None:
        """Ask for confirmation, then end the run and keep nothing."""
        name = safe_line(self.job.order.name)
        question = ConfirmScreen(
            say("training_screen.discard_title"), say("training_screen.discard_question", name=name)
        )
        self.app.push_screen(question, lambda yes: self.job.discard() if yes else None)

    def action_talk(self) -> None:
        """Chat with the new model."""
        self.dismiss("talk")

    def action_again(self) -> None:
        """Go back to the form."""
        self.dismiss("again")


def _message(job: TrainingJob, state: RunState) -> str:
    name = job.order.name
    match job.status:
        case JobStatus.KEPT:
            reason = state.ended.reason if state.ended is not None else "done"
            return say(_KEPT[reason], name=name, time=duration(job.seconds))
        case JobStatus.DISCARDED:
            return say("training_screen.discarded", name=name)
        case JobStatus.FAILED:
            return say("training_screen.failed", reason=job.error)
        case JobStatus.STOPPING:
            return say("training_screen.stopping")
    unseen = state.started.unseen if state.started is not None else ""
    return say("training_screen.unseen", letters=safe_line(unseen, _UNSEEN_SHOWN)) if unseen else ""


_KEPT: Mapping[EndReason, str] = {
    "done": "training_screen.kept",
    "stopped": "training_screen.kept_stopped",
    "loss reached": "training_screen.kept_loss_reached",
    "no more gain": "training_screen.kept_no_more_gain",
    "read often enough": "training_screen.kept_read_often_enough",
}


def _curve(points: list[Point], endless: bool) -> Curve:
    """Plot losses over the completed share of the run, or over seconds where the run has no known end."""
    return [(point.seconds if endless or point.done is None else point.done, point.loss) for point in points]
