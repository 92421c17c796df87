"""What several models expect at one token of a reply: asked in worker threads, a model at a time, and kept."""

import threading
from dataclasses import dataclass, field

from genchat.engine.comparing.next_bytes import Bytes, FirstBytes
from genchat.engine.comparing.places import Expected, Place, place
from genchat.engine.comparing.pricing import Price, price
from genchat.engine.errors import UsageError
from genchat.engine.local_backend import LocalBackend, local_backend_of
from genchat.tui.chat.dialogue import Turn, shown
from genchat.tui.chat.fork_request import known_tokens
from genchat.tui.chat.session import Session

LEAST, MOST = 2, 4  # models side by side
_NOT_LOCAL = ("gemini", "documents")


@dataclass(frozen=True)
class Column:
    """What one model says at token `index`: `bits` are those of the token that stands there, in its own terms."""

    name: str
    model: str
    family: str
    index: int
    expected: tuple[Expected, ...]
    next_bytes: Bytes = field(repr=False)
    price: Price = field(repr=False)
    bits: float = 0.0
    before: tuple[int, ...] = field(default=(), repr=False)  # the reply up to here, in its tokens


@dataclass(frozen=True)
class _Opened:
    local: LocalBackend
    first_bytes: FirstBytes
    price: Price
    context: tuple[int, ...]


class ColumnsRequest:
    """The questions about one reply. `column` may be called by any worker thread; a model works for one at a time."""

    def __init__(self, session: Session, turn: Turn) -> None:
        self.session, self.turn = session, turn
        self._opened: dict[str, _Opened] = {}
        self._places: dict[tuple[str, int], Place] = {}
        self._lock = threading.Lock()
        self.text = turn.text
        self._offsets = _offsets(turn)

    @property
    def writer(self) -> str:
        """Return the name by which the model that wrote the reply is opened."""
        made = self.session.pool.made_by(self.turn.speaker)
        return made[0] if made is not None else self.turn.backend or self.turn.speaker

    def others(self) -> list[str]:
        """Return the names of the local models that may be put beside it, those that are open first."""
        listed = [
            each for each in self.session.listings if not each.problem and each.family not in ("gemini", "documents")
        ]
        names = [each.name for each in listed if each.name != self.writer]
        return sorted(names, key=lambda name: self.session.pool.ready(name) is None)

    def span(self, index: int) -> tuple[int, int]:
        """Return where token `index` stands in the bytes of the reply."""
        return self._offsets[index], self._offsets[index + 1]

    def column(self, name: str, index: int) -> Column:
        """Ask a model, which is opened if need be. Raises GenchatError."""
        opened = self._open(name)
        model = opened.local.model
        start, end = self.span(index)
        own = model.info.name == self.turn.speaker and self.turn.opinion is None
        before = known_tokens(self.turn, index) if own else tuple(model.tokenizer.encode(self._text_before(start)))
        key = (name, index)
        with self._lock:
            found = self._places.get(key)
        if found is None:
            with self.session.pool.model_lock(name):
                found = place(model, [*opened.context, *before], opened.first_bytes)
            with self._lock:
                self._places[key] = found
        return Column(
            name,
            model.info.name,
            model.info.family,
            index,
            found.expected,
            found.next_bytes,
            opened.price,
            opened.price.between(start, end),
            before,
        )

    def _text_before(self, start: int) -> str:
        return self.text.encode()[:start].decode(errors="ignore")

    def _open(self, name: str) -> _Opened:
        with self._lock:
            if name in self._opened:
                return self._opened[name]
        backend = self.session.pool.open(name, self.session.progress)
        local = local_backend_of(backend)
        if local is None:
            raise UsageError("cannot_score", backend=name)
        asked = self.session.prompt_of(self.turn)
        context = (local.text_prompt(asked) if isinstance(asked, str) else local.prompt(asked)).tokens
        with self.session.pool.model_lock(name):
            first = FirstBytes.of(local.model.tokenizer, local.model.info.vocabulary_size)
            opened = _Opened(local, first, price(local.model, self.text, context), tuple(context))
        with self._lock:
            self._opened[name] = opened
        return opened


def _offsets(turn: Turn) -> list[int]:
    """Where each token of a reply begins in the bytes of its text, and where the last one ends."""
    offsets, at, seen = [0], 0, 0
    text = turn.text
    for record in turn.records:
        seen += len(record.text)
        while at < len(text) and len(shown(text[:at])) < seen:
            at += 1
        offsets.append(len(text[:at].encode()))
    return offsets
