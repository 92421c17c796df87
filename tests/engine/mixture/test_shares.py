"""Shares: fitted where the held-out text is likeliest, never outside (0, 1)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genchat.engine.mixture.shares import Shares, fit

_RNG = np.random.default_rng(5)


def _mean(shares: Shares, first: np.ndarray, second: np.ndarray, lengths: np.ndarray | None = None) -> float:
    places = np.zeros(len(first), dtype=np.int64) if lengths is None else lengths
    return float(shares.log_prob(first, second, places).mean())


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 400))
def test_no_other_share_is_better(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    first, second = rng.uniform(-8, -0.01, (2, count)).astype(np.float32)
    best = fit(first, second)
    assert 0 < best.of(0) < 1
    reached = _mean(best, first, second)
    for share in np.linspace(0.001, 0.999, 97):
        assert reached >= _mean(Shares((float(share),)), first, second) - 1e-4


def test_a_known_mixture_is_found_again() -> None:
    p, q = np.array([0.7, 0.1, 0.1, 0.1]), np.array([0.1, 0.2, 0.3, 0.4])
    drawn = _RNG.choice(4, 40_000, p=0.3 * p + 0.7 * q)
    shares = fit(np.log(p)[drawn].astype(np.float32), np.log(q)[drawn].astype(np.float32))
    assert shares.of(0) == pytest.approx(0.3, abs=0.03)


def test_each_match_length_gets_the_share_that_suits_it() -> None:
    lengths = _RNG.integers(0, 3, 6000)
    good = lengths == 2
    first = np.where(good, -0.1, -5.0).astype(np.float32)
    second = np.full(6000, -2.0, dtype=np.float32)
    shares = fit(first, second, lengths)
    assert shares.of(2) > 0.95
    assert shares.of(0) < 0.05
    assert shares.of(99) == shares.of(2)
    assert _mean(shares, first, second, lengths) > _mean(fit(first, second), first, second)


def test_a_length_seldom_met_leans_on_all() -> None:
    lengths = np.array([0] * 1000 + [1])
    first = np.array([-1.0] * 1000 + [-30.0], dtype=np.float32)
    shares = fit(first, np.full(1001, -1.5, dtype=np.float32), lengths)
    assert shares.of(1) > 0.5


def test_impossible_tokens_of_one_model_do_not_break_the_fit() -> None:
    first = np.array([-np.inf, -0.5, -0.5], dtype=np.float32)
    second = np.array([-2.0, -3.0, -np.inf], dtype=np.float32)
    shares = fit(first, second)
    assert np.isfinite(shares.log_prob(first, second, np.zeros(3, dtype=np.int64))).all()


def test_nothing_to_fit_on_is_an_error() -> None:
    nothing = np.empty(0, dtype=np.float32)
    with pytest.raises(ValueError, match="log-probabilities"):
        fit(nothing, nothing)
