"""The controller of the person's own messages: it has their tokens scored, and rewrites one at a token."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from textual.worker import get_current_worker

from genchat.engine.conversation import Message, Role
from genchat.engine.errors import GenchatError, UsageError
from genchat.engine.language import say
from genchat.engine.plugins.guard import reason_of
from genchat.engine.text import safe, safe_line
from genchat.tui.chat.dialogue import Turn
from genchat.tui.chat.host import Host
from genchat.tui.chat.messages import QuestionScored
from genchat.tui.chat.session import Session
from genchat.tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from genchat.tui.chat.question_tokens import QuestionTokens


class Questions:
    """This controller knows what a model thinks of a message of the person."""

    def __init__(
        self,
        session: Session,
        host: Host,
        transcript: Transcript,
        edit: Callable[[Turn, str], object],
        resume: Callable[[Turn, str], object],
    ) -> None:
        """`edit` begins another version of a message with a text; `resume` lets the model continue a text instead."""
        self._session, self._host, self._transcript, self._edit = session, host, transcript, edit
        self._continue = resume
        self._first: Turn | None = None  # a text that was laid down is read from its beginning
        self._sources: WeakKeyDictionary[Turn, QuestionTokens] = WeakKeyDictionary()

    def lay_down(self, text: str) -> None:
        """Begin a free text with `text` and have it scored; the model writes nothing."""
        self._session.begin()
        self._session.set_free_text(True)
        self._first = self._session.dialogue.append(Turn(Role.USER, text, free_text=True))
        self.want(self._first)

    def want(self, turn: Turn) -> None:
        """Have the tokens of a message scored by the model that answered it, or by the one in use."""
        session = self._session
        answer = turn.children[turn.shown_child] if turn.children else None
        name = session.model if answer is None or not answer.backend else answer.backend
        speaker = "" if answer is None else answer.speaker
        messages = None if turn.free_text else (*session.dialogue.messages_before(turn), _as_message(turn))
        self._host.note(say("fork.question.asked", name=safe_line(speaker or name)))
        self._host.work(partial(self._score, turn, name, speaker, messages), "question", exclusive=True)

    def _score(self, turn: Turn, name: str, speaker: str, messages: tuple[Message, ...] | None) -> None:
        from genchat.engine.local_backend import local_backend_of
        from genchat.tui.chat.question_tokens import QuestionTokens

        worker, pool = get_current_worker(), self._session.pool
        try:
            opened = pool.made_by(speaker)
            name, backend = opened if opened is not None else (name, pool.open(name, self._session.progress))
            local = local_backend_of(backend)
            if local is None:
                raise UsageError("fork_remote" if backend.capabilities.remote else "fork_without_model", name=name)
            tokens = QuestionTokens(local, pool.model_lock(name), turn.text, messages)
            found = QuestionScored(turn, tokens.records(lambda: worker.is_cancelled))
            self._sources[turn] = tokens
        except GenchatError as problem:
            found = QuestionScored(turn, [], safe(str(problem)))
        except Exception as problem:  # a model of another author may raise anything
            found = QuestionScored(turn, [], say("tui.reply_failed", reason=reason_of(problem)))
        self._host.post(found)

    def scored(self, message: QuestionScored) -> None:
        """Show the tokens of the message, or say why there are none."""
        turn = message.turn
        if message.error:
            self._host.note(message.error, error=True)
        elif message.records and turn in self._session.dialogue.path:
            turn.records = message.records
            self._transcript.lay_out_again(turn)
            self._transcript.select(turn, 0 if turn is self._first else len(turn.records) - 1)

    def type_text(self, turn: Turn, index: int) -> None:
        """Ask for a text to stand in place of a token of the message."""
        from genchat.tui.chat.typed_text import TypedText
        from genchat.tui.screens.type_token import TypeScreen

        source = self._sources.get(turn)
        if source is None:
            return
        before = [record.token for record in turn.records[:index]]
        known = (*source.context(), *(token for token in before if token is not None))
        typed = TypedText(source.backend, source.lock, known)

        def chosen(text: str | None) -> None:
            if text is not None:
                self.rewrite(turn, index, typed.tokens(text))

        self._host.ask(TypeScreen(turn.records[index].label, typed), chosen)

    def rewrite(self, turn: Turn, index: int, taken: Sequence[int]) -> None:
        """Begin another version of a message, with `taken` in place of its token `index`; the person sends it.

        A free text ends with what was taken, and the model continues it at once.
        """
        tokens = [record.token for record in turn.records]
        after = [] if turn.free_text else tokens[index + 1 :]
        changed = [token for token in (*tokens[:index], *taken, *after) if token is not None]
        text = turn.records[index].labels.plain(changed)
        if turn.free_text:
            self._continue(turn, text)
        else:
            self._edit(turn, text)
            self._host.note(say("fork.question.edit"))


def _as_message(turn: Turn) -> Message:
    return Message(turn.role, turn.text, turn.data)
