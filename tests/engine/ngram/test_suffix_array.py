"""The suffix array against sorting the suffixes themselves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genchat.engine.errors import TrainingFailed
from genchat.engine.ngram import suffix_array as module
from genchat.engine.ngram.progress import Watch
from genchat.engine.ngram.suffix_array import suffix_array


def slow(tokens: list[int]) -> list[int]:
    return sorted(range(len(tokens)), key=lambda position: tokens[position:])


def fast(tokens: list[int]) -> list[int]:
    suffixes: list[int] = suffix_array(np.array(tokens, dtype=np.int32)).tolist()
    return suffixes


@given(st.lists(st.integers(0, 3), max_size=100))
@settings(deadline=None, max_examples=80)
def test_few_symbols(tokens: list[int]) -> None:
    assert fast(tokens) == slow(tokens)


@given(st.lists(st.integers(0, 2**31 - 2), max_size=40), st.integers(1, 4))
@settings(deadline=None, max_examples=50)
def test_large_symbols_repeated(tokens: list[int], times: int) -> None:
    assert fast(tokens * times) == slow(tokens * times)


@pytest.mark.parametrize("tokens", [[], [0], [5], [1, 1], [0] * 100, [7, 8] * 60])
def test_the_shortest_and_the_most_monotonous(tokens: list[int]) -> None:
    assert fast(tokens) == slow(tokens)


def test_groups_larger_and_smaller_than_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CHUNK", 8)
    random = np.random.default_rng(1)
    tokens = [*random.integers(0, 2, 300).tolist(), *[1] * 50, *random.integers(0, 4, 300).tolist()]
    assert fast(tokens) == slow(tokens)


def test_what_agrees_beyond_the_depth_is_still_told_apart_up_to_it() -> None:
    tokens = np.zeros(2000, dtype=np.int32)
    suffixes = suffix_array(tokens, depth=32).tolist()
    assert sorted(suffixes) == list(range(2000))
    shortened = [min(2000 - position, 32) for position in suffixes]
    assert shortened == sorted(shortened)


def test_a_stop_is_heard_between_rounds() -> None:
    tokens = np.zeros(5000, dtype=np.int32)
    with pytest.raises(TrainingFailed) as caught:
        suffix_array(tokens, Watch(should_stop=lambda: True))
    assert caught.value.key == "training_stopped"
