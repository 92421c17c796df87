"""Telling how far training has come, and being asked to stop."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from genchat.engine.errors import TrainingFailed

Phase = Literal["reading", "tokens", "suffixes", "counting", "smoothing", "writing"]
Progress = Callable[[Phase, float], None]  # phase and its fraction done, 0 to 1; names: text key "ngram.phase_…"

PHASES: tuple[Phase, ...] = ("reading", "tokens", "suffixes", "counting", "smoothing", "writing")


@dataclass
class Watch:
    """A Watch reports one training run's progress and asks whether it should stop."""

    progress: Progress | None = None
    should_stop: Callable[[], bool] | None = None
    phase: Phase = "reading"

    def enter(self, phase: Phase) -> None:
        """Begin a phase. Raises TrainingFailed("training_stopped") if a stop was asked for."""
        self.phase = phase
        self.report(0.0)

    def report(self, fraction: float) -> None:
        """Say how much of the phase is done; a chance to stop, like `enter`."""
        if self.progress is not None:
            self.progress(self.phase, fraction)
        if self.should_stop is not None and self.should_stop():
            raise TrainingFailed("training_stopped")
