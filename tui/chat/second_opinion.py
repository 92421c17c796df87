"""The controller of the second opinion: another model of this machine prices a reply, whose tokens are then its own."""

from functools import partial

from textual.worker import get_current_worker

from genchat.engine.conversation import Role
from genchat.engine.errors import GenchatError
from genchat.engine.language import say
from genchat.engine.text import safe, safe_line
from genchat.tui.chat.dialogue import Turn
from genchat.tui.chat.host import Host
from genchat.tui.chat.inspector import Inspector
from genchat.tui.chat.messages import OpinionArrived
from genchat.tui.chat.services import ModelListing
from genchat.tui.chat.session import Session
from genchat.tui.widgets.transcript import Transcript

_NOT_LOCAL = ("gemini", "documents")


class SecondOpinion:
    """This controller scores the reply under the cursor, or the last one, with another model."""

    def __init__(self, session: Session, host: Host, transcript: Transcript, inspector: Inspector) -> None:
        self._session = session
        self._host = host
        self._transcript = transcript
        self._inspector = inspector
        self._last = ""  # the model that was asked last

    @property
    def target(self) -> Turn | None:
        """Return the reply to score, or the one that shows an opinion."""
        cursor = self._transcript.cursor
        turn = cursor[0] if cursor is not None else self._session.dialogue.last_reply
        if turn is None or turn.status.running or not turn.text.strip():
            return None
        return turn if turn.role is Role.ASSISTANT else None

    def choices(self, turn: Turn) -> list[ModelListing]:
        """Return the models that can be asked about a reply: those of this machine, but for the one that wrote it."""
        return [
            each
            for each in self._session.listings
            if not each.problem and each.family not in _NOT_LOCAL and each.name not in (turn.backend, turn.speaker)
        ]

    def toggle(self) -> None:
        """Show how a local model scores the reply, which is asked for where there are several; a second call shows the
        reply's own tokens again.
        """
        turn = self.target
        if turn is None:
            return
        if turn.opinion is not None:
            turn.show_own_records()
            self._show(turn)
            return
        choices = self.choices(turn)
        if len(choices) > 1:
            from genchat.tui.screens.models import ModelsScreen

            self._host.ask(
                ModelsScreen(choices, self._last or self._session.local_model()), partial(self._chosen, turn)
            )
        else:
            self._chosen(turn, choices[0].name if choices else self._session.local_model())

    def _chosen(self, turn: Turn, name: str | None) -> None:
        if name is None:
            return
        self._last = name
        self._host.note(say("tui.opinion.asked", name=safe_line(name)))
        self._host.work(partial(self._form, turn, name), "opinion")

    def _form(self, turn: Turn, name: str) -> None:
        from genchat.tui.chat.opinion_request import OpinionRequest

        worker = get_current_worker()
        pool = self._session.pool
        messages = tuple(self._session.dialogue.messages_before(turn))
        try:
            backend = pool.open(name, self._session.progress)
            request = OpinionRequest(turn, messages, backend, pool.model_lock(name))
            records = request.ask(lambda: worker.is_cancelled)
        except GenchatError as error:
            self._host.post(OpinionArrived(turn, None, [], safe(str(error))))
        except Exception as error:
            reason = safe(f"{type(error).__name__}: {error}")
            self._host.post(OpinionArrived(turn, None, [], say("tui.reply_failed", reason=reason)))
        else:
            self._host.post(OpinionArrived(turn, backend, records))

    def arrived(self, message: OpinionArrived) -> None:
        """Show the opinion, or say why there is none."""
        if message.backend is None:
            self._host.note(message.error, error=True)
        elif message.records:
            by = message.backend.info
            message.turn.show_opinion(message.records, by.name, by.family)
            self._show(message.turn)

    def _show(self, turn: Turn) -> None:
        self._transcript.show(self._session.dialogue.path)
        self._inspector.token = None
        self._inspector.open(turn, len(turn.records) - 1)
        self._host.keys_changed()
