"""What the bench works on: the distribution of one token, whole from the open model, or as far as it was stored."""

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from genchat.engine.contract import Backend, Cursor, HasLanguageModel, RendersPrompt
from genchat.engine.conversation import Message
from genchat.engine.distribution import FloatArray
from genchat.engine.sampling import Sampler, SamplingSettings
from genchat.engine.token_labels import Labels
from genchat.tui.chat.dialogue import Turn

if TYPE_CHECKING:
    from genchat.tui.chat.token_records import TokenRecord

_APART = 0.05  # nats between the stored and the computed value of one token, from which on they are not of one model


@dataclass(frozen=True)
class BenchSource:
    """The distribution at one place of a reply, and a sampler that stands there.

    log_probs: float32 [vocabulary], natural log. before: the tokens before it, as far as they are known. known: the
    number of candidates whose probability is known; None for all of them. rest: the probability of the others.
    """

    log_probs: FloatArray = field(repr=False)
    before: Sequence[int] = field(repr=False)
    sampler: Sampler = field(repr=False)
    labels: Labels = field(repr=False)
    known: int | None = None
    rest: float = 0.0
    changed: bool = False  # the open model gives other numbers than those that were stored
    cursor: Cursor | None = field(default=None, repr=False)  # of the open model, at this place


@dataclass(frozen=True)
class ModelQuestion:
    """The question for the whole distribution of token `index` of a reply; a worker thread answers it.

    `settings` are those of the tokens before it. `known` is what is known already of the token `known_index` before it,
    so that a reply that grows token by token is not read again each time.
    """

    turn: Turn
    index: int
    backend: Backend
    lock: threading.Lock
    prompt: tuple[Message, ...] | str
    settings: SamplingSettings
    known: BenchSource | None = None
    known_index: int = 0

    def answer(self) -> BenchSource | None:
        """Return the distribution, or None if this backend has no model that can be asked."""
        backend = self.backend
        if not isinstance(backend, HasLanguageModel):
            return None
        model = backend.model
        if isinstance(self.prompt, str):
            context = list(model.tokenizer.encode(self.prompt))
        elif isinstance(backend, RendersPrompt):
            context = list(backend.prompt(self.prompt).tokens)
        else:
            return None
        tokens = [record.token for record in self.turn.records[: self.index]]
        written = [token for token in tokens if token is not None]
        if len(written) != len(tokens):
            return None
        with self.lock:
            if self.known is not None and self.known.cursor is not None:
                sampler, cursor, at = self.known.sampler.fork(), self.known.cursor.fork(), self.known_index
                sampler.use(self.settings)
            else:
                sampler, at = Sampler(self.settings, model.tokenizer), 0
                if not sampler.remembers:
                    at = len(written)
                cursor = model.start([*context, *written[:at]])
            for position in range(at, len(written)):
                if sampler.remembers:
                    sampler.take(written[position], cursor.log_probs(), [*context, *written[:position]], position)
                cursor.advance(written[position])
            log_probs = cursor.log_probs()
        before, labels = [*context, *written], Labels(model.tokenizer)
        return BenchSource(log_probs, before, sampler, labels, changed=self._apart(log_probs), cursor=cursor)

    def _apart(self, log_probs: FloatArray) -> bool:
        if self.index >= len(self.turn.records):
            return False
        record = self.turn.records[self.index]
        if record.token is None or record.log_prob is None:
            return False
        if not 0 <= record.token < len(log_probs):
            return True
        return not math.isclose(float(log_probs[record.token]), record.log_prob, abs_tol=_APART, rel_tol=0.01)


def stored_source(record: "TokenRecord", before: Sequence[int], settings: SamplingSettings) -> BenchSource | None:
    """Return the distribution as far as a record holds it; None if it holds nothing.

    What the other tokens share is spread evenly over them: of all that fits, the least is assumed. Where the size of
    the vocabulary is not known either, one token that stands for all others takes it.
    """
    candidates = record.candidates
    if candidates is None or not len(candidates.tokens):
        return None
    size = record.vocabulary_size or int(candidates.tokens.max()) + 2
    raw = candidates.raw.astype(np.float64)
    rest = max(1.0 - float(raw.sum()), 0.0)
    others = size - len(candidates.tokens)
    whole = np.zeros(size, dtype=np.float64)
    if record.vocabulary_size is None:
        whole[-1], others = rest, 1
    elif others:
        whole += rest / others
    whole[candidates.tokens] = raw
    with np.errstate(divide="ignore"):
        log_probs = np.log(whole / whole.sum()).astype(np.float32)
    known = None if not others or rest < 1e-6 else len(candidates.tokens)
    return BenchSource(log_probs, before, Sampler(settings), record.labels, known, rest)
