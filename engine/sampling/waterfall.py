"""A draw taken apart: after every stage, how many candidates and how much of the probability are left, and how open the
choice still is. Nothing is drawn for good: the sampler stays where it is.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from genchat.engine.distribution import LN2, FloatArray, IdArray
from genchat.engine.sampling.candidates import Candidates
from genchat.engine.sampling.definition import StageName
from genchat.engine.sampling.draws import Draw
from genchat.engine.sampling.sampler import Sampler

_SHOWN = 64


@dataclass(frozen=True, slots=True)
class WaterfallStep:
    """What one stage made of what it was given.

    scaled: it changed probabilities. cut: candidates it took away. left: candidates after it. mass: of the probability
    as the scaling stages made it, how much no stage up to this one has cut. entropy: of what is left, in bits.
    """

    name: StageName
    scaled: bool
    cut: int
    left: int
    mass: float
    entropy: float


@dataclass(frozen=True)
class Waterfall:
    """A draw with every stage before it. count: tokens that the model holds possible. entropy: of the model's own
    distribution, in bits. order: int64, the likeliest of what can be drawn, as the draw goes through them; shares:
    float32, their probabilities.
    """

    count: int
    entropy: float
    steps: tuple[WaterfallStep, ...]
    draw: Draw
    order: IdArray = field(repr=False)
    shares: FloatArray = field(repr=False)

    def step(self, name: StageName) -> WaterfallStep | None:
        """The step of that stage; None where it is off, or another ended the chain before it."""
        return next((step for step in self.steps if step.name == name), None)


def waterfall(sampler: Sampler, log_probs: FloatArray, before: Sequence[int], position: int) -> Waterfall:
    """The draw that `sampler` would make at `position`. Raises UsageError where a stage leaves nothing."""
    done = tuple(sampler.passes(log_probs, before, position))
    whole = Candidates(log_probs)
    left, mass = whole, 1.0
    entropy = first_entropy = _entropy(whole)
    steps = []
    for each in done:
        scaled = each.scaled is not each.now.candidates
        cut = each.scaled.count - each.left.count
        if cut:
            mass *= each.scaled.share_of(each.left)
        if scaled or cut:
            entropy = _entropy(each.left)
        left = each.left
        steps.append(WaterfallStep(each.definition.name, scaled, cut, left.count, mass, entropy))
    order = left.likeliest(_SHOWN)
    shares = np.exp(left.log_probs[order])
    draw = sampler.outcome(done, log_probs, position)
    return Waterfall(whole.count, first_entropy, tuple(steps), draw, order, shares)


def _entropy(candidates: Candidates) -> float:
    """Bits of what is left."""
    values = candidates.log_probs[candidates.ids()]
    bits = -float(np.dot(np.exp(values), values)) / LN2
    return max(0.0, bits) if math.isfinite(bits) else 0.0
