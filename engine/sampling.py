"""From a model's distribution to one token, every stage open to inspection.

The stages run in this order: repetition penalty (Keskar et al. 2019, on log-probabilities), temperature, top-k, top-p
(Holtzman et al. 2020), min-p (Nguyen et al. 2024), draw. Each of the three cuts keeps a beginning of the same list,
sorted by probability, so one rank tells which stage removed a token. The draw walks that list: one uniform number a
token, the first candidate whose cumulative probability passes it. The whole list is sorted only where it must be.
"""

import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from genchat.engine.distribution import ExactDistribution, FloatArray, IdArray, top_ids
from genchat.engine.sampling_settings import (
    SamplingSettings as SamplingSettings,  # they belong together for whoever samples
)
from genchat.engine.sampling_settings import StageName as StageName

_FIRST_LOOK = 128  # candidates sorted before more are asked for
_COLDEST, _HOTTEST = 1e-30, 1e30  # beyond, float32 overflows and nothing changes any more


@dataclass(frozen=True, slots=True)
class Stage:
    """What one stage did: its setting, how many candidates are left after it and the mass it kept."""

    name: StageName
    setting: float
    kept: int
    kept_mass: float  # of the mass that entered this stage; 1 for stages that only rescale


@dataclass(frozen=True)
class Draw:
    """How one token was drawn.

    adjusted: float32 [vocabulary], log-probabilities after repetition penalty and temperature, before any cut.
    uniform: the number in [0, 1) that decided; None when greedy.
    """

    token: int
    uniform: float | None
    stages: tuple[Stage, ...]
    adjusted: FloatArray = field(repr=False)

    @property
    def kept(self) -> int:
        """How many candidates the draw was made from."""
        return self.stages[-1].kept if self.stages else int(np.count_nonzero(self.adjusted > -np.inf))

    def cut_by(self, token: int) -> StageName | None:
        """The stage that removed `token`, or None if it could still be drawn."""
        rank = ExactDistribution(self.adjusted).rank(token)
        return next((stage.name for stage in self.stages if rank > stage.kept), None)

    def interval(self, token: int) -> tuple[float, float] | None:
        """Where in [0, 1) the uniform number had to fall for `token`; None if it was cut or never possible."""
        if self.cut_by(token) is not None or self.adjusted[token] == -np.inf:
            return None
        ids = top_ids(self.adjusted, self.kept)
        edges = np.cumsum(np.exp(self.adjusted[ids].astype(np.float64)))
        where = int(np.flatnonzero(ids == token)[0])
        low = float(edges[where - 1]) if where else 0.0
        return low / float(edges[-1]), float(edges[where]) / float(edges[-1])

    def distribution(self) -> ExactDistribution:
        """What the draw was made from: cut tokens at -inf, the rest summing to 1."""
        finite = int(np.count_nonzero(self.adjusted > -np.inf))
        if self.kept >= finite:
            return ExactDistribution(self.adjusted)
        ids = top_ids(self.adjusted, self.kept)
        kept = self.adjusted[ids].astype(np.float64)
        whole = np.full(len(self.adjusted), -np.inf, dtype=np.float32)
        whole[ids] = (kept - _log_sum_exp(kept)).astype(np.float32)
        return ExactDistribution(whole)


def _log_sum_exp(values: np.ndarray) -> float:
    peak = float(values.max())
    return peak + math.log(float(np.exp(values - peak).sum(dtype=np.float64)))


