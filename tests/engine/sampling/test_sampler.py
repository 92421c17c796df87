"""Sampling against a plain reference: sort everything, cut, renormalise, walk the list."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genchat.engine.distribution import FloatArray
from genchat.engine.errors import UsageError
from genchat.engine.sampling import Draw, Sampler, SamplingSettings
from genchat.engine.sampling.random_numbers import random_number
from tests.engine.test_distribution import log_probabilities

quick = settings(deadline=None, max_examples=120)

any_settings = st.builds(
    SamplingSettings,
    temperature=st.sampled_from([0.0, 0.2, 0.7, 1.0, 1.8]),
    top_k=st.sampled_from([0, 1, 3, 100]),
    top_p=st.sampled_from([1.0, 0.95, 0.5, 0.01]),
    min_p=st.sampled_from([0.0, 0.05, 0.5, 1.0]),
    repetition_penalty=st.sampled_from([1.0, 1.3]),
    seed=st.integers(0, 1000),
)


ROUNDING = 1e-6  # of float32 log-probabilities: candidates that end this close to a stage's edge may be in or out


def reference(draw: Draw, chosen: SamplingSettings, rounding: float) -> set[int]:
    """The tokens that may be drawn, the slow way, every edge moved by `rounding` towards more tokens."""
    order = np.argsort(-draw.adjusted, kind="stable")
    probabilities = np.exp(draw.adjusted[order].astype(np.float64))
    kept = int(np.count_nonzero(probabilities > 0))
    if chosen.top_k:
        kept = min(kept, chosen.top_k)
    if chosen.top_p < 1:
        edges = np.cumsum(probabilities[:kept]) / probabilities[:kept].sum()
        kept = min(kept, int(np.count_nonzero(edges < chosen.top_p + rounding)) + 1)
    if chosen.min_p:
        threshold = probabilities[0] * chosen.min_p * (1 - rounding)
        kept = min(kept, max(1, int(np.count_nonzero(probabilities >= threshold))))
    return set(order[:kept].tolist())


@given(log_probabilities(), any_settings)
@quick
def test_every_stage_keeps_what_the_slow_way_keeps(values: FloatArray, chosen: SamplingSettings) -> None:
    draw = Sampler(chosen).draw(values, before=[0])
    assert np.isfinite(values[draw.token])
    if chosen.temperature == 0:
        assert draw.token == int(np.argmax(draw.adjusted))
        assert draw.uniform is None
        assert draw.kept == 1
    else:
        kept = {token for token in np.flatnonzero(np.isfinite(values)).tolist() if draw.cut_by(token) is None}
        assert draw.kept == len(kept)
        assert reference(draw, chosen, -ROUNDING) <= kept <= reference(draw, chosen, ROUNDING)
        assert draw.token in kept


@given(log_probabilities(), any_settings)
@quick
def test_what_a_draw_was_made_from_sums_to_one(values: FloatArray, chosen: SamplingSettings) -> None:
    draw = Sampler(chosen).draw(values, before=[0])
    whole = draw.distribution()
    assert np.exp(whole.log_probs.astype(np.float64)).sum() == pytest.approx(1, abs=1e-5)
    assert whole.log_prob(draw.token) > -math.inf
    possible = {token for token in range(len(values)) if whole.log_prob(token) > -math.inf}
    assert possible == {token for token in range(len(values)) if draw.interval(token) or token == draw.token}


@given(log_probabilities(), any_settings)
@quick
def test_the_uniform_number_fell_in_the_drawn_tokens_interval(values: FloatArray, chosen: SamplingSettings) -> None:
    draw = Sampler(chosen).draw(values)
    if draw.uniform is None:
        return
    low, high = draw.interval(draw.token) or (2.0, 2.0)
    assert low - 1e-6 <= draw.uniform <= high + 1e-6
    cut = next((token for token in range(len(values)) if draw.cut_by(token) is not None), None)
    if cut is not None:
        assert draw.interval(cut) is None


def test_a_token_that_is_impossible_has_no_interval() -> None:
    draw = Sampler(SamplingSettings(temperature=1.0, top_p=1.0)).draw(np.array([0.0, -np.inf], dtype=np.float32))
    assert draw.interval(0) == (0.0, 1.0)
    assert draw.interval(1) is None


@given(log_probabilities(), any_settings)
@quick
def test_intervals_tile_the_line_from_zero_to_one(values: FloatArray, chosen: SamplingSettings) -> None:
    draw = Sampler(chosen).draw(values)
    spans = sorted(span for token in range(len(values)) if (span := draw.interval(token)))
    assert spans[0][0] == 0
    assert spans[-1][1] == pytest.approx(1)
    for (_, end), (begin, _) in itertools.pairwise(spans):
        assert end == pytest.approx(begin)


@given(log_probabilities(), any_settings)
@quick
def test_one_seed_draws_alike(values: FloatArray, chosen: SamplingSettings) -> None:
    first, second = Sampler(chosen), Sampler(chosen)
    assert [first.draw(values).token for _ in range(5)] == [second.draw(values).token for _ in range(5)]


@given(log_probabilities(2), any_settings)
@quick
def test_drawing_changes_nothing_it_was_given(values: FloatArray, chosen: SamplingSettings) -> None:
    before = values.copy()
    Sampler(chosen).draw(values, before=[0, 1])
    np.testing.assert_array_equal(values, before)


@given(log_probabilities(), any_settings)
@quick
def test_stages_only_ever_narrow(values: FloatArray, chosen: SamplingSettings) -> None:
    stages = Sampler(chosen).draw(values, before=[0]).stages
    counts = [int(np.count_nonzero(np.isfinite(values))), *(stage.kept for stage in stages)]
    assert counts == sorted(counts, reverse=True)
    assert all(0 < stage.kept_mass <= 1 + 1e-6 for stage in stages)
    assert all(stage.kept >= 1 for stage in stages)


def test_many_draws_follow_the_distribution() -> None:
    probabilities = np.array([0.5, 0.3, 0.15, 0.05])
    sampler = Sampler(SamplingSettings(temperature=1, top_p=1, seed=11))
    drawn = np.bincount([sampler.draw(np.log(probabilities).astype(np.float32)).token for _ in range(8000)])
    np.testing.assert_allclose(drawn / 8000, probabilities, atol=0.02)


def test_a_large_flat_vocabulary_is_drawn_from_end_to_end() -> None:
    size = 5000
    flat = np.full(size, -math.log(size), dtype=np.float32)
    sampler = Sampler(SamplingSettings(temperature=1, top_p=1, seed=5))
    drawn = {sampler.draw(flat).token for _ in range(300)}
    assert min(drawn) < size // 10
    assert max(drawn) > size - size // 10


def test_a_lower_temperature_favours_the_likeliest() -> None:
    values = np.log(np.array([0.6, 0.4])).astype(np.float32)
    cold = Sampler(SamplingSettings(temperature=0.5, top_p=1, seed=0)).draw(values).distribution()
    assert math.exp(cold.log_prob(0)) == pytest.approx(0.36 / (0.36 + 0.16), rel=1e-5)


def test_a_repeated_impossible_token_stays_impossible() -> None:
    values = np.array([0.0, -np.inf], dtype=np.float32)
    draw = Sampler(SamplingSettings(temperature=1, repetition_penalty=1.5, seed=0)).draw(values, before=[1])
    assert draw.token == 0
    assert draw.adjusted[1] == -np.inf


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("temperature", -0.1, "temperature is -0.1; use a number of 0 or more; 1 switches it off"),
        ("temperature", math.nan, "temperature is nan"),
        ("temperature", math.inf, "temperature is inf"),
        ("temperature", "hot", "temperature is hot"),
        ("top_p", 0.0, "top-p is 0; use a number above 0, at most 1; 1 switches it off"),
        ("top_p", 1.01, "top-p is 1.01"),
        ("top_p", math.nan, "top-p is nan"),
        ("min_p", -0.01, "min-p is -0.01; use a number from 0 to 1; 0 switches it off"),
        ("min_p", math.nan, "min-p is nan"),
        ("top_k", -1, "top-k is -1; use a whole number of 0 or more; 0 switches it off"),
        ("top_k", 1.5, "top-k is 1.5"),
        ("top_k", True, "top-k is True"),
        ("repetition_penalty", 0.5, "repetition penalty is 0.5; use a number of 1 or more"),
        ("repetition_penalty", math.nan, "repetition penalty is nan"),
        ("dry_breakers", 3, "DRY breakers is 3; use a text"),
        ("seed", -1, "the seed is -1"),
        ("seed", 0.5, "the seed is 0.5"),
    ],
)
def test_settings_outside_their_range_are_refused_by_name_with_their_bounds(
    setting: str, value: Any, said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        SamplingSettings(**{setting: value})
    assert said in str(caught.value)


def test_numbers_of_numpy_and_whole_numbers_are_good_for_fractions() -> None:
    of_numpy: dict[str, Any] = {"temperature": np.int64(1), "top_p": np.float32(0.5), "top_k": np.int64(3)}
    assert SamplingSettings(**of_numpy).top_k == 3


@pytest.mark.parametrize("temperature", [1e-3, 1e-30, 1e-38, 1e-45, 5e-324])
def test_a_tiny_temperature_is_nearly_greedy_and_still_a_number(temperature: float) -> None:
    values = np.log(np.array([0.6, 0.4])).astype(np.float32)
    draw = Sampler(SamplingSettings(temperature=temperature, seed=0)).draw(values)
    assert draw.token == 0
    assert not np.isnan(draw.adjusted).any()


@pytest.mark.parametrize("temperature", [1e6, 1e30, 1e300])
def test_a_huge_temperature_is_nearly_flat(temperature: float) -> None:
    values = np.log(np.array([0.999, 0.001])).astype(np.float32)
    draw = Sampler(SamplingSettings(temperature=temperature, top_p=1, seed=0)).draw(values)
    np.testing.assert_allclose(np.exp(draw.adjusted), [0.5, 0.5], rtol=1e-4)


@pytest.mark.parametrize("min_p", [1e-30, 1e-320])
def test_a_vanishing_min_p_cuts_nothing(min_p: float) -> None:
    values = np.log(np.array([0.9, 0.1])).astype(np.float32)
    assert Sampler(SamplingSettings(temperature=1, top_p=1, min_p=min_p, seed=0)).draw(values).kept == 2


def test_a_fresh_seed_is_chosen_and_kept_for_the_record() -> None:
    sampler = Sampler(SamplingSettings(seed=None))
    assert 0 <= sampler.seed < 2**32


@given(log_probabilities(2), any_settings, st.integers(0, 30))
@quick
def test_a_position_draws_the_same_whatever_was_drawn_before(
    values: FloatArray, chosen: SamplingSettings, position: int
) -> None:
    walked = Sampler(chosen)
    for _ in range(position):
        walked.draw(values)
    there, here = walked.draw(values), Sampler(chosen).draw(values, position=position)
    assert (there.token, there.uniform) == (here.token, here.uniform)


def test_positions_and_seeds_draw_independently() -> None:
    numbers = np.array([[random_number(seed, position, "draw") for position in range(60)] for seed in range(60)])
    assert len(np.unique(numbers)) == numbers.size
    assert numbers.min() >= 0
    assert numbers.max() < 1
    counts = np.histogram(numbers, bins=10, range=(0, 1))[0]
    assert counts.min() > 300  # of 360
    neighbours = [(numbers[:-1], numbers[1:]), (numbers[:, :-1], numbers[:, 1:])]
    assert all(abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.06 for one, other in neighbours)


def test_who_asks_decides_the_number_too_and_seeds_may_be_of_any_size() -> None:
    asked = [random_number(2**200 + 1, 7, purpose) for purpose in ("draw", "xtc", "mirostat")]
    assert len(set(asked)) == 3
    assert random_number(2**200 + 1, 7, "draw") == asked[0] != random_number(2**200, 7, "draw")


def test_a_switched_on_stage_that_draws_for_itself_leaves_the_draw_its_number() -> None:
    values = np.log(np.array([0.4, 0.3, 0.2, 0.1])).astype(np.float32)
    plain = [Sampler(SamplingSettings(seed=1)).draw(values, position=at).uniform for at in range(20)]
    excluding = SamplingSettings(seed=1, xtc_probability=0.5)
    assert [Sampler(excluding).draw(values, position=at).uniform for at in range(20)] == plain


def test_a_fork_goes_on_as_the_sampler_would_and_leaves_it_where_it_is() -> None:
    values = np.log(np.random.default_rng(1).dirichlet(np.ones(50))).astype(np.float32)
    sampler = Sampler(SamplingSettings(temperature=1, top_p=1, mirostat_tau=3, seed=4))
    for _ in range(5):
        sampler.draw(values)
    fork = sampler.fork()
    there = [(draw.token, draw.kept) for draw in (fork.draw(values) for _ in range(8))]
    assert [(draw.token, draw.kept) for draw in (sampler.draw(values) for _ in range(8))] == there


def test_an_impossible_token_was_removed_by_no_stage() -> None:
    values = np.log(np.array([0.6, 0.4])).astype(np.float32)
    draw = Sampler(SamplingSettings(temperature=1, top_k=1)).draw(np.append(values, np.float32(-np.inf)))
    assert [draw.cut_by(token) for token in range(3)] == [None, "top-k", None]
