"""Top-n-sigma against the paper's rule on logits: keep what is not below max - n · deviation."""

import statistics

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from genchat.engine.distribution import FloatArray
from tests.engine.sampling.cases import EDGE, alone, distributions, kept_by, quick


@given(distributions(), st.sampled_from([0.3, 1.0, 2.0]), st.floats(-5, 5), st.sampled_from([0.3, 1.0, 2.5]))
@quick
def test_what_lies_within_n_deviations_of_the_likeliest_logit(
    values: FloatArray, n: float, shift: float, temperature: float
) -> None:
    logits = {token: float(value) + shift for token, value in enumerate(values) if value > -np.inf}
    lowest = max(logits.values()) - n * statistics.pstdev(logits.values())
    assume(all(abs(logit - lowest) > EDGE for logit in logits.values()))
    draw = alone(values, top_n_sigma=n, temperature=temperature)
    assert kept_by(draw) == {token for token, logit in logits.items() if logit >= lowest}


@pytest.mark.parametrize("n", [1e-30, 1e30])
def test_extremes_keep_one_and_all(n: float) -> None:
    values = np.log(np.array([0.5, 0.3, 0.2])).astype(np.float32)
    assert alone(values, top_n_sigma=n).kept == (1 if n < 1 else 3)
