"""Mirostat 2 against the loop of the paper, step by step, and in the long run."""

import math

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from genchat.engine.distribution import FloatArray
from genchat.engine.sampling import Sampler, SamplingSettings
from tests.engine.sampling.cases import EDGE, distributions, kept_by, probabilities, quick


def mirostat(tau: float, eta: float, seed: int = 2, **more: float) -> Sampler:
    return Sampler(SamplingSettings(temperature=1, top_p=1, seed=seed, mirostat_tau=tau, mirostat_eta=eta, **more))


@given(st.lists(distributions(), min_size=1, max_size=6), st.sampled_from([0.5, 2.0, 4.0]), st.sampled_from([0.1, 0.9]))
@quick
def test_each_step_cuts_above_mu_and_moves_mu_towards_the_target(
    steps: list[FloatArray], tau: float, eta: float
) -> None:
    sampler = mirostat(tau, eta)
    mu = 2 * tau
    for values in steps:
        surprise = {token: -math.log2(chance) for token, chance in probabilities(values).items()}
        assume(all(abs(bits - mu) > EDGE for bits in surprise.values()))
        below = {token for token, bits in surprise.items() if bits <= mu}
        draw = sampler.draw(values)
        assert kept_by(draw) == (below or {min(surprise, key=lambda token: surprise[token])})
        mu -= eta * (surprise[draw.token] - tau)


def test_in_the_long_run_a_text_surprises_as_much_as_asked() -> None:
    ranks = np.arange(1, 3001)
    values = np.log((1 / ranks) / (1 / ranks).sum()).astype(np.float32)  # as words are spread: Zipf
    for target in (4.0, 6.0):
        sampler = mirostat(target, 0.1)
        drawn = [sampler.draw(values).token for _ in range(1500)]
        bits = [-float(values[token]) / math.log(2) for token in drawn[200:]]
        assert abs(sum(bits) / len(bits) - target) < 0.1


def test_what_another_cut_left_is_what_surprises() -> None:
    values = np.log(np.array([0.25, 0.25, 0.125, 0.375])).astype(np.float32)
    sampler = mirostat(0.75, 1.0, top_k=3)
    assert kept_by(sampler.draw(values)) == {3}  # of 3/7, 2/7 and 2/7 only the first surprises by less than 1.5 bits
