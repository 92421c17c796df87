"""The part of the chat screen that deals with what a person may want of a reply that is there: the same question
without documents, a second opinion on it, or to know when asking again is of use.
"""

import time
from functools import partial
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.timer import Timer
from textual.worker import get_current_worker

from genchat.engine.errors import GenchatError
from genchat.engine.language import say
from genchat.engine.redaction import redact
from genchat.engine.text import safe, safe_line
from genchat.tui.chat.dialogue import Turn
from genchat.tui.chat.messages import OpinionArrived
from genchat.tui.keys import bind
from genchat.tui.screens.model_choosing import ModelChoosingScreen
from genchat.tui.widgets.transcript import Transcript


class AfterwardsScreen(ModelChoosingScreen):
    """Base of the chat screen, which makes the transcript and knows how to answer."""

    transcript: Transcript
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("ctrl+d", "without_documents", "without_documents", show=True, priority=True),
        bind("o", "opinion", "opinion", show=True),
    ]
    _countdown: Timer | None = None

    def answer(self, question: Turn, *, with_documents: bool = True) -> None:
        """Begin a reply."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """See textual's; the chat screen asks here for what it does not know."""
        match action:
            case "without_documents":
                reply = self.session.dialogue.last_reply
                return self.session.live is None and reply is not None and (reply.abstained or bool(reply.passages))
            case "opinion":
                return self._opinion_target() is not None
        return True

    # -- without documents --------------------------------------------------------------------------------------

    def action_without_documents(self) -> None:
        """The last question once more, answered without the documents; the reply from them stays as a version."""
        question = self.session.dialogue.last_question
        if question is not None:
            self.answer(question, with_documents=False)

    # -- a second opinion ---------------------------------------------------------------------------------------

    def _opinion_target(self) -> Turn | None:
        """The reply under the cursor, or the last one, if it came without probabilities or shows an opinion."""
        cursor = self.transcript.cursor
        turn = cursor[0] if cursor is not None else self.session.dialogue.last_reply
        if turn is None or turn.status.running or not turn.text.strip():
            return None
        return turn if turn.opinion is not None or all(record.kind == "none" for record in turn.records) else None

    def action_opinion(self) -> None:
        """What a model of this machine thinks of the reply; once more: the reply's own tokens again."""
        turn = self._opinion_target()
        if turn is None:
            return
        if turn.opinion is not None:
            turn.show_own()
            self._show_opinion(turn)
            return
        self.note(say("tui.opinion.asked", name=safe_line(self.session.local_model())))
        self.run_worker(partial(self._form_opinion, turn), thread=True, exit_on_error=False, group="opinion")

    def _form_opinion(self, turn: Turn) -> None:
        from genchat.tui.chat.opinions import OpinionRequest

        worker = get_current_worker()
        name = self.session.local_model()
        messages = tuple(self.session.dialogue.messages_before(turn))
        try:
            backend = self.session.desk.open(name, self.load_progress)
            request = OpinionRequest(turn, messages, backend, self.session.desk.model_lock(name))
            records = request.ask(lambda: worker.is_cancelled)
        except GenchatError as error:
            self.post_message(OpinionArrived(turn, None, [], safe(str(error))))
        except Exception as error:
            reason = safe(f"{type(error).__name__}: {error}")
            self.post_message(OpinionArrived(turn, None, [], say("tui.reply_failed", reason=reason)))
        else:
            self.post_message(OpinionArrived(turn, backend, records))

    @on(OpinionArrived)
    def _opinion_arrived(self, message: OpinionArrived) -> None:
        if message.backend is None:
            self.note(message.error, error=True)
        elif message.records:
            by = message.backend.info
            message.turn.show_opinion(message.records, by.name, by.family)
            self._show_opinion(message.turn)

    def _show_opinion(self, turn: Turn) -> None:
        self.transcript.show(self.session.dialogue.path)
        self.inspector.token = None
        self.inspector.open(turn, len(turn.records) - 1)
        self.refresh_bindings()

    # -- keys ---------------------------------------------------------------------------------------------------

    def warn_of_keys(self, text: str) -> None:
        """Say so where a message holds what looks like a key: it is kept without it, but the model reads it."""
        if redact(text) != text:
            self.note(say("tui.key_pasted"), error=True)

    # -- waiting ------------------------------------------------------------------------------------------------

    def reply_ended(self, turn: Turn) -> None:
        """Count down to when the service will answer again, if it said when."""
        if self._countdown is not None:
            self._countdown.stop()
            self._countdown = None
        if turn.retry_at is not None:
            self._countdown = self.set_interval(1.0, partial(self._count_down, turn))

    def _count_down(self, turn: Turn) -> None:
        self.transcript.refresh_turn(turn)
        if self._countdown is not None and (turn.retry_at is None or turn.retry_at <= time.monotonic()):
            self._countdown.stop()
            self._countdown = None
