"""A request to look inside the model that wrote a reply: what it computed before one of the reply's tokens."""

import threading
from dataclasses import dataclass

from genchat.engine.contract import Backend, Passages
from genchat.engine.conversation import Message
from genchat.engine.errors import UsageError
from genchat.engine.inside import InsideData, ShowsInside
from genchat.engine.token_labels import Labels
from genchat.tui.chat.dialogue import Turn
from genchat.tui.chat.session import Session


@dataclass(frozen=True)
class Inside:
    """What came back: the data, and the labels and the family of the model that it is of."""

    data: InsideData | None
    labels: Labels
    family: str
    model: str


@dataclass(frozen=True)
class InsideRequest:
    """The request is for what was computed before token `index` of `turn`."""

    session: Session
    turn: Turn
    index: int

    @property
    def label(self) -> str:
        """Return the name of the token."""
        return self.turn.records[self.index].label

    @property
    def passages(self) -> Passages | None:
        """Return the passages that the reply is based on."""
        return self.turn.passages

    @property
    def model(self) -> str:
        """Return the name of the model whose tokens these are."""
        return self.turn.speaker if self.turn.opinion is None else self.turn.opinion.by

    def ask(self) -> Inside:
        """Ask the model, which is opened if it is not open. Call this in a worker thread.

        Raises what opening raises, and UsageError where the tokens of the reply are not known.
        """
        backend, lock = self._backend()
        info = backend.info
        records = self.turn.records[: self.index + 1]
        tokens = [record.token for record in records if record.token is not None]
        data = None
        if isinstance(backend, ShowsInside) and not backend.capabilities.remote:
            if len(tokens) < len(records):
                raise UsageError("inside_unknown_tokens", name=info.name)
            with lock:
                data = backend.look_inside(self._prompt(), tokens[:-1], tokens[-1])
        return Inside(data, Labels(backend.tokenizer), info.family, info.name)

    def _prompt(self) -> tuple[Message, ...] | str:
        return self.session.prompt_of(self.turn)

    def _backend(self) -> tuple[Backend, threading.Lock]:
        pool = self.session.pool
        made = pool.made_by(self.model)
        if made is None:
            name = self.model if self.turn.opinion is not None else self.turn.backend or self.model
            made = name, pool.open(name, self.session.progress)
        return made[1], pool.model_lock(made[0])
