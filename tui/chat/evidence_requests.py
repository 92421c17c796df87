"""Asks a model why it chose a token, without slowing it: one question at a time, the newest first, and while a reply is
being made never more than about a tenth of the time.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from genchat.engine.contract import Backend
from genchat.engine.conversation import Message
from genchat.engine.evidence import Evidence
from genchat.tui.chat.dialogue import Turn

DEBOUNCE = 0.08  # seconds a token must have been open before the question, unless a reply is running
_REMEMBERED = 256
_SHARE = 10  # a question that took t seconds is followed by a pause of 10 t while a reply runs


@dataclass(frozen=True)
class Question:
    """The question is why the model chose token `index` of `turn`."""

    turn: Turn
    index: int
    backend: Backend
    lock: threading.Lock
    prompt: tuple[Message, ...] | str

    def ask(self) -> Evidence | None:
        """Ask the model. This is called in a worker thread."""
        tokens = [record.token for record in self.turn.records[: self.index]]
        known = [token for token in tokens if token is not None]
        with self.lock:
            return self.backend.explain(self.prompt, known) if len(known) == len(tokens) else None


class EvidenceRequests:
    """This class decides which question is asked when."""

    def __init__(self, ask: Callable[[Question], object], clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._clock = clock
        self._known: OrderedDict[tuple[int, int], Evidence | None] = OrderedDict()
        self._waiting: Question | None = None
        self._asking: Question | None = None
        self._wanted_at = 0.0
        self._not_before = 0.0

    def known(self, turn: Turn, index: int) -> tuple[bool, Evidence | None]:
        """Return whether the answer has arrived, and the answer."""
        key = (id(turn), index)
        return key in self._known, self._known.get(key)

    def want(self, question: Question | None) -> None:
        """Make this the question to ask next; None cancels it."""
        self._waiting = question
        self._wanted_at = self._clock()

    def poll(self, streaming: bool) -> None:
        """Ask the waiting question if it is time."""
        if self._waiting is None or self._asking is not None:
            return
        # While a reply runs the newest token changes all the time, so waiting for it to rest would wait for ever.
        if self._clock() < (self._not_before if streaming else self._wanted_at + DEBOUNCE):
            return
        self._asking, self._waiting = self._waiting, None
        self._ask(self._asking)

    def answered(self, turn: Turn, index: int, evidence: Evidence | None, seconds: float) -> None:
        """Keep an answer that has arrived."""
        self._asking = None
        self._not_before = self._clock() + _SHARE * seconds
        self._known[(id(turn), index)] = evidence
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    def forget(self) -> None:
        """Drop all answers, because another conversation is shown."""
        self._known.clear()
        self._waiting = None
