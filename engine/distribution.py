"""What a model believes about the next token: an exact distribution, its top k, or nothing at all.

The three kinds share one set of questions, and each answers only what it knows: a top-k list from a remote model has
no entropy, and says None rather than a guess. Log-probabilities are natural logs; entropy and surprisal are in bits.
A distribution belongs to a step by position and token id, never by matching probabilities.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
IdArray = NDArray[np.int64]
Kind = Literal["exact", "top-k", "none"]

LN2 = math.log(2.0)
_BLOCK = 64


@dataclass(frozen=True, slots=True)
class Candidate:
    """A candidate is one row of a table of next tokens. `rank` counts from 1 for the likeliest."""

    token: int
    log_prob: float
    rank: int

    @property
    def probability(self) -> float:
        """The probability is exp(log_prob), from 0 to 1."""
        return math.exp(self.log_prob)


def top_ids(values: FloatArray, count: int) -> IdArray:
    """These are the ids of the `count` largest values, largest first, ties by id. O(V + count log count)."""
    size = len(values)
    if count >= size:
        return np.argsort(-values, kind="stable")
    if count <= 0:
        return np.empty(0, dtype=np.int64)
    if count * _BLOCK * 4 <= size:
        # At least `count` values reach the count-th largest of the block maxima: usually few do. Partitioning all
        # would cost ten times as much where many values are equal, as the rare words of a counting model are.
        # A block is a column here, so that all of them are compared at once; which values share one does not matter.
        peaks = values[: size - size % _BLOCK].reshape(_BLOCK, -1).max(axis=0)
        bound = np.partition(peaks, len(peaks) - count)[len(peaks) - count]
        among = np.flatnonzero(values >= bound)
        if len(among) <= size // 4:
            return among[top_ids(values[among], count)]
    cut = np.partition(values, size - count)[size - count]
    above = np.flatnonzero(values > cut)
    # Ties at the cut are taken in id order, so that the same numbers always give the same rows.
    ties = np.flatnonzero(values == cut)[: count - len(above)]
    chosen = np.concatenate([above, ties])
    order = np.lexsort((chosen, -values[chosen]))
    return chosen[order].astype(np.int64)


@dataclass(frozen=True)
class Distribution:
    """This is the base of the three kinds; `exact`, `top_k` and `unknown` make one."""

    @property
    def kind(self) -> Kind:
        """The kind says how much is known."""
        return "none"

    @property
    def vocabulary_size(self) -> int | None:
        """This is the number of tokens in the whole vocabulary, where known."""
        return None

    def top(self, count: int) -> list[Candidate]:
        """These are the likeliest `count` tokens that are known, likeliest first."""
        return []

    def log_prob(self, token: int) -> float | None:
        """This is the natural log-probability of `token`, or None where it is not known."""
        return None

    def rank(self, token: int) -> int | None:
        """The rank is 1 for the likeliest token, 2 for the next; None where it is not known."""
        return None

    @property
    def entropy(self) -> float | None:
        """This is the Shannon entropy in bits, or None where only a part of the distribution is known."""
        return None

    def rest_mass(self, count: int) -> float | None:
        """This is the probability left after the `count` likeliest tokens (what the other rows would sum to)."""
        return None


@dataclass(frozen=True)
class ExactDistribution(Distribution):
    """All of it is known: `log_probs` is float32 [vocabulary], exp sums to 1 (-inf for what cannot come)."""

    log_probs: FloatArray

    @property
    def kind(self) -> Kind:
        return "exact"

    @property
    def vocabulary_size(self) -> int:
        return len(self.log_probs)

    def top(self, count: int) -> list[Candidate]:
        ids = top_ids(self.log_probs, count)
        return [
            Candidate(int(token), float(self.log_probs[token]), index + 1)
            for index, token in enumerate(ids)
            if self.log_probs[token] > -math.inf
        ]

    def log_prob(self, token: int) -> float:
        return float(self.log_probs[token])

    def rank(self, token: int) -> int:
        own = self.log_probs[token]
        larger = int(np.count_nonzero(self.log_probs > own))
        return larger + int(np.count_nonzero(self.log_probs[:token] == own)) + 1

    @cached_property
    def probabilities(self) -> FloatArray:
        """The probabilities are float32 [vocabulary]."""
        return np.exp(self.log_probs)

    @cached_property
    def _entropy(self) -> float:
        with np.errstate(invalid="ignore"):
            terms = self.probabilities * self.log_probs
        total = float(terms.sum(dtype=np.float64))
        if math.isnan(total):  # 0 · -inf, for what cannot come
            total = float(np.nansum(terms, dtype=np.float64))
        return max(0.0, -total / LN2)

    @property
    def entropy(self) -> float:
        return self._entropy

    def rest_mass(self, count: int) -> float:
        ids = top_ids(self.log_probs, count)
        return max(0.0, 1.0 - float(self.probabilities[ids].sum(dtype=np.float64)))

    def condense(self, count: int, keep: tuple[int, ...] = ()) -> "TopKDistribution":
        """The `count` likeliest tokens plus those in `keep`, with entropy and ranks of the whole remembered."""
        ids = top_ids(self.log_probs, count)
        extra = [token for token in keep if token not in set(ids.tolist())]
        tokens = np.concatenate([ids, np.array(extra, dtype=np.int64)])
        ranks = np.array([*range(1, len(ids) + 1), *(self.rank(token) for token in extra)], dtype=np.int64)
        return TopKDistribution(tokens, self.log_probs[tokens], ranks, self.entropy, len(self.log_probs))


@dataclass(frozen=True)
class TopKDistribution(Distribution):
    """The k likeliest tokens (and perhaps the drawn one, of any rank): from a remote model or a stored trace.

    tokens: int64 [k]; token_log_probs: float32 [k]; ranks: int64 [k], 1-based, ascending; `whole_entropy` in bits
    and `whole_vocabulary_size` where the source knew them.
    """

    tokens: IdArray
    token_log_probs: FloatArray
    ranks: IdArray
    whole_entropy: float | None = None
    whole_vocabulary_size: int | None = None

    @property
    def kind(self) -> Kind:
        return "top-k"

    @property
    def vocabulary_size(self) -> int | None:
        return self.whole_vocabulary_size

    def top(self, count: int) -> list[Candidate]:
        rows = zip(self.tokens.tolist(), self.token_log_probs.tolist(), self.ranks.tolist(), strict=True)
        return [
            Candidate(token, log_prob, rank) for token, log_prob, rank in rows if rank <= count and log_prob > -math.inf
        ]

    def log_prob(self, token: int) -> float | None:
        where = np.flatnonzero(self.tokens == token)
        return float(self.token_log_probs[where[0]]) if len(where) else None

    def rank(self, token: int) -> int | None:
        where = np.flatnonzero(self.tokens == token)
        return int(self.ranks[where[0]]) if len(where) else None

    @property
    def entropy(self) -> float | None:
        return self.whole_entropy

    def rest_mass(self, count: int) -> float | None:
        known = self.token_log_probs[self.ranks <= count]
        return max(0.0, 1.0 - float(np.exp(known.astype(np.float64)).sum()))


@dataclass(frozen=True)
class NoDistribution(Distribution):
    """Nothing is known. `reason` says why: the key of a text (`engine/language`), or plain words."""

    reason: str


def exact(log_probs: FloatArray) -> ExactDistribution:
    """The distribution is made from float32 [vocabulary] natural log-probabilities."""
    return ExactDistribution(log_probs)


def top_k(pairs: list[tuple[int, float]]) -> TopKDistribution:
    """The distribution is made from (token, natural log-probability) pairs as a remote model gives them."""
    ordered = sorted(pairs, key=lambda pair: -pair[1])
    return TopKDistribution(
        np.array([token for token, _ in ordered], dtype=np.int64),
        np.array([log_prob for _, log_prob in ordered], dtype=np.float32),
        np.arange(1, len(ordered) + 1, dtype=np.int64),
    )


def unknown(reason: str) -> NoDistribution:
    """Nothing is known of the distribution; `reason` says why: a text key, or plain words."""
    return NoDistribution(reason)
