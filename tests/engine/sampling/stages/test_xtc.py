"""XTC against its description: of the tokens that reach the threshold only the least likely stays, at a chance."""

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from genchat.engine.distribution import FloatArray
from genchat.engine.sampling.random_numbers import random_number
from tests.engine.sampling.cases import EDGE, alone, distributions, kept_by, probabilities, quick


@given(distributions(), st.sampled_from([0.3, 0.7, 1.0]), st.sampled_from([0.05, 0.1, 0.3]), st.integers(0, 50))
@quick
def test_all_top_choices_but_the_least_likely_are_left_out(
    values: FloatArray, chance: float, threshold: float, position: int
) -> None:
    left = probabilities(values)
    assume(all(abs(probability - threshold) > EDGE for probability in left.values()))
    choices = sorted((token for token in left if left[token] >= threshold), key=lambda token: left[token])
    happens = random_number(3, position, "xtc") < chance
    gone = set(choices[1:]) if happens else set()
    draw = alone(values, position=position, xtc_probability=chance, xtc_threshold=threshold)
    assert kept_by(draw) == set(left) - gone
    assert {token for token in left if draw.cut_by(token) == "xtc"} == gone


def test_it_acts_as_often_as_asked() -> None:
    values = np.log(np.array([0.6, 0.3, 0.1])).astype(np.float32)
    acted = [alone(values, position=at, xtc_probability=0.25).cut_by(0) is not None for at in range(2000)]
    assert 400 < sum(acted) < 600


def test_after_other_cuts_the_probabilities_are_those_of_what_is_left() -> None:
    values = np.log(np.array([0.5, 0.42, 0.05, 0.03])).astype(np.float32)
    draw = alone(values, top_k=2, xtc_probability=1, xtc_threshold=0.45)
    assert [draw.cut_by(token) for token in range(4)] == ["xtc", None, "top-k", "top-k"]
    assert alone(values, xtc_probability=1, xtc_threshold=0.45).cut_by(0) is None
