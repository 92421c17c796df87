"""The controller that has several models answer one message in turn: their replies are versions of one another."""

from collections import deque
from collections.abc import Callable, Sequence

from genchat.engine.language import say
from genchat.engine.text import safe_line
from genchat.tui.chat.dialogue import Turn
from genchat.tui.chat.host import Host
from genchat.tui.chat.live_reply import LiveReply
from genchat.tui.chat.session import Session


class SeveralModels:
    """This controller has the next model answer when the one before has ended; `finished` receives all replies."""

    def __init__(
        self, session: Session, host: Host, reply: LiveReply, finished: Callable[[Sequence[Turn]], object]
    ) -> None:
        self._session, self._host, self._reply, self._finished = session, host, reply, finished
        self._waiting: deque[str] = deque()
        self._question: Turn | None = None
        self._replies: list[Turn] = []

    @property
    def busy(self) -> bool:
        """Return whether models are still to answer."""
        return self._question is not None

    def send(self, question: Turn, names: Sequence[str]) -> None:
        """Have these models answer a message."""
        self._question, self._replies = question, []
        self._waiting = deque(names)
        self._next()

    def ended(self) -> None:
        """Go on after a reply; one that was stopped by the person ends it all."""
        if self._question is None or self._session.live is not None:
            return
        if self._replies and self._replies[-1].status.value == "stopped":
            self._waiting.clear()
        self._next()

    def _next(self) -> None:
        question = self._question
        if question is None:
            return
        if not self._waiting or question not in self._session.dialogue.path:
            self._question, replies = None, self._replies
            if len(replies) > 1:
                self._finished(replies)
            return
        name = self._waiting.popleft()
        self._host.note(say("several.asking", name=safe_line(name), left=len(self._waiting)))
        self._reply.answer(question, with_documents=True, model=name)
        live = self._session.live
        if live is not None:
            self._replies.append(live.turn)
