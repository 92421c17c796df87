"""Between the dialogue on the screen and the history on disk: what is said is kept, what was kept is said again.

Nothing here may end a reply: what cannot be kept becomes a note beside it.
"""

from genchat.engine.contract import Backend, Event, ReplySettings
from genchat.engine.conversation import Role
from genchat.engine.errors import GenchatError
from genchat.engine.history.protocol import History, ReplyRecorder
from genchat.engine.history.records import Conversation, FinalStatus, RunStart, StoredMessage
from genchat.engine.language import say
from genchat.engine.text import safe
from genchat.tui.chat.dialogue import Dialogue, Status, Turn
from genchat.tui.chat.reply_stream import ReplyListener, take_notice

_FINAL: dict[Status, FinalStatus] = {
    Status.STOPPED: "stopped",
    Status.ERROR: "error",
}
_STATUS_OF_FINISH = {"length": Status.LENGTH, "blocked": Status.BLOCKED, "cut": Status.CUT}


class Keeper:
    """Keeps one conversation."""

    def __init__(self, history: History, free_text: bool = False, conversation: Conversation | None = None) -> None:
        self._history = history
        self.conversation = conversation or history.new_conversation("text" if free_text else "chat")
        self._stored: dict[int, StoredMessage] = {}

    def keep_question(self, turn: Turn, parent: Turn | None) -> None:
        """Write what the person said."""
        try:
            under = None if parent is None else parent.stored
            stored = self._history.add_message(self.conversation, Role.USER, turn.text, under)
        except GenchatError as problem:
            turn.notes.append(_unkept(problem))
            return
        turn.stored = stored.id
        self._stored[stored.id] = stored

    def listener(self, turn: Turn, question: Turn | None, settings: ReplySettings) -> ReplyListener:
        """What records the reply `turn` to `question` from the worker thread."""
        stored = None if question is None or question.stored is None else self._stored.get(question.stored)
        if question is not None and question.stored is not None and stored is None:
            stored = self._history.message(question.stored)
        return ReplyListener() if stored is None else _Recording(self._history, stored, turn, settings)

    def show(self, turn: Turn) -> None:
        """Remember which branch is shown."""
        if turn.stored is not None:
            try:
                self._history.show(turn.stored)
            except GenchatError as problem:
                turn.notes.append(_unkept(problem))


class _Recording(ReplyListener):
    """Passes a reply on to the history's recorder."""

    def __init__(self, history: History, question: StoredMessage, turn: Turn, settings: ReplySettings) -> None:
        self._history = history
        self._question = question
        self._turn = turn
        self._settings = settings
        self._recorder: ReplyRecorder | None = None

    def started(self, backend: Backend) -> None:
        try:
            self._recorder = self._history.begin_reply(self._question, RunStart.of(backend, self._settings))
            self._turn.stored = self._recorder.message.id
        except GenchatError as problem:
            self._turn.notes.append(_unkept(problem))

    def heard(self, event: Event) -> None:
        if self._recorder is not None:
            self._recorder.add(event)

    def ended(self, status: Status, error: str) -> None:
        if self._recorder is not None:
            try:
                self._recorder.finish(_FINAL.get(status), error)
            except GenchatError as problem:
                self._turn.notes.append(_unkept(problem))


def _unkept(problem: Exception) -> str:
    return say("tui.not_kept", reason=safe(str(problem)))


def load_dialogue(history: History, name: str) -> tuple[Dialogue, Conversation]:
    """A conversation with all its branches; the shown one with its tokens. May take a while: for a worker thread."""
    conversation = history.conversation(name)
    dialogue = Dialogue(conversation.title, conversation.id)
    turns: dict[int, Turn] = {}
    for message in history.tree(conversation.id):
        turn = _turn_of(message, conversation)
        parent = None if message.parent is None else turns.get(message.parent)
        turns[message.id] = dialogue.add(turn, parent)
    for message in history.shown(conversation.id):
        turn = turns[message.id]
        if turn.parent is not None:
            turn.parent.shown_child = turn.parent.children.index(turn)
        recall(history, turn)
    return dialogue, conversation


def _turn_of(message: StoredMessage, conversation: Conversation) -> Turn:
    return Turn(
        message.role,
        message.text,
        status=Status(message.status),
        stored=message.id,
        data=message.data,
        free_text=conversation.kind == "text",
        recalled=message.role is not Role.ASSISTANT,
    )


def recall(history: History, turn: Turn) -> None:
    """Fill in what is known of a stored reply: who wrote it, how, its tokens, its sources. Once is enough."""
    if turn.recalled or turn.stored is None:
        return
    turn.recalled = True
    run = history.run(turn.stored)
    if run is not None:
        turn.speaker, turn.backend, turn.family = run.model, run.model, run.family
        turn.settings = run.reply_settings()
        turn.error = safe(run.error)
        for notice in run.notices:
            take_notice(turn, notice)
        if turn.status is Status.DONE and run.finish_reason is not None:
            turn.status = _STATUS_OF_FINISH.get(run.finish_reason, turn.status)
    trace = history.trace(turn.stored)
    if trace is not None:
        from genchat.tui.chat.token_records import Recorder

        recorder = Recorder(trace.vocabulary)
        turn.records = [recorder.record(step) for step in trace]
    turn.passages = history.passages(turn.stored)
