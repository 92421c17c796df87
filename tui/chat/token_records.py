"""The record of one token on the screen: small, ready to paint, without the model's big arrays.

A step of a model with 50,000 tokens holds three arrays of that size. `Recorder.record` condenses it in the worker
thread to the candidates a person can look at; a small vocabulary is kept whole. Candidates are identified by
token id only, never by probability.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from genchat.engine.contract import Step
from genchat.engine.distribution import (
    LN2,
    ExactDistribution,
    FloatArray,
    IdArray,
    Kind,
    NoDistribution,
    TopKDistribution,
    top_ids,
)
from genchat.engine.history.records import StoredStep
from genchat.engine.sampling import Stage, StageName
from genchat.engine.text import safe
from genchat.engine.token_labels import Labels, Vocabulary

WHOLE_VOCABULARY = 512  # vocabularies up to this size are kept whole
KEPT_ROWS = 64
_TAB = "    "


@dataclass(frozen=True, slots=True)
class Row:
    """A row is one candidate.

    Probabilities go from 0 to 1; `drawn` is None if unknown, 0 if sampling removed the candidate.
    """

    token: int
    label: str
    rank: int
    raw: float
    drawn: float | None
    cut_by: StageName | None = None


@dataclass(frozen=True, slots=True)
class Candidates:
    """The stored part of a distribution, likeliest first, is held in parallel arrays with one entry for each token."""

    tokens: IdArray
    ranks: IdArray
    raw: FloatArray  # probabilities
    drawn: FloatArray | None
    cut: NDArray[np.uint8] | None = (
        None  # which of `stages` cut each, counted from 1; 0 for none. None: nothing was cut
    )
    stages: tuple[StageName, ...] = ()

    def row(self, index: int, labels: Labels) -> Row:
        token = int(self.tokens[index])
        return Row(
            token,
            labels(token),
            int(self.ranks[index]),
            float(self.raw[index]),
            None if self.drawn is None else float(self.drawn[index]),
            None if self.cut is None or not self.cut[index] else self.stages[self.cut[index] - 1],
        )


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """A record describes one token of a reply. `log_prob` is natural; entropies are in bits; `text` is safe to show."""

    position: int
    token: int | None
    text: str
    label: str
    special: bool = False
    log_prob: float | None = None
    rank: int | None = None
    kind: Kind = "none"
    candidates: Candidates | None = field(default=None, repr=False)
    labels: Labels = field(default_factory=lambda: Labels(None), repr=False)
    reason: str = ""  # text key: why there is no distribution
    vocabulary_size: int | None = None
    entropy: float | None = None
    drawn_entropy: float | None = None
    stages: tuple[Stage, ...] = ()
    uniform: float | None = None
    interval: tuple[float, float] | None = None  # where in [0, 1) `uniform` had to fall for this token
    by_hand: bool = False  # a person chose it

    @property
    def surprisal(self) -> float | None:
        """Return the surprisal in bits: -log2 of the model's own probability."""
        return None if self.log_prob is None else -self.log_prob / LN2

    @property
    def row_count(self) -> int:
        """Return how many candidates are stored."""
        return 0 if self.candidates is None else len(self.candidates.tokens)

    def rows(self, count: int) -> list[Row]:
        """Return the first `count` candidates, and the chosen one wherever it stands."""
        if self.candidates is None:
            return []
        shown = [self.candidates.row(index, self.labels) for index in range(min(count, self.row_count))]
        if self.token is not None and all(row.token != self.token for row in shown):
            where = np.flatnonzero(self.candidates.tokens == self.token)
            shown += [self.candidates.row(int(index), self.labels) for index in where]
        return shown


class Recorder:
    """A recorder turns the steps of one backend into records."""

    def __init__(self, vocabulary: Vocabulary | None) -> None:
        self.labels = Labels(vocabulary)

    def record(self, step: Step) -> TokenRecord:
        """Condense one step into a record."""
        raw, drawn = step.raw, step.drawn_from
        draw = step if isinstance(step, StoredStep) else step.draw
        return TokenRecord(
            position=step.position,
            token=step.token,
            text="" if step.special else safe(step.text).replace("\t", _TAB),
            label=self.labels.of(step),
            special=step.special,
            log_prob=step.log_prob,
            rank=_rank(step),
            kind=raw.kind,
            candidates=_stored_candidates(step) if isinstance(step, StoredStep) else _candidates(step),
            labels=self.labels,
            reason=raw.reason if isinstance(raw, NoDistribution) else "",
            vocabulary_size=raw.vocabulary_size,
            entropy=raw.entropy,
            drawn_entropy=drawn.entropy,
            stages=() if draw is None else draw.stages,
            uniform=None if draw is None else draw.uniform,
            interval=None if draw is None else draw.span,
            by_hand=draw is not None and draw.by_hand,
        )


def _rank(step: Step) -> int | None:
    if isinstance(step, StoredStep):
        return step.rank
    return None if step.token is None else step.raw.rank(step.token)


def _candidates(step: Step) -> Candidates | None:
    """Return the rows to store: all of a small vocabulary, else the likeliest and the chosen one."""
    raw, drawn = step.raw, step.drawn_from
    if isinstance(raw, ExactDistribution):
        size = raw.vocabulary_size
        tokens = top_ids(raw.log_probs, size if size <= WHOLE_VOCABULARY else KEPT_ROWS)
        ranks = np.arange(1, len(tokens) + 1)
        if step.token is not None and not np.any(tokens == step.token):
            tokens = np.append(tokens, step.token)
            ranks = np.append(ranks, raw.rank(step.token))
        probabilities = np.exp(raw.log_probs[tokens])
    elif isinstance(raw, TopKDistribution):
        tokens, ranks, probabilities = raw.tokens, raw.ranks, np.exp(raw.token_log_probs)
    else:
        return None
    if not isinstance(drawn, ExactDistribution):
        return Candidates(tokens, ranks, probabilities, None)
    after = np.exp(drawn.log_probs[tokens])
    if step.draw is None:
        return Candidates(tokens, ranks, probabilities, after)
    cut = (step.draw.removed_by[tokens] + 1).astype(np.uint8)
    return Candidates(tokens, ranks, probabilities, after, cut, tuple(stage.name for stage in step.draw.stages))


def _stored_candidates(step: StoredStep) -> Candidates | None:
    """Return what the history kept: the same few tokens in both columns."""
    raw, drawn = step.raw, step.drawn_from
    if not isinstance(raw, TopKDistribution):
        return None
    tokens = raw.tokens
    after = None
    if isinstance(drawn, TopKDistribution):
        known = dict(zip(drawn.tokens.tolist(), drawn.token_log_probs.tolist(), strict=True))
        after = np.exp(np.array([known.get(token, -np.inf) for token in tokens.tolist()], dtype=np.float32))
    names = tuple(sorted(set(step.cut.values())))
    numbers = {token: names.index(name) + 1 for token, name in step.cut.items()}
    cut = np.array([numbers.get(token, 0) for token in tokens.tolist()], dtype=np.uint8) if names else None
    return Candidates(tokens, raw.ranks, np.exp(raw.token_log_probs), after, cut, names)
