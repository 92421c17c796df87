"""Stores a one-shot prompt and its reply in the history, in the conversation that they belong to."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from genchat.engine.contract import Backend, Event, ReplySettings
from genchat.engine.conversation import Message, Role
from genchat.engine.errors import GenchatError, HistoryError, UsageError
from genchat.engine.history.protocol import History
from genchat.engine.history.records import Conversation, RunStart, StoredMessage
from genchat.engine.language import say
from genchat.tui.cli.command_context import CommandContext

OnEvent = Callable[[Event], None]


class Thread:
    """A thread is the conversation that a prompt continues; without a history, the prompt stands alone."""

    def __init__(
        self, history: History | None = None, conversation: Conversation | None = None, *, writes: bool = False
    ) -> None:
        self._history = history
        self._conversation = conversation
        self._writes = writes
        self.past: tuple[StoredMessage, ...] = ()
        self.system = "" if conversation is None else conversation.system
        if history is not None and conversation is not None:
            self.past = history.shown(conversation.id)

    @property
    def id(self) -> str | None:
        """Return the id of the conversation that the reply is stored in."""
        return self._conversation.id if self._writes and self._conversation is not None else None

    def messages(self, prompt: str) -> list[Message]:
        """Return what the backend reads: the system prompt, the earlier messages and the prompt."""
        told = [Message(Role.SYSTEM, self.system)] if self.system else []
        return [*told, *(message.as_message() for message in self.past), Message(Role.USER, prompt)]

    def tell(self, system: str) -> None:
        """Set the system prompt, from this prompt on. Raises HistoryError."""
        self.system = system
        if self._writes and self._history is not None and self._conversation is not None:
            self._conversation = self._history.set_system(self._conversation, system)

    def model_before(self) -> str | None:
        """Return the model that gave the last reply."""
        if self._history is not None:
            for message in reversed(self.past):
                run = self._history.run(message.id)
                if run is not None:
                    return run.model
        return None

    @contextmanager
    def keep(self, prompt: str, backend: Backend, settings: ReplySettings) -> Iterator[OnEvent]:
        """Store every event of a reply while the block runs; however the block ends, what was written stays."""
        if not self._writes or self._history is None or self._conversation is None:
            yield lambda event: None
            return
        parent = self.past[-1].id if self.past else None
        question = self._history.add_message(self._conversation, Role.USER, prompt, parent)
        recorder = self._history.begin_reply(question, RunStart.of(backend, settings, system=self.system))
        try:
            yield recorder.add
        except GenchatError as error:
            recorder.finish("error", str(error))
            raise
        except BaseException:
            recorder.finish("stopped")
            raise
        recorder.finish()
        if recorder.problem is not None:
            raise recorder.problem


@contextmanager
def thread_for(context: CommandContext, *, latest: bool, name: str | None, keep: bool) -> Iterator[Thread]:
    """Yield the conversation to add to: the one named, the latest, or a new one.

    A history that cannot be opened is reported on stderr and the prompt is answered all the same, unless a conversation
    of it was asked for. Raises UsageError where there is nothing to continue.
    """
    continues = latest or name is not None
    if not keep and not continues:
        yield Thread()
        return
    try:
        history = context.open_history()
    except HistoryError as error:
        if continues:
            raise
        context.output.note(say("cli.prompt.not_kept", reason=error), "warn")
        yield Thread()
        return
    try:
        for notice in history.notices:
            context.output.note(say(notice.key, **dict(notice.values)), "warn")
        conversation = conversation_asked(history, latest=latest, name=name)
        yield Thread(history, conversation or history.new_conversation(), writes=keep)
    finally:
        history.close()


def conversation_asked(history: History, *, latest: bool, name: str | None, texts: bool = False) -> Conversation | None:
    """Return the conversation named, or the latest chat (with `texts`, a free text too), or None if neither was asked
    for.

    Raises HistoryError for an unknown name, UsageError where there is no conversation yet.
    """
    if name is not None:
        return history.conversation(name)
    if not latest:
        return None
    newest = next((each for each in history.conversations() if texts or each.kind == "chat"), None)
    if newest is None:
        raise UsageError("no_conversation_yet")
    return newest
