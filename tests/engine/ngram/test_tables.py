"""The whole estimator on arbitrary streams: against the definitions, and against itself asked in other ways."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genchat.engine.errors import UsageError
from genchat.engine.ngram.kneser_ney import discounts_of
from genchat.engine.ngram.suffix_array import suffix_array
from genchat.engine.ngram.tables import NgramTables
from genchat.engine.ngram.training import estimate
from genchat.engine.ngram.trie import build_levels
from tests.engine.ngram.naive import NaiveKneserNey

VOCABULARY = 7
texts = st.lists(st.lists(st.integers(1, VOCABULARY - 2), min_size=1, max_size=25), min_size=1, max_size=5)
orders = st.integers(1, 5)
quick = settings(deadline=None, max_examples=40)


def stream_of(corpus: list[list[int]]) -> np.ndarray:
    return np.array([token for text in corpus for token in (0, *text)], dtype=np.int32)


def trained(corpus: list[list[int]], order: int) -> NgramTables:
    return estimate(stream_of(corpus), VOCABULARY, order)[0]


@given(texts, orders, st.lists(st.integers(1, VOCABULARY - 1), max_size=6))
@quick
def test_every_probability_is_that_of_the_definitions(corpus: list[list[int]], order: int, context: list[int]) -> None:
    tables = trained(corpus, order)
    naive = NaiveKneserNey(corpus, VOCABULARY, tables.order)
    got = np.exp(tables.log_probs(tables.state_after(context)).astype(np.float64))
    expected = [naive.probability(token, (0, *context)) for token in range(VOCABULARY)]
    np.testing.assert_allclose(got, expected, rtol=2e-5, atol=1e-9)


@given(texts, orders, st.lists(st.integers(0, VOCABULARY - 1), max_size=8))
@quick
def test_every_distribution_sums_to_one_and_leaves_nothing_impossible_but_start(
    corpus: list[list[int]], order: int, context: list[int]
) -> None:
    tables = trained(corpus, order)
    log_probs = tables.log_probs(tables.state_after(context))
    assert np.exp(log_probs.astype(np.float64)).sum() == pytest.approx(1, abs=1e-5)
    assert log_probs[0] == -math.inf
    assert np.isfinite(log_probs[1:]).all()


@given(texts, orders, st.lists(st.integers(0, VOCABULARY - 1), max_size=12), st.booleans())
@quick
def test_rolling_a_state_equals_finding_it_anew(
    corpus: list[list[int]], order: int, tokens: list[int], begins: bool
) -> None:
    tables = trained(corpus, order)
    state = tables.state_after([], begins=begins)
    for index, token in enumerate(tokens):
        state = tables.advance(state, token)
        assert state == tables.state_after(tokens[: index + 1], begins=begins)
        assert len(state) < tables.order


@given(texts, orders, st.lists(st.integers(1, VOCABULARY - 1), min_size=1, max_size=12), st.booleans())
@quick
def test_three_ways_to_ask_for_one_probability_agree(
    corpus: list[list[int]], order: int, tokens: list[int], begins: bool
) -> None:
    tables = trained(corpus, order)
    at_once = tables.score(tokens, begins=begins)
    state = tables.state_after([], begins=begins)
    for token, scored in zip(tokens, at_once.tolist(), strict=True):
        assert tables.log_probs(state)[token] == pytest.approx(scored, abs=1e-5)
        assert tables.log_prob(state, token) == pytest.approx(scored, abs=1e-5)
        state = tables.advance(state, token)


@given(texts, st.integers(2, 5))
@quick
def test_the_trie_holds_every_ngram_once_in_order_with_its_suffix(corpus: list[list[int]], order: int) -> None:
    stream = stream_of(corpus)
    levels = build_levels(stream, suffix_array(stream), VOCABULARY, order)
    grams: list[list[tuple[int, ...]]] = [[(token,) for token in range(VOCABULARY)]]
    for length in range(2, len(levels) + 1):
        above = levels[length - 2]
        grams.append(
            [
                (*grams[-1][parent], int(levels[length - 1].words[child]))
                for parent in range(len(above.words))
                for child in range(int(above.children[parent]), int(above.children[parent + 1]))
            ]
        )
        whole = [(0, *text) for text in corpus]
        expected = {text[begin : begin + length] for text in whole for begin in range(len(text) - length + 1)}
        assert grams[-1] == sorted(expected)
        links = levels[length - 1].links.tolist()
        assert [grams[-2][link] for link in links] == [gram[1:] for gram in grams[-1]]
    occurrences = dict(zip(grams[-1], levels[-1].counts.tolist(), strict=True))
    longest = len(levels)
    for gram, count in occurrences.items():
        assert count == sum(
            (0, *text)[begin : begin + longest] == gram for text in corpus for begin in range(len(text) + 2 - longest)
        )


@pytest.mark.parametrize("wrong", [-1, VOCABULARY, 2**40])
def test_a_token_outside_the_vocabulary_is_refused_everywhere(wrong: int) -> None:
    tables = trained([[1, 2, 3]], 3)
    for ask in (
        lambda: tables.advance((), wrong),
        lambda: tables.state_after([wrong, 1, 1, 1, 1]),
        lambda: tables.score([1, wrong]),
    ):
        with pytest.raises(UsageError) as caught:
            ask()
        assert caught.value.key == "token_outside_vocabulary"


@pytest.mark.parametrize(
    "corpus", [[[1]], [[1] * 200], [[1], [1], [1]], [[1, 2] * 100], [[5, 4, 3, 2, 1]], [[1] * 3, [2] * 3]]
)
def test_the_poorest_texts_still_give_distributions(corpus: list[list[int]]) -> None:
    tables = trained(corpus, 12)
    for context in ([], [1], [2, 1], [6, 6], [1] * 20):
        log_probs = tables.log_probs(tables.state_after(context)).astype(np.float64)
        assert np.exp(log_probs).sum() == pytest.approx(1, abs=1e-5)


def test_a_model_never_has_a_longer_order_than_its_longest_text() -> None:
    assert trained([[1, 2]], 12).order == 3


@pytest.mark.parametrize(
    ("tally", "expected"),
    [
        ([10, 5, 3, 2], (0.5, 1.1, 5 / 3)),
        ([0, 5, 3, 2], (0.5, 1.0, 1.5)),
        ([10, 0, 3, 2], (0.5, 1.0, 1.5)),
        ([10, 5, 0, 2], (0.5, 1.0, 1.5)),
        ([10, 5, 100, 1], (0.5, 1.0, 1.5)),
    ],
)
def test_discounts_and_when_they_fall_back(tally: list[int], expected: tuple[float, float, float]) -> None:
    discounts = discounts_of(tally)
    assert (discounts.one, discounts.two, discounts.more) == pytest.approx(expected)
    assert discounts.fallback == (expected == (0.5, 1.0, 1.5))


def test_in_dialogues_the_words_that_open_a_turn_keep_their_counts() -> None:
    end, role = 2, 1
    stream = np.array([0, *[role, 3, end] * 9, *[role, 4, end]], dtype=np.int32)
    with_turns, _ = estimate(stream, 5, 3, openers=2)
    state = with_turns.advance(with_turns.advance((), end), role)
    plain, _ = estimate(stream, 5, 3)
    flat = plain.advance(plain.advance((), end), role)[1:]
    opened = state[1:]
    assert with_turns.log_prob(opened, 3) - with_turns.log_prob(opened, 4) > math.log(5)
    assert plain.log_prob(flat, 3) - plain.log_prob(flat, 4) < math.log(2)
