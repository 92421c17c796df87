"""What the tests of the stages share: distributions, one stage alone, and what it left."""

from collections.abc import Sequence

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from genchat.engine.distribution import FloatArray
from genchat.engine.sampling import Draw, Sampler, SamplingSettings
from tests.fakes import ByteTokenizer

quick = settings(deadline=None, max_examples=100)
EDGE = 1e-4  # float32 against Python's floats: how near to a stage's edge a token may fall on either side


@st.composite
def distributions(draw: st.DrawFn, largest: int = 30) -> FloatArray:
    """float32 log-probabilities of distinct values that sum to 1, now and then with impossible tokens."""
    size = draw(st.integers(2, largest))
    steps = draw(st.lists(st.integers(1, 40), min_size=size, max_size=size))
    order = draw(st.permutations(range(size)))
    values = (np.cumsum(steps) / draw(st.sampled_from([5, 20, 100])))[list(order)]
    values[1:][np.array(draw(st.lists(st.booleans(), min_size=size - 1, max_size=size - 1)))] -= np.float64(
        draw(st.sampled_from([0.0, 0.0, np.inf]))
    )
    values -= np.log(np.exp(values).sum())
    return values.astype(np.float32)


def alone(values: FloatArray, before: Sequence[int] = (), position: int = 0, **stage: float | str) -> Draw:
    """A draw with nothing switched on but what is given, by a sampler that reads bytes."""
    chosen = SamplingSettings(**{"temperature": 1.0, "top_p": 1.0, "seed": 3, **stage})  # type: ignore[arg-type]
    return Sampler(chosen, ByteTokenizer()).draw(values, before, position)


def kept_by(draw: Draw) -> set[int]:
    """The tokens that could be drawn."""
    return {token for token in range(len(draw.adjusted)) if draw.interval(token) is not None}


def probabilities(values: FloatArray) -> dict[int, float]:
    """Token to probability in Python's floats, without the impossible ones."""
    return {token: float(np.exp(np.float64(value))) for token, value in enumerate(values) if value > -np.inf}
