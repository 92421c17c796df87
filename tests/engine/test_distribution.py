"""Distributions answer exactly what they know, and None for the rest."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genchat.engine.distribution import ExactDistribution, FloatArray, NoDistribution, exact, top_ids, top_k, unknown

quick = settings(deadline=None, max_examples=60)


@st.composite
def log_probabilities(draw: st.DrawFn, smallest: int = 1, largest: int = 40) -> FloatArray:
    """A normalised float32 vector, with ties and impossible tokens now and then."""
    size = draw(st.integers(smallest, largest))
    logits = draw(
        st.lists(st.sampled_from([0.0, 1.0, -3.5, 7.25, 2.0, -20.0, -math.inf]), min_size=size, max_size=size)
    )
    values = np.array(logits, dtype=np.float64)
    if not np.isfinite(values).any():
        values[draw(st.integers(0, size - 1))] = 0.0
    values -= np.log(np.exp(values).sum())
    return values.astype(np.float32)


@given(log_probabilities(), st.integers(-2, 50))
@quick
def test_the_top_is_a_stable_sort_cut_short(values: FloatArray, count: int) -> None:
    expected = np.argsort(-values, kind="stable")[: max(count, 0)]
    assert top_ids(values, count).tolist() == expected.tolist()


@given(log_probabilities())
@quick
def test_ranks_count_from_one_and_follow_the_order(values: FloatArray) -> None:
    whole = exact(values)
    order = np.argsort(-values, kind="stable").tolist()
    assert [whole.rank(token) for token in order] == list(range(1, len(values) + 1))
    for candidate in whole.top(len(values)):
        assert whole.rank(candidate.token) == candidate.rank


@given(log_probabilities())
@quick
def test_what_cannot_come_is_never_listed(values: FloatArray) -> None:
    listed = exact(values).top(len(values))
    assert len(listed) == np.count_nonzero(np.isfinite(values))
    assert all(candidate.probability > 0 for candidate in listed)


@given(log_probabilities(), st.integers(0, 45))
@quick
def test_the_rest_and_the_listed_sum_to_one(values: FloatArray, count: int) -> None:
    whole = exact(values)
    listed = sum(candidate.probability for candidate in whole.top(count))
    assert whole.rest_mass(count) + listed == pytest.approx(1, abs=1e-5)


@given(log_probabilities())
@quick
def test_entropy_lies_between_none_and_that_of_a_fair_die(values: FloatArray) -> None:
    entropy = exact(values).entropy
    assert -1e-6 <= entropy <= math.log2(np.count_nonzero(np.isfinite(values))) + 1e-5


def test_entropy_of_known_distributions() -> None:
    assert exact(np.log(np.full(8, 1 / 8)).astype(np.float32)).entropy == pytest.approx(3)
    sure = exact(np.array([0.0, -np.inf], dtype=np.float32))
    assert sure.entropy == 0
    assert sure.rest_mass(1) == 0


@given(log_probabilities(2), st.integers(1, 10), st.data())
@quick
def test_a_condensed_distribution_remembers_the_whole(values: FloatArray, count: int, data: st.DataObject) -> None:
    whole = exact(values)
    kept = data.draw(st.integers(0, len(values) - 1))
    small = whole.condense(count, (kept,))
    assert small.rank(kept) == whole.rank(kept)
    assert small.log_prob(kept) == whole.log_prob(kept)
    assert small.entropy == whole.entropy
    assert small.vocabulary_size == len(values)
    assert small.top(count) == whole.top(count)
    assert small.rest_mass(count) == pytest.approx(whole.rest_mass(count), abs=1e-5)


def test_a_remote_top_list_is_sorted_and_knows_no_more() -> None:
    remote = top_k([(7, -2.0), (3, -0.5), (9, -3.0)])
    assert [(c.token, c.rank) for c in remote.top(2)] == [(3, 1), (7, 2)]
    assert remote.entropy is None
    assert remote.vocabulary_size is None
    assert remote.log_prob(4) is None
    assert remote.rank(4) is None
    assert remote.rest_mass(3) == pytest.approx(1 - math.exp(-2) - math.exp(-0.5) - math.exp(-3))


def test_an_empty_remote_list_leaves_everything_to_the_rest() -> None:
    assert top_k([]).rest_mass(5) == 1
    assert top_k([]).top(5) == []


def test_nothing_known_says_so() -> None:
    nothing = unknown("chat.no_probabilities")
    assert isinstance(nothing, NoDistribution)
    assert (nothing.kind, nothing.reason) == ("none", "chat.no_probabilities")
    assert nothing.top(3) == []
    assert nothing.entropy is nothing.log_prob(0) is nothing.rank(0) is nothing.rest_mass(1) is None


def test_kinds_are_told_apart() -> None:
    assert ExactDistribution(np.zeros(1, dtype=np.float32)).kind == "exact"
    assert top_k([(0, 0.0)]).kind == "top-k"
