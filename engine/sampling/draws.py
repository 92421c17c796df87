"""What is known of a draw afterwards: what each stage did, which stage removed which token, where the draw fell."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from genchat.engine.distribution import ExactDistribution, FloatArray, IdArray, top_ids
from genchat.engine.sampling.candidates import log_sum_exp
from genchat.engine.sampling.definition import StageName, Value

Removals = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Stage:
    """This is what one stage did: its setting, how many candidates are left after it and the mass it kept."""

    name: StageName
    setting: Value | None  # the first of its settings; None for a stage without any
    kept: int
    kept_mass: float  # of the mass that entered this stage; 1 for stages that only rescale
    cuts: bool = True  # False for a stage that took nothing upon itself to remove


@dataclass(frozen=True)
class Draw:
    """A draw says how one token was drawn.

    adjusted: float32 [vocabulary], natural log-probabilities after everything that rescales, before any cut.
    removed_by: int8 [vocabulary], for every token the index in `stages` of the stage that removed it; -1 for what could
    be drawn, and for what the model itself holds impossible.
    uniform: the number in [0, 1) that decided; None when greedy. span: where it had to fall for this token. by_hand:
    whether a person chose the token and the number decided nothing.
    """

    token: int
    uniform: float | None
    stages: tuple[Stage, ...]
    adjusted: FloatArray = field(repr=False)
    removed_by: Removals = field(repr=False)
    kept: int  # how many candidates the draw was made from
    span: tuple[float, float] | None = None
    by_hand: bool = False

    def cut_by(self, token: int) -> StageName | None:
        """The stage that removed `token`, or None if none did."""
        index = int(self.removed_by[token])
        return None if index < 0 else self.stages[index].name

    def interval(self, token: int) -> tuple[float, float] | None:
        """The interval of [0, 1) is where the uniform number had to fall for `token`; None if it was cut or never
        possible.
        """
        if self.removed_by[token] >= 0 or self.adjusted[token] == -np.inf:
            return None
        if token == self.token and self.span is not None:
            return self.span
        ids = self._kept_ids()
        ids = ids[top_ids(self.adjusted[ids], self.kept)]
        edges = np.cumsum(np.exp(self.adjusted[ids].astype(np.float64)))
        index = int(np.flatnonzero(ids == token)[0])
        low = float(edges[index - 1]) if index else 0.0
        return low / float(edges[-1]), float(edges[index]) / float(edges[-1])

    def distribution(self) -> ExactDistribution:
        """The draw was made from this: cut tokens at -inf, the rest summing to 1."""
        ids = self._kept_ids()
        if len(ids) == len(self.adjusted):
            return ExactDistribution(self.adjusted)
        kept = self.adjusted[ids].astype(np.float64)
        whole = np.full(len(self.adjusted), -np.inf, dtype=np.float32)
        whole[ids] = (kept - log_sum_exp(kept)).astype(np.float32)
        return ExactDistribution(whole)

    def _kept_ids(self) -> IdArray:
        """What no stage removed, the impossible among them."""
        return np.flatnonzero(self.removed_by < 0)
