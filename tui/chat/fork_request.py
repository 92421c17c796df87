"""A fork of a reply: what it takes from the reply that is forked, and how its events are asked for.

The tokens before the fork keep their records on the screen and their trace in the history; the model writes from there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from genchat.engine.contract import Backend, Event, MessageData, ReplySettings, Step, StopSignal
from genchat.engine.conversation import Message
from genchat.engine.errors import GenchatError, UsageError
from genchat.engine.history.protocol import History
from genchat.engine.text import safe
from genchat.tui.chat.dialogue import Turn
from genchat.tui.chat.reply_stream import HistoryListener, Request

if TYPE_CHECKING:
    from genchat.engine.history.records import StoredStep
    from genchat.engine.local_backend import LocalBackend
    from genchat.tui.chat.token_records import Recorder, TokenRecord

How = Literal["candidate", "typed", "continued", "drawn"]
DATA = "fork"  # the name of its entry in the data of a message
_TAB = "    "
Context = tuple[Message, ...] | str


@runtime_checkable
class _ShowsPrompt(Protocol):
    def prompt(self, messages: Sequence[Message]) -> Sequence[Message] | None: ...


@dataclass(frozen=True)
class Fork:
    """A fork goes on from `origin` after its first `at` tokens; `taken` are put there by the person, if any.

    `settings` are to be used in place of those of `origin`; a fork that is "drawn" comes token by token. `by` is the
    name of another model that goes on, and `spelled` are then its own tokens for what stays.
    """

    origin: Turn
    at: int
    taken: tuple[int, ...]
    how: How
    settings: ReplySettings | None = None
    by: str = ""
    spelled: tuple[int, ...] = ()

    @property
    def kept(self) -> tuple[int, ...]:
        """Return the tokens that stay as they are. Raises UsageError where they are not known."""
        if self.by:
            return self.spelled
        return known_tokens(self.origin, self.at)

    @property
    def data(self) -> MessageData:
        """Return what is kept with the new message: where it was forked, and by what."""
        told = {"from": self.origin.stored, "at": self.at, "taken": list(self.taken), "how": self.how}
        return MessageData({**self.origin.data, DATA: told})


@dataclass(frozen=True)
class ForkRequest(Request):
    """A request for a reply that begins like another one."""

    fork: Fork | None = None
    checksum: str = ""  # of the model that wrote the other reply, where the history knows it

    @property
    def kept(self) -> int:
        """See Request."""
        return 0 if self.fork is None else len(self.fork.kept)

    def events(self, backend: Backend, settings: ReplySettings, should_stop: StopSignal) -> Iterator[Event]:
        """See Request."""
        from genchat.engine.forking import Beginning

        fork = self.fork
        if fork is None:
            yield from super().events(backend, settings, should_stop)
            return
        local, context = forkable(backend, fork.origin, self.context, "" if fork.by else self.checksum)
        check_room(local, len(fork.taken))
        yield fork.data
        if fork.origin.passages is not None:
            yield fork.origin.passages
        yield from local.fork(context, Beginning(fork.kept, fork.taken), settings, should_stop)

    def record(self, step: Step, recorder: "Recorder") -> "TokenRecord":
        """See Request."""
        if self.fork is None or self.fork.by or step.position >= self.fork.at:
            return super().record(step, recorder)
        return replace(self.fork.origin.records[step.position], text=shown_text(step))

    @property
    def context(self) -> Context:
        """Return what the model reads before the reply."""
        return self.messages if self.free_text is None else self.free_text


def shown_text(step: Step) -> str:
    """Return what a step adds to the text on the screen."""
    return "" if step.special else safe(step.text).replace("\t", _TAB)


class ForkListener(HistoryListener):
    """This listener keeps the trace of the tokens before the fork as it was."""

    def __init__(self, history: History, question: int, turn: Turn, settings: ReplySettings, fork: Fork) -> None:
        super().__init__(history, question, turn, settings)
        self._fork = fork
        self._before: list[StoredStep] = []

    def started(self, backend: Backend) -> None:
        super().started(backend)
        if self._fork.origin.stored is not None and self._fork.at and not self._fork.by:
            try:
                trace = self._history.trace(self._fork.origin.stored)
            except GenchatError:  # what was kept there cannot be read, so it cannot be copied either
                trace = None
            self._before = [] if trace is None else trace[: self._fork.at]

    def received(self, event: Event) -> None:
        if isinstance(event, Step) and event.position < len(self._before):
            event = replace(self._before[event.position], text=event.text)
        super().received(event)


def known_tokens(turn: Turn, count: int) -> tuple[int, ...]:
    """Return the ids of the first `count` tokens of a turn.

    Raises UsageError where they are those of another model, or are not known.
    """
    if turn.opinion is not None:
        raise UsageError("fork_opinion", by=turn.opinion.by)
    tokens = [record.token for record in turn.records[:count]]
    known = tuple(token for token in tokens if token is not None)
    if len(known) < len(tokens):
        raise UsageError("fork_without_tokens", name=turn.speaker)
    return known


def forkable(backend: Backend, turn: Turn, context: Context, checksum: str = "") -> "tuple[LocalBackend, Context]":
    """Return the model of this machine that wrote `turn`, and what it read before.

    Raises UsageError where that is not possible, with what can be done instead.
    """
    from genchat.engine.contract import AnswersFromDocuments
    from genchat.engine.local_backend import local_backend_of

    local = local_backend_of(backend)
    if local is None:
        raise UsageError("fork_remote" if backend.capabilities.remote else "fork_without_model", name=turn.speaker)
    if checksum and checksum != local.info.checksum:
        raise UsageError("fork_changed_model", name=turn.speaker)
    if not isinstance(backend, AnswersFromDocuments) or turn.passages is None:
        return local, context
    sent = backend.prompt(context) if isinstance(context, tuple) and isinstance(backend, _ShowsPrompt) else None
    if sent is None:
        raise UsageError("fork_documents", name=turn.speaker)
    return local, tuple(sent)


def check_room(local: "LocalBackend", count: int) -> None:
    """Raise UsageError where a model cannot read so many tokens at once."""
    length = local.info.context_length
    if length is not None and count > length:
        raise UsageError("fork_too_long", tokens=count, limit=length)
