"""The tokens that can still be drawn, sorted by probability as far down as anyone has asked.

A vocabulary has 50,000 tokens and a stage mostly looks at the first few: all of it is sorted only where it must be.
"""

import math
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from genchat.engine.distribution import FloatArray, IdArray, top_ids

Mask = NDArray[np.bool_]
_FIRST_LOOK = 128  # candidates sorted before more are asked for
_LOWEST = -1e30  # far below any log-probability, and still a float32


def log_sum_exp(values: NDArray[np.floating[Any]]) -> float:
    """The natural log of the sum of exp(values); at least one must be above -inf."""
    peak = float(values.max())
    shares = values - peak
    np.exp(shares, out=shares)
    return peak + math.log(float(shares.sum(dtype=np.float64)))


class Candidates:
    """Candidates are what is left of a vocabulary: the likeliest `count` tokens of a ranking. Never written in once it
    is made.
    """

    def __init__(self, log_probs: FloatArray) -> None:
        """`log_probs`: float32 [vocabulary], exp sums to 1; -inf for what cannot be drawn."""
        self._ranking = _Ranking(log_probs)
        self._head_count: int | None = None  # None: all of the ranking
        self.mass = 1.0  # of the probability that entered the ranking

    @classmethod
    def rescaled(cls, values: FloatArray) -> "Candidates":
        """The candidates are made from log-probabilities that do not sum to 1 yet."""
        return cls(values - np.float32(log_sum_exp(values)))

    @property
    def count(self) -> int:
        """The count is how many tokens are left."""
        return self._ranking.possible if self._head_count is None else self._head_count

    @cached_property
    def log_probs(self) -> FloatArray:
        """The array is float32 [vocabulary]: natural log-probabilities of what is left, exp sums to 1; -inf for all
        else.

        The caller may keep the array but must not write in it.
        """
        ranked = self._ranking.log_probs
        if self._head_count is None:
            return ranked
        ids = self.likeliest(self.count)
        whole = np.full(len(ranked), -np.inf, dtype=np.float32)
        whole[ids] = ranked[ids] - np.float32(math.log(self.mass))
        return whole

    @property
    def peak(self) -> float:
        """The natural log-probability of the likeliest, counted as in `count_above`."""
        return float(self._ranking.log_probs[self.likeliest(1)[0]]) - math.log(self.mass)

    def ids(self) -> IdArray:
        """These are all that is left, in no order that means anything."""
        if self._head_count is None:
            return np.flatnonzero(self._ranking.log_probs > -np.inf)
        return self.likeliest(self.count)

    def mark(self, marks: NDArray[np.int8], value: int) -> None:
        """Write `value` into int8 [vocabulary] for all that is left."""
        if self._head_count is not None:
            marks[self.likeliest(self.count)] = value
        elif self.count == len(marks):
            marks.fill(value)
        else:
            np.copyto(marks, value, where=self._ranking.log_probs > -np.inf)

    def likeliest(self, count: int) -> IdArray:
        """These are up to `count` tokens, likeliest first, ties by id."""
        return self._ranking.first(min(count, self.count))

    def count_to_reach(self, share: float) -> int:
        """This many of the likeliest are needed to hold `share` of the probability that is left; at least 1."""
        return min(self.count, self._ranking.count_to_reach(share * self.mass))

    def count_above(self, log_prob: float) -> int:
        """The result is how many have at least this natural log-probability, of all that is left."""
        threshold = np.float32(max(log_prob + math.log(self.mass), _LOWEST))
        return min(self.count, int(np.count_nonzero(self._ranking.log_probs >= threshold)))

    def keep(self, kept: "int | IdArray | Mask") -> "Candidates":
        """The likeliest `kept`, or those of an array of ids or a mask; the likeliest alone where that would be none."""
        if isinstance(kept, int | np.integer):
            return self._head(max(min(int(kept), self.count), 1))
        requested = np.flatnonzero(kept) if kept.dtype == np.bool_ else np.unique(kept)
        values = self.log_probs
        ids = requested[values[requested] > -np.inf]
        if not len(ids):
            return self._head(1)
        if len(ids) == self.count:
            return self
        whole = np.full(len(values), -np.inf, dtype=np.float32)
        chosen = values[ids]
        mass = float(np.exp(chosen.astype(np.float64)).sum())
        whole[ids] = chosen - np.float32(math.log(mass))
        return Candidates(whole)

    def _head(self, count: int) -> "Candidates":
        if count == self.count:
            return self
        head = Candidates.__new__(Candidates)
        head._ranking, head._head_count, head.mass = self._ranking, count, self._ranking.mass(count)
        return head

    def share_of(self, other: "Candidates") -> float:
        """The result is how much of this probability is left in `other`, which was kept of it."""
        if other._ranking is self._ranking:
            return other.mass / self.mass
        return float(np.exp(self.log_probs[other.ids()].astype(np.float64)).sum())

    def draw(self, uniform: float) -> tuple[int, tuple[float, float]]:
        """The first token whose cumulative probability passes `uniform`, and the interval of [0, 1) that is its own."""
        rank = min(self.count, self._ranking.count_to_reach(uniform * self.mass, past=True))
        token, low, high = self._ranking.at(rank)
        return token, (low / self.mass, high / self.mass)


class _Ranking:
    """Everything above -inf, sorted as far down as anyone has asked."""

    def __init__(self, log_probs: FloatArray) -> None:
        self.log_probs = log_probs
        self._ids: IdArray = np.empty(0, dtype=np.int64)
        self._edges = np.empty(0, dtype=np.float64)  # cumulative probability

    @cached_property
    def possible(self) -> int:
        return int(np.count_nonzero(self.log_probs > -np.inf))

    def _look(self, count: int) -> None:
        count = min(count, self.possible)
        if count > len(self._ids):
            if count == 1:
                self._ids = np.array([np.argmax(self.log_probs)], dtype=np.int64)
            else:
                count = min(self.possible, max(count, _FIRST_LOOK, 8 * len(self._ids)))
                self._ids = top_ids(self.log_probs, count)
            self._edges = np.cumsum(np.exp(self.log_probs[self._ids].astype(np.float64)))

    def first(self, count: int) -> IdArray:
        self._look(count)
        return self._ids[:count]

    def at(self, rank: int) -> tuple[int, float, float]:
        """The token of that rank, counted from 1, and the cumulative probability before and with it."""
        self._look(rank)
        low = float(self._edges[rank - 2]) if rank > 1 else 0.0
        return int(self._ids[rank - 1]), low, float(self._edges[rank - 1])

    def mass(self, count: int) -> float:
        if count >= self.possible and self.possible > len(self._ids):
            return 1.0
        self._look(count)
        return float(self._edges[min(count, self.possible) - 1])

    def count_to_reach(self, mass: float, past: bool = False) -> int:
        """How many it takes to reach `mass` (with `past`: to exceed it); at least 1."""
        if len(self._ids) < _FIRST_LOOK:
            self._look(_FIRST_LOOK)
        while self._edges[-1] < mass and len(self._ids) < self.possible:
            self._look(len(self._ids) + 1)
        side: Literal["left", "right"] = "right" if past else "left"
        return min(int(self._edges.searchsorted(mass, side=side)) + 1, len(self._ids))