class Sampler:
    """Draws tokens for one reply; two samplers of one seed draw alike."""

    def __init__(self, settings: SamplingSettings) -> None:
        self.settings = settings
        self.seed = secrets.randbits(32) if settings.seed is None else settings.seed
        self._random = np.random.Generator(np.random.PCG64(self.seed))

    def draw(self, log_probs: FloatArray, recent: Sequence[int] = ()) -> Draw:
        """One token from float32 [vocabulary] log-probabilities; `recent` are the tokens before it."""
        settings = self.settings
        stages: list[Stage] = []
        adjusted = log_probs
        finite = int(np.count_nonzero(log_probs > -np.inf))
        if settings.repetition_penalty > 1 and len(recent) and settings.repetition_window > 0:
            adjusted = self._penalise(adjusted, recent)
            stages.append(Stage("repetition", settings.repetition_penalty, finite, 1.0))
        if settings.temperature == 0:
            token = int(np.argmax(adjusted))
            mass = float(np.exp(adjusted[token] - _log_sum_exp(adjusted)))
            stages.append(Stage("greedy", 0.0, 1, mass))
            return Draw(token, None, tuple(stages), adjusted)
        if settings.temperature != 1 or adjusted is not log_probs:
            scaled = adjusted / np.float32(min(max(settings.temperature, _COLDEST), _HOTTEST))
            adjusted = scaled - np.float32(_log_sum_exp(scaled))
            if settings.temperature != 1:
                stages.append(Stage("temperature", settings.temperature, finite, 1.0))
        uniform = float(self._random.random())
        token = self._cut_and_draw(adjusted, finite, uniform, stages)
        return Draw(token, uniform, tuple(stages), adjusted)

    def _penalise(self, log_probs: FloatArray, recent: Sequence[int]) -> FloatArray:
        window = np.unique(np.asarray(recent[-self.settings.repetition_window :], dtype=np.int64))
        penalised = log_probs.copy()
        penalised[window] *= np.float32(self.settings.repetition_penalty)
        return penalised

    def _cut_and_draw(self, adjusted: FloatArray, finite: int, uniform: float, stages: list[Stage]) -> int:
        """Append the cuts to `stages` and return the token that `uniform` falls on."""
        settings = self.settings
        ranking = _Ranking(adjusted, finite)
        kept, mass = finite, 1.0
        if settings.top_k > 0:
            kept = min(settings.top_k, finite)
            mass = ranking.mass(kept)
            stages.append(Stage("top-k", settings.top_k, kept, mass))
        if settings.top_p < 1:
            before = mass
            kept = min(kept, ranking.count_to_reach(settings.top_p * mass))
            mass = ranking.mass(kept)
            stages.append(Stage("top-p", settings.top_p, kept, mass / before))
        if settings.min_p > 0:
            before = mass
            threshold = adjusted.max() + np.float32(math.log(settings.min_p))
            kept = min(kept, int(np.count_nonzero(adjusted >= threshold)))
            mass = ranking.mass(kept)
            stages.append(Stage("min-p", settings.min_p, kept, mass / before))
        return ranking.token_at(min(kept, ranking.count_to_reach(uniform * mass, past=True)))


class _Ranking:
    """The candidates sorted by probability, as far down as anyone has asked."""

    def __init__(self, adjusted: FloatArray, finite: int) -> None:
        self._adjusted = adjusted
        self._finite = finite
        self._ids: IdArray = np.empty(0, dtype=np.int64)
        self._edges = np.empty(0, dtype=np.float64)  # cumulative probability

    def _look(self, count: int) -> None:
        count = min(count, self._finite)
        if count > len(self._ids):
            count = min(self._finite, max(count, _FIRST_LOOK, 8 * len(self._ids)))
            self._ids = top_ids(self._adjusted, count)
            self._edges = np.cumsum(np.exp(self._adjusted[self._ids].astype(np.float64)))

    def mass(self, count: int) -> float:
        """Probability of the first `count` candidates."""
        if count >= self._finite and self._finite > len(self._ids):
            return 1.0
        self._look(count)
        return float(self._edges[min(count, self._finite) - 1])

    def count_to_reach(self, mass: float, past: bool = False) -> int:
        """How many candidates it takes to reach `mass` (with `past`: to exceed it); at least 1."""
        self._look(1)
        while self._edges[-1] < mass and len(self._ids) < self._finite:
            self._look(len(self._ids) + 1)
        side: Literal["left", "right"] = "right" if past else "left"
        return min(int(np.searchsorted(self._edges, mass, side=side)) + 1, len(self._ids))

    def token_at(self, rank: int) -> int:
        """The candidate of that rank, counted from 1."""
        self._look(rank)
        return int(self._ids[rank - 1])
