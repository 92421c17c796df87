"""One reply on its way from a worker thread to the screen.

The thread condenses each event and puts it into a buffer; the first thing put into an empty buffer wakes the screen,
which drains the buffer when it paints next. So there is at most one message under way however fast the model is, and
nothing lies unseen however slow.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from genchat.engine.contract import (
    Backend,
    Event,
    Finish,
    LateSteps,
    MessageData,
    Notice,
    Passages,
    ReplySettings,
    Step,
    StopSignal,
)
from genchat.engine.conversation import Message
from genchat.engine.errors import GenchatError, RemoteError
from genchat.engine.history.protocol import History, ReplyRecorder
from genchat.engine.history.records import FinalStatus, RunStart
from genchat.engine.language import say, words_of
from genchat.engine.plugins.guard import reason_of
from genchat.engine.sampling.settings import SamplingSettings
from genchat.engine.text import safe
from genchat.tui.chat.dialogue import Status, Turn
from genchat.tui.chat.step_gate import StepGate

if TYPE_CHECKING:
    from genchat.tui.chat.token_records import Recorder, TokenRecord

_FINAL: Mapping[Status, FinalStatus] = {Status.STOPPED: "stopped", Status.ERROR: "error"}


@dataclass(frozen=True)
class Request:
    """A request asks a backend for an answer to `messages`, or, with `free_text`, for the continuation of that text."""

    messages: tuple[Message, ...]
    settings: ReplySettings
    free_text: str | None = None

    @property
    def kept(self) -> int:
        """Return how many tokens the reply begins with that are known already."""
        return 0

    def events(self, backend: Backend, settings: ReplySettings, should_stop: StopSignal) -> Iterator[Event]:
        """Return the events of the reply; `settings` are those of the request, with what steers them on the way."""
        if self.free_text is None:
            return backend.reply(self.messages, settings, should_stop)
        return backend.complete(self.free_text, settings, should_stop)

    def record(self, step: Step, recorder: "Recorder") -> "TokenRecord":
        """Return the record of one step of them."""
        return recorder.record(step)


class ReplyListener:
    """A listener is called in the worker thread while a reply is made."""

    def started(self, backend: Backend) -> None:
        """The backend is open and about to answer."""

    def received(self, event: Event) -> None:
        """This is called with every event, in order."""

    def ended(self, status: Status, error: str) -> None:
        """This is called once, whatever happened."""


class HistoryListener(ReplyListener):
    """This listener stores the reply in the history. If that fails, the reply goes on with a note beside it."""

    def __init__(self, history: History, question: int, turn: Turn, settings: ReplySettings) -> None:
        """`question` is the id of the stored message that `turn` answers."""
        self._history = history
        self._question = question
        self._turn = turn
        self._settings = settings
        self._recorder: ReplyRecorder | None = None

    def started(self, backend: Backend) -> None:
        try:
            question = self._history.message(self._question)
            self._recorder = self._history.begin_reply(
                question, RunStart.of(backend, self._settings, system=self._turn.system)
            )
            self._turn.stored = self._recorder.message.id
        except GenchatError as problem:
            self._turn.notes.append(unkept(problem))

    def received(self, event: Event) -> None:
        if self._recorder is not None:
            self._recorder.add(event)

    def ended(self, status: Status, error: str) -> None:
        if self._recorder is not None:
            try:
                self._recorder.finish(_FINAL.get(status), error)
            except GenchatError as problem:
                self._turn.notes.append(unkept(problem))


@dataclass
class Batch:
    """A batch holds everything that came since the last drain."""

    records: "list[TokenRecord]" = field(default_factory=list)
    late: "list[TokenRecord] | None" = None  # all records of the reply so far, in place of those that came
    text: str = ""
    passages: Passages | None = None
    data: Mapping[str, Any] | None = None
    notices: list[Notice] = field(default_factory=list)
    status: Status | None = None  # set when the reply is over
    error: str = ""
    retry_after: float | None = None  # seconds, where the service said how long to wait
    backend: Backend | None = None  # set when it has been opened
    tokens_per_second: float | None = None

    @property
    def changes_more_than_text(self) -> bool:
        """Return whether the heading or the remarks of the turn have changed."""
        return bool(self.status or self.notices or self.passages or self.backend or self.late)


class ReplyStream:
    """A stream runs one request. The worker thread calls `run`; the screen calls everything else."""

    def __init__(
        self,
        request: Request,
        open_backend: Callable[[], Backend],
        lock: threading.Lock,
        listener: ReplyListener | None = None,
        pace: float = 0.0,
    ) -> None:
        """`pace` is the greatest number of tokens a second, for slow watching; 0 is as fast as the model goes."""
        self.request = request
        self._open_backend = open_backend
        self._model_lock = lock  # a model is asked by one thread at a time; held for one token
        self._listener = listener or ReplyListener()
        self._pause = 1 / pace if pace > 0 else 0.0
        self._stop = threading.Event()
        self.gate = StepGate()
        self._steered = False  # whether the backend asks before every token
        self.sampling = request.settings.sampling  # for the tokens to come; the screen may change it
        self._buffer_lock = threading.Lock()
        self._batch = Batch()
        self._awake = False
        self._count = 0
        self._first_token_at = 0.0

    def stop(self) -> None:
        """Ask the model to stop, which takes effect within one token."""
        self._stop.set()
        self.gate.open()

    def abandon(self) -> None:
        """Keep what was written as stopped, without waiting for a model that may be stalling."""
        self._stop.set()
        self._tell_listener(lambda: None, Status.STOPPED, "")

    @property
    def stopping(self) -> bool:
        """Return whether the model was asked to stop."""
        return self._stop.is_set()

    def drain(self) -> Batch:
        """Return everything that came since the last call."""
        with self._buffer_lock:
            batch, self._batch = self._batch, Batch()
            self._awake = False
        batch.tokens_per_second = self._speed()
        return batch

    def run(self, wake: Callable[[], object], cancelled: Callable[[], bool]) -> None:
        """Make the reply; `wake` is called when there is something to drain."""
        status, error = Status.ERROR, say("tui.reply_failed", reason="…")
        retry_after: float | None = None
        try:
            status, error, retry_after = self._make(wake, cancelled)
            self._tell_listener(wake, status, error)
        finally:  # whatever happened, also while the listener was informed
            self._put(wake, lambda batch: _close(batch, status, error, retry_after))

    def _make(self, wake: Callable[[], object], cancelled: Callable[[], bool]) -> tuple[Status, str, float | None]:
        """Return how the reply ended, what went wrong, and the seconds to wait if a service named them."""
        try:
            backend = self._open_backend()
            self._put(wake, lambda batch: setattr(batch, "backend", backend))
            self._listener.started(backend)
            return self._listen(backend, wake, lambda: self._stop.is_set() or cancelled()), "", None
        except GenchatError as failure:
            return Status.ERROR, safe(str(failure)), failure.retry_after if isinstance(failure, RemoteError) else None
        except BaseException as failure:  # this thread is the reply's own: there is nobody further out to hear of it
            return Status.ERROR, say("tui.reply_failed", reason=reason_of(failure)), None

    def _tell_listener(self, wake: Callable[[], object], status: Status, error: str) -> None:
        try:
            self._listener.ended(status, error)
        except Exception as failure:
            reason = str(failure) if isinstance(failure, GenchatError) else reason_of(failure)
            unkept = Notice("tui.not_kept", {"reason": reason})
            self._put(wake, lambda batch: batch.notices.append(unkept))

    def _listen(self, backend: Backend, wake: Callable[[], object], should_stop: Callable[[], bool]) -> Status:
        from genchat.tui.chat.token_records import Recorder

        recorder = Recorder(backend.tokenizer)
        settings = replace(self.request.settings, steering=lambda: self._steer(should_stop))
        events = self.request.events(backend, settings, should_stop)
        status = Status.DONE
        for event in self._one_at_a_time(events, should_stop):
            self._listener.received(event)
            if isinstance(event, Step):
                self._put_step(wake, self.request.record(event, recorder), event.text)
                if self._pause:
                    self._stop.wait(self._pause)
            elif isinstance(event, LateSteps):
                late = [recorder.record(step) for step in event.steps]
                self._put(wake, lambda batch, late=late: _replace_records(batch, late))  # type: ignore[misc]
            elif isinstance(event, Finish):
                status = Status.of(event.reason)
            else:
                self._put(wake, _adder(event))
            if should_stop() and not isinstance(event, Finish) and backend.capabilities.remote:
                return Status.STOPPED
        return status

    def _one_at_a_time(self, events: Iterator[Event], should_stop: Callable[[], bool]) -> Iterator[Event]:
        event: Event | None = None
        while True:
            # What is not a token, such as a notice or the end, comes without being asked for, where that can be told,
            # and so do the tokens that a fork keeps.
            kept = self.request.kept
            if not kept and (event is None or (isinstance(event, Step) and not self._steered)):
                self.gate.wait(should_stop)
            with self._model_lock:
                event = next(events, None)
            if event is None:
                return
            yield event

    def _steer(self, given_up: Callable[[], bool]) -> SamplingSettings:
        """Return the settings for the next token, when it may come; the model is free for others meanwhile.

        The first token has waited before this backend was known to ask, unless it follows others that were kept.
        """
        if (self._steered or self.request.kept) and self.gate.holding:
            self._model_lock.release()
            try:
                self.gate.wait(given_up)
            finally:
                self._model_lock.acquire()
        self._steered = True
        return self.sampling

    def _put_step(self, wake: Callable[[], object], record: "TokenRecord", text: str) -> None:
        self._count += 1
        if self._count == 1:
            self._first_token_at = time.monotonic()

        def add(batch: Batch) -> None:
            batch.records.append(record)
            batch.text += "" if record.special else text

        self._put(wake, add)

    def _put(self, wake: Callable[[], object], add: Callable[[Batch], object]) -> None:
        with self._buffer_lock:
            add(self._batch)
            asleep, self._awake = not self._awake, True
        if asleep:
            wake()

    def _speed(self) -> float | None:
        elapsed = time.monotonic() - self._first_token_at
        return (self._count - 1) / elapsed if self._count > 1 and elapsed > 0 else None


def _replace_records(batch: Batch, late: "list[TokenRecord]") -> None:
    batch.records, batch.late = [], late


def _adder(event: Passages | MessageData | Notice) -> Callable[[Batch], object]:
    if isinstance(event, Passages):
        return lambda batch: setattr(batch, "passages", event)
    if isinstance(event, MessageData):
        return lambda batch: setattr(batch, "data", event.values)
    return lambda batch: batch.notices.append(event)


def _close(batch: Batch, status: Status, error: str, retry_after: float | None) -> None:
    batch.status, batch.error, batch.retry_after = status, error, retry_after


def unkept(problem: Exception) -> str:
    """Return the note for a message that could not be stored in the history."""
    return say("tui.not_kept", reason=safe(str(problem)))


def notice_text(notice: Notice) -> str:
    """Return a notice in the reader's language, safe to show."""
    return safe(words_of(notice.key, notice.values))


def take_notice(turn: Turn, notice: Notice) -> None:
    """Add a notice to its turn: as a remark, and where needed as marks on the turn's text."""
    if notice.key == "retrieval.abstained":
        turn.abstained = True  # said together with the key that asks again
        return
    turn.notes.append(notice_text(notice))
    spans = notice.values.get("spans")
    if notice.key == "retrieval.unsupported" and isinstance(spans, list):
        turn.unsupported = [(int(start), int(end)) for start, end in spans]
