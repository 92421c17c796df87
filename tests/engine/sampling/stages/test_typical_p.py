"""Typical-p against its definition: the smallest set nearest to the entropy that holds the probability asked for."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from genchat.engine.distribution import FloatArray
from tests.engine.sampling.cases import EDGE, alone, distributions, kept_by, probabilities, quick


@given(distributions(), st.sampled_from([0.05, 0.3, 0.6, 0.9, 0.99]))
@quick
def test_the_smallest_set_nearest_to_the_entropy_that_reaches_p(values: FloatArray, share: float) -> None:
    chances = probabilities(values)
    entropy = sum(-chance * math.log(chance) for chance in chances.values())
    distance = {token: abs(-math.log(chance) - entropy) for token, chance in chances.items()}
    kept = kept_by(alone(values, typical_p=share))
    left_out = chances.keys() - kept
    assert all(distance[near] <= distance[far] + EDGE for near in kept for far in left_out)
    mass = sum(chances[token] for token in kept)
    farthest = max(kept, key=lambda token: distance[token])
    assert mass >= share - EDGE
    assert mass - chances[farthest] < share + EDGE


def test_it_keeps_from_the_middle_of_the_list_and_the_draw_says_so() -> None:
    values = np.log(np.array([0.38, 0.1, 0.11, 0.09, 0.12, 0.1, 0.1])).astype(np.float32)
    draw = alone(values, typical_p=0.3)
    assert 0 not in kept_by(draw)
    assert draw.cut_by(0) == "typical-p"
    assert draw.distribution().log_prob(0) == -math.inf
    assert draw.kept == len(kept_by(draw))


def test_cuts_after_it_work_on_what_it_left() -> None:
    values = np.log(np.array([0.38, 0.1, 0.11, 0.09, 0.12, 0.1, 0.1])).astype(np.float32)
    draw = alone(values, typical_p=0.5, min_p=1)
    assert kept_by(draw) == {4}
    assert draw.cut_by(0) == "typical-p"
    assert draw.cut_by(2) == "min-p"
