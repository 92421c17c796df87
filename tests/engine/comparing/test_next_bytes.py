"""Unlike vocabularies on one axis: sums, divergences, and the price of a text byte by byte."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from genchat.engine.comparing.next_bytes import ENDS, SIZE, FirstBytes, js_divergence, kl_divergence
from genchat.engine.comparing.places import place
from genchat.engine.comparing.pricing import price
from genchat.engine.errors import UsageError
from tests.engine.gpt import tiny
from tests.fakes import ByteTokenizer, HashModel

weights = st.lists(st.floats(0, 1), min_size=SIZE, max_size=SIZE).filter(lambda values: sum(values) > 1e-3)


def normal(values: list[float]) -> NDArray[np.float64]:
    array = np.array(values)
    whole: NDArray[np.float64] = array / array.sum()
    return whole


@given(weights, weights)
def test_divergences_are_zero_for_equal_and_never_below(p: list[float], q: list[float]) -> None:
    one, other = normal(p), normal(q)
    assert kl_divergence(one, one) == pytest.approx(0, abs=1e-12)
    assert js_divergence(one, one) == pytest.approx(0, abs=1e-12)
    assert kl_divergence(one, other) >= 0
    assert 0 <= js_divergence(one, other) <= 1
    assert js_divergence(one, other) == pytest.approx(js_divergence(other, one))


def test_what_cannot_be_together_is_one_bit_apart() -> None:
    one, other = np.zeros(SIZE), np.zeros(SIZE)
    one[65] = other[66] = 1.0
    assert js_divergence(one, other) == pytest.approx(1)
    assert kl_divergence(one, other) == pytest.approx(30, abs=0.2)


@given(st.integers(0, 2**32))
def test_the_sum_over_first_bytes_equals_counting_them_by_hand(seed: int) -> None:
    pieces = [b"a", b"ab", b"b", "ã".encode(), "á".encode(), b"\xc3", b"", b" a"]

    class Pieces(ByteTokenizer):
        def __init__(self) -> None:
            self.special_tokens = {"<|end|>": 2}

        def token_bytes(self, token: int) -> bytes:
            return pieces[token]

    logits = np.random.default_rng(seed).normal(0, 3, len(pieces))
    log_probs = (logits - np.log(np.exp(logits).sum())).astype(np.float32)
    found = FirstBytes.of(Pieces(), len(pieces)).distribution(log_probs)
    expected = dict.fromkeys(range(SIZE), 0.0)
    for token, piece in enumerate(pieces):
        expected[ENDS if token == 2 or not piece else piece[0]] += math.exp(log_probs[token])
    assert found.sum() == pytest.approx(1)
    assert found == pytest.approx(np.array([expected[entry] for entry in range(SIZE)]), abs=1e-6)


def test_a_text_is_priced_byte_by_byte_whatever_its_tokens() -> None:
    model = tiny.model(tiny.HOME)
    text = "abc a"
    found = price(model, text)
    assert found.ends[-1] == len(text.encode())
    assert found.between(0, 5) == pytest.approx(found.bits.sum())
    assert found.between(0, 2) + found.between(2, 5) == pytest.approx(found.bits.sum())
    assert found.bits_per_byte == pytest.approx(found.bits.sum() / 5)
    assert math.isnan(price(model, "").bits_per_byte)


def test_what_a_vocabulary_cannot_write_is_refused() -> None:
    class Deaf(HashModel):
        class Tokenizer(ByteTokenizer):
            def encode(self, text: str) -> list[int]:
                return super().encode(text.replace("z", ""))

        tokenizer = Tokenizer()

    with pytest.raises(UsageError):
        price(Deaf(), "zebra")


def test_what_is_expected_at_a_place_is_the_models_own() -> None:
    model = HashModel()
    tokens = model.tokenizer.encode("oi")
    found = place(model, tokens, FirstBytes.of(model.tokenizer, model.info.vocabulary_size))
    log_probs = model.start(tokens).log_probs()
    assert found.expected[0].token == int(np.argmax(log_probs))
    assert found.expected[0].probability == pytest.approx(float(np.exp(log_probs.max())))
    assert [each.rank for each in found.expected] == list(range(1, len(found.expected) + 1))
    assert found.next_bytes.sum() == pytest.approx(1)
