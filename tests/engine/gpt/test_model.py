"""The mini GPT as a language model: its window, its cache, its evidence."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from genchat.engine.gpt.config import GptConfig
from genchat.engine.gpt.model import spans, window_start
from tests.engine.gpt import tiny

SHAPES = pytest.mark.parametrize("config", tiny.SHAPES.values(), ids=tiny.SHAPES)


def some_tokens(count: int, seed: int = 0) -> list[int]:
    return [int(token) for token in np.random.default_rng(seed).integers(0, tiny.HOME.vocabulary_size, count)]


@SHAPES
def test_scoring_a_long_text_at_once_equals_going_token_by_token(config: GptConfig) -> None:
    model, tokens = tiny.model(config), some_tokens(75)
    cursor = model.start([])
    one_by_one = []
    for token in tokens:
        one_by_one.append(cursor.log_probs()[token])
        cursor.advance(token)
    np.testing.assert_allclose(model.score_tokens(tokens), one_by_one, atol=1e-4)
    for length in (0, 1, 15, 16, 17, 24, 25, 60):
        there = model.start(tokens[:length]).log_probs()[tokens[length]]
        assert there == pytest.approx(one_by_one[length], abs=1e-4)


@given(st.integers(1, 400), st.integers(1, 64))
@settings(deadline=None, max_examples=200)
def test_windows_price_every_token_once_with_the_past_a_cursor_has(count: int, limit: int) -> None:
    priced = []
    for start, end, first in spans(count, limit):
        assert end - start <= limit
        for target in range(first, end + 1):
            assert window_start(target, limit) == start
            priced.append(target)
    assert priced == list(range(1, count))


@given(st.integers(0, 2000), st.integers(1, 64))
@settings(deadline=None, max_examples=200)
def test_a_window_never_outgrows_the_model_and_keeps_half(length: int, limit: int) -> None:
    start = window_start(length, limit)
    assert 0 <= length - start <= limit
    assert length <= limit or length - start > limit // 2
    assert window_start(length + 1, limit) >= start


def test_forks_part_at_any_place_and_share_the_past() -> None:
    model, tokens = tiny.model(), some_tokens(60)
    expected = model.score_tokens(tokens)
    cursor = model.start([])
    for index, token in enumerate(tokens):
        cursor.log_probs()
        fork, lost = cursor.fork(), cursor.fork()
        lost.advance((token + 1) % 256)
        lost.log_probs()
        for later in range(index, min(index + 5, len(tokens))):
            assert fork.log_probs()[tokens[later]] == pytest.approx(expected[later], abs=1e-4)
            fork.advance(tokens[later])
        cursor.advance(token)


def test_a_fork_takes_no_memory_of_its_own() -> None:
    model = tiny.model()
    cursor = model.start(some_tokens(10))
    cursor.log_probs()
    assert cursor.fork().cache._buffer is cursor.cache._buffer


def test_memory_a_token_is_what_the_shape_says() -> None:
    config = tiny.LLAMA
    cursor = tiny.model(config).start([1])
    assert cursor.cache.bytes_per_token == 2 * config.layers * config.kv_heads * config.head_width * 4


def test_the_past_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny.model()
    read: list[int] = []
    forward = model.network.forward

    def counting(ids: Tensor, *rest: Any, **more: Any) -> Tensor:
        read.append(ids.shape[1])
        return forward(ids, *rest, **more)

    monkeypatch.setattr(model.network, "forward", counting)
    cursor = model.start(some_tokens(10))
    for token in (5, 6, 7):
        cursor.log_probs()
        cursor.log_probs()
        cursor.advance(token)
    cursor.log_probs()
    assert read == [10, 1, 1, 1]


@SHAPES
def test_evidence_shows_attention_and_what_each_layer_would_say(config: GptConfig) -> None:
    model, tokens = tiny.model(config), some_tokens(21)
    cursor = model.start(tokens)
    log_probs = cursor.log_probs()
    evidence = cursor.evidence()
    assert list(evidence.tokens) == tokens[window_start(21, 16) :]
    assert evidence.attention.shape == (config.layers, config.heads, len(evidence.tokens))
    np.testing.assert_allclose(evidence.attention.sum(-1), 1, atol=1e-5)
    assert [row.layer for row in evidence.lens] == list(range(config.layers + 1))
    last = evidence.lens[-1]
    assert last.top[0][0] == int(np.argmax(log_probs))
    assert last.top[0][1] == pytest.approx(float(np.exp(log_probs.max())), abs=1e-4)
    assert all(row.entropy >= 0 and len(row.top) == 5 for row in evidence.lens)


def test_an_empty_text_reads_like_the_start_token() -> None:
    model = tiny.model()
    start = model.network.config.start_token
    np.testing.assert_allclose(model.start([]).log_probs(), model.start([start]).log_probs(), atol=1e-6)
    assert model.start([]).evidence().tokens == (start,)
    assert model.score_tokens([]).shape == (0,)
