"""One training run in a process of its own, and the events that it has reported so far.

A process, so that torch is never loaded beside the screen, and keys do not wait for a busy interpreter. It is a
session of its own and less urgent than the screen. Stopping is a signal; if genchat itself ends, the run notices that
nobody reads its events any more, stops by itself and keeps what was learned.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from pathlib import Path
from typing import IO

import genchat
from genchat.engine.errors import ExitCode, GenchatError
from genchat.engine.language import language_in_use, say
from genchat.engine.paths import Paths
from genchat.engine.registry import Registry
from genchat.engine.settings import Settings
from genchat.engine.training.event_lines import WatchedEvent, event_from_line
from genchat.engine.training.events import Ended, Kept, Phase, Progress, Sample, Started, Validation
from genchat.tui.training.order import TrainingOrder

_CURVE_POINTS = 1000
_NICENESS = 5
_LONGEST_ERROR = 600  # characters
_INTERRUPTED = (ExitCode.INTERRUPTED, -signal.SIGINT)


class JobStatus(Enum):
    """The status says how far a run has come, or how it ended."""

    STARTING = auto()
    RUNNING = auto()
    STOPPING = auto()
    KEPT = auto()
    DISCARDED = auto()
    FAILED = auto()

    @property
    def over(self) -> bool:
        return self in (JobStatus.KEPT, JobStatus.DISCARDED, JobStatus.FAILED)


@dataclass(frozen=True)
class Point:
    """A point is a loss in nats a token, after so many seconds and at that share of the run (None: no known end)."""

    seconds: float
    done: float | None
    loss: float


@dataclass
class RunState:
    """The state of a run holds its last event of each kind, and its curves."""

    started: Started | None = None
    progress: Progress | None = None
    validation: Validation | None = None
    sample: Sample | None = None
    phase: Phase | None = None
    ended: Ended | None = None
    kept: Kept | None = None
    train: list[Point] = field(default_factory=list)
    held_out: list[Point] = field(default_factory=list)

    def take(self, event: WatchedEvent) -> None:
        """Store an event."""
        match event:
            case Started():
                self.started = event
            case Progress():
                self.progress = event
                _note(self.train, Point(event.seconds, self._share(event), event.loss))
            case Validation():
                self.validation = event
                share = self._share(self.progress) if self.progress is not None else 0.0
                _note(self.held_out, Point(event.seconds, share, event.loss))
            case Sample():
                self.sample = event
            case Phase():
                self.phase = event
            case Ended():
                self.ended = event
            case Kept():
                self.kept = event

    def _share(self, progress: Progress) -> float | None:
        return None if progress.seconds_left is None else progress.done


def _note(curve: list[Point], point: Point) -> None:
    curve.append(point)
    if len(curve) > 2 * _CURVE_POINTS:
        del curve[1:-1:2]


def genchat_program() -> list[str]:
    """Return the command that starts this very genchat as a process."""
    return [sys.executable, "-P", "-m", "genchat"]


def _environment() -> dict[str, str]:
    root = str(Path(genchat.__file__).parents[1])
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", ""))))
    return {**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8", "GENCHAT_LANGUAGE": language_in_use()}


class TrainingJob:
    """A job starts at once. `on_end` is called in a thread of the job when it has ended."""

    def __init__(
        self,
        order: TrainingOrder,
        home: Paths,
        on_end: Callable[[], object] = lambda: None,
        program: Sequence[str] | None = None,
    ) -> None:
        self.order = order
        self.status = JobStatus.STARTING
        self.error = ""
        self.revision = 0  # counts the events; a screen paints anew when it has grown
        self._home = home
        self._on_end = on_end
        self._state = RunState()
        self._lock = threading.Lock()
        self._discard = False
        self._began = time.monotonic()
        self._complaints: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self._process = subprocess.Popen(  # noqa: S603
                [*(program or genchat_program()), *order.arguments()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=self._complaints,
                env=_environment(),
                start_new_session=True,
            )
        except OSError as error:
            self._complaints.close()
            raise GenchatError("training_not_started", reason=error.strerror or error) from None
        with suppress(OSError, AttributeError):  # not on every system, and no matter
            os.setpriority(os.PRIO_PROCESS, self._process.pid, _NICENESS)
        self._reader = threading.Thread(target=self._read, daemon=True, name="genchat-training")
        self._reader.start()

    def state(self) -> RunState:
        """Return a copy of what is known now."""
        with self._lock:
            return replace(self._state, train=list(self._state.train), held_out=list(self._state.held_out))

    @property
    def seconds(self) -> float:
        """Return the seconds since the job began, including its start."""
        return time.monotonic() - self._began

    def stop(self) -> None:
        """End the run between two steps; a neural model is kept as it is then."""
        if not self.status.over:
            self._become(JobStatus.STOPPING)
            with suppress(OSError):
                self._process.send_signal(signal.SIGINT)

    def discard(self) -> None:
        """End the run at once and keep nothing."""
        if not self.status.over:
            self._discard = True
            self._become(JobStatus.STOPPING)
            with suppress(OSError):
                self._process.kill()

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the run has ended."""
        self._reader.join(seconds)

    def _become(self, status: JobStatus) -> None:
        with self._lock:
            self.status = status
            self.revision += 1

    # ---- in the thread of the job ----

    def _read(self) -> None:
        stdout = self._process.stdout
        if stdout is None:
            raise ValueError("no pipe to read events from")
        with stdout:
            for line in stdout:
                event = event_from_line(line.decode("utf-8", "replace"))
                if event is None:
                    continue
                with self._lock:
                    self._state.take(event)
                    if self.status is JobStatus.STARTING:
                        self.status = JobStatus.RUNNING
                    self.revision += 1
        self._conclude(self._process.wait())
        self._on_end()

    def _conclude(self, code: int) -> None:
        with self._complaints as complaints:
            complaints.seek(0)
            said = complaints.read().decode("utf-8", "replace")
        if self._discard:
            self._remove()
            self._become(JobStatus.DISCARDED)
        elif self._state.kept is not None:
            self._become(JobStatus.KEPT)
        elif self.status is JobStatus.STOPPING and code in _INTERRUPTED:
            self._become(JobStatus.DISCARDED)
        else:
            lines = [line.strip() for line in said.splitlines() if line.strip()]
            self.error = lines[-1].removeprefix("genchat: ")[:_LONGEST_ERROR] if lines else ""
            self.error = self.error or say("training_screen.died", code=code)
            self._become(JobStatus.FAILED)

    def _remove(self) -> None:
        name = self.order.name
        for folder in (self._home.data / "training" / name, *self._home.models.glob(f".{name}-*")):
            shutil.rmtree(folder, ignore_errors=True)
        with suppress(GenchatError):  # it was hardly ever written yet
            Registry(self._home, Settings()).remove(name)
