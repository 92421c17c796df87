"""The controller of the open token: it fills panel, strip and surprise line, and asks the model why."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from genchat.engine.conversation import Role
from genchat.engine.errors import GenchatError
from genchat.engine.language import say
from genchat.engine.plugins.guard import reason_of
from genchat.engine.text import safe, safe_line
from genchat.tui.chat.dialogue import Turn
from genchat.tui.chat.evidence_requests import DEBOUNCE, EvidenceRequests, Question
from genchat.tui.chat.host import Host
from genchat.tui.chat.messages import EvidenceArrived, WriterOpened
from genchat.tui.chat.session import Session
from genchat.tui.widgets.panel import CandidateStrip, Panel
from genchat.tui.widgets.surprise import SurpriseLine

if TYPE_CHECKING:
    from genchat.tui.chat.token_records import TokenRecord


class Inspector:
    """The inspector holds one open token. While `following`, that is the newest token of the newest reply."""

    def __init__(
        self,
        session: Session,
        host: Host,
        panel: Panel,
        strip: CandidateStrip,
        surprise: SurpriseLine,
    ) -> None:
        self._session = session
        self._host = host
        self._panel, self._strip, self._surprise = panel, strip, surprise
        self._requests = EvidenceRequests(lambda question: host.work(partial(self._explain, question), "evidence"))
        self.token: tuple[Turn, int] | None = None
        self.following = True
        self.watch: Callable[[Turn | None, int], object] = lambda turn, index: None  # hears which token is open

    @property
    def has_focus(self) -> bool:
        """Return whether the keys go to the candidates."""
        return self._panel.has_focus or self._strip.has_focus

    def clear(self) -> None:
        """Close the token, because another conversation is shown."""
        self._requests.forget()
        self.token = None
        self.following = True
        backend = self._session.backend
        self._panel.show(None, 0, backend.capabilities if backend is not None else None)
        self._strip.show(None, 0)
        self._surprise.show(None, 0)
        self.watch(None, -1)

    def forget(self) -> None:
        """Ask again why, because tokens have changed where they stood."""
        self._requests.forget()
        self._panel.forget_evidence()

    def divided_anew(self, turn: Turn) -> None:
        """Forget what is known of the tokens of `turn`, because it is divided into others now."""
        self._surprise.show(None, 0)
        if self.token is not None and self.token[0] is turn:
            self.forget()
            self.token = None

    def follow(self, turn: Turn | None) -> None:
        """Open the newest token of `turn` while it grows, and of one that is over the most surprising."""
        self.following = True
        if turn is not None:
            self.open(turn, len(turn.records) - 1 if turn.status.running else most_surprising(turn.records))

    def follow_last(self) -> None:
        """Follow the newest reply that is shown."""
        self.follow(self._session.dialogue.last_reply)

    def open(self, turn: Turn, index: int) -> None:
        """Show token `index` of `turn`; a negative index means that it has no tokens yet."""
        backend = self._session.backend_of(turn)
        capabilities = backend.capabilities if backend is not None else None
        self._panel.closed = self._closed(turn) and turn.role is Role.ASSISTANT and bool(turn.backend)
        self._panel.show(turn, max(index, 0), capabilities)
        self._strip.show(turn, max(index, 0))
        self._surprise.show(turn, max(index, 0))
        if index >= 0:
            self.token = (turn, index)
            self._want_evidence(turn, index)
        self.watch(turn, index)

    @property
    def needs_writer(self) -> bool:
        """Return whether the reply of the open token was written by a model that is not open, but can be."""
        turn = None if self.token is None else self.token[0]
        return turn is not None and turn.role is Role.ASSISTANT and bool(turn.backend) and self._closed(turn)

    def _closed(self, turn: Turn) -> bool:
        live = self._session.live
        return (live is None or live.turn is not turn) and self._session.backend_of(turn) is None

    def open_writer(self) -> None:
        """Open the model that wrote the reply; it says why when it is there."""
        if self.token is not None and self.needs_writer:
            turn = self.token[0]
            self._host.note(say("fork.opening", name=safe_line(turn.backend)))
            self._host.work(partial(self._open_writer, turn), "writer", exclusive=True)

    def _open_writer(self, turn: Turn) -> None:
        try:
            self._session.pool.open(turn.backend, self._session.progress)
        except GenchatError as problem:
            self._host.post(WriterOpened(turn, safe(str(problem))))
        except Exception as problem:  # a model of another author may raise anything
            self._host.post(WriterOpened(turn, reason_of(problem)))
        else:
            self._host.post(WriterOpened(turn))

    def writer_opened(self, message: WriterOpened) -> None:
        """Ask the model that is open now, or say why it is not."""
        turn = message.turn
        if message.problem:
            name = safe_line(turn.backend)
            self._host.note(say("tui.why.cannot_open", name=name, reason=message.problem), error=True)
        elif self._closed(turn):  # another model has that name today
            self._host.note(say("tui.why.other_model", name=safe_line(turn.speaker)), error=True)
        elif self.token is not None and self.token[0] is turn:
            self.forget()
            self.open(*self.token)

    def _want_evidence(self, turn: Turn, index: int) -> None:
        known, evidence = self._requests.known(turn, index)
        explainer = None if known else self._session.explainer(turn)
        if known:
            self._panel.show_evidence(turn, index, evidence)
        if explainer is None:
            self._requests.want(None)
            return
        backend, lock = explainer
        self._requests.want(Question(turn, index, backend, lock, self._session.prompt_of(turn)))
        self._poll_later()

    def _poll_later(self) -> None:
        self._host.later(1.05 * DEBOUNCE, self._poll)

    def _poll(self) -> None:
        """Ask the model why, if it is time."""
        self._requests.poll(self._session.live is not None)

    def _explain(self, question: Question) -> None:
        started = time.monotonic()
        try:
            evidence = question.ask()
        except Exception:  # a model that cannot say why is no reason to end anything
            evidence = None
        spent = time.monotonic() - started
        self._host.post(EvidenceArrived(question.turn, question.index, evidence, spent))

    def answered(self, message: EvidenceArrived) -> None:
        """Show the model's answer to the question why."""
        self._requests.answered(message.turn, message.index, message.evidence, message.seconds)
        if self.token is not None and self.token[0] is message.turn:
            self._panel.show_evidence(message.turn, message.index, message.evidence)
        self._poll_later()


def most_surprising(records: "Sequence[TokenRecord]") -> int:
    """Return the place of the token that the model found least likely, markers left out; -1 where there is none."""
    words = [index for index, record in enumerate(records) if not record.special] or range(len(records))
    return max(words, key=lambda index: (records[index].surprisal or 0.0, index), default=-1)
