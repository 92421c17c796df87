"""Frequency and presence penalties against OpenAI's formula on logits; the repetition penalty against CTRL's rule."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genchat.engine.decoding import generate
from genchat.engine.distribution import FloatArray
from genchat.engine.sampling import SamplingSettings
from tests.engine.pretrained.shipped import shipped
from tests.engine.sampling.cases import alone, distributions, quick
from tests.fakes import ByteTokenizer, HashModel


def softmax(logits: list[float]) -> list[float]:
    total = sum(math.exp(logit) for logit in logits)
    return [math.exp(logit) / total for logit in logits]


@given(
    distributions(largest=12),
    st.lists(st.integers(0, 1), max_size=20),
    st.floats(-2, 2),
    st.floats(-2, 2),
    st.floats(-3, 3),
    st.sampled_from([5, 64]),
)
@quick
def test_counts_and_presence_are_taken_off_the_logits(
    values: FloatArray, before: list[int], frequency: float, presence: float, shift: float, window: int
) -> None:
    counts = Counter(before[-window:])
    logits = [
        float(value) + shift - counts[token] * frequency - (counts[token] > 0) * presence
        for token, value in enumerate(values)
    ]
    draw = alone(values, before, frequency_penalty=frequency, presence_penalty=presence, repetition_window=window)
    np.testing.assert_allclose(np.exp(draw.adjusted), softmax(logits), rtol=1e-3, atol=1e-6)


@given(distributions(largest=12), st.lists(st.integers(0, 1), max_size=8), st.sampled_from([1.1, 1.5, 3.0]))
@quick
def test_the_repetition_penalty_is_ctrls_rule_measured_from_uniform(
    values: FloatArray, before: list[int], penalty: float
) -> None:
    scores = []
    for token, value in enumerate(values):
        score = float(value) + math.log(len(values))
        if token in before and score > 0:
            score /= penalty
        elif token in before:
            score *= penalty
        scores.append(score)
    draw = alone(values, before, repetition_penalty=penalty)
    np.testing.assert_allclose(np.exp(draw.adjusted), softmax(scores), rtol=1e-3, atol=1e-6)


def test_the_repetition_penalty_looks_back_no_further_than_its_window() -> None:
    values = np.log(np.array([0.5, 0.25, 0.25])).astype(np.float32)
    draw = alone(values, [1, 0, 2], repetition_penalty=2, repetition_window=2)
    changed = draw.adjusted - values
    assert changed[0] < changed[1]
    assert changed[2] < changed[1]


def test_markers_of_the_chat_are_not_penalised() -> None:
    end = ByteTokenizer.special_tokens["<|end|>"]
    values = np.log(np.full(ByteTokenizer.vocabulary_size, 0.1 / 258)).astype(np.float32)
    values[end] = np.log(0.9)
    for draw in (
        alone(values, [end, end, end], repetition_penalty=5),
        alone(values, [end, end, end], frequency_penalty=2),
        alone(values, [end, end, end], presence_penalty=2),
    ):
        assert draw.adjusted[end] == pytest.approx(values[end], abs=1e-5)


@pytest.mark.parametrize("penalty", [1e7, 1e300])
def test_a_huge_repetition_penalty_gives_numbers_still(penalty: float) -> None:
    values = np.log(np.array([0.9, 0.06, 0.04])).astype(np.float32)
    draw = alone(values, [0, 1, 2], repetition_penalty=penalty)
    assert np.isfinite(draw.adjusted).any()
    assert not np.isnan(draw.adjusted).any()


class _Loop(HashModel):
    """Says one phrase for ever: each next byte has a probability of 0.97, and one other byte 0.02."""

    phrase = b"I love my dog. "

    def start(self, tokens):  # type: ignore[no-untyped-def]
        here = super().start(tokens)
        phrase, size = self.phrase, self.tokenizer.vocabulary_size

        class Cursor(type(here)):  # type: ignore[misc]
            def log_probs(self) -> FloatArray:
                log_probs = np.full(size, np.log(0.01 / (size - 2)), dtype=np.float32)
                log_probs[ord("A") + len(self._past) % 26] = np.log(0.02)
                last = bytes(token for token in self._past[-2:] if token < 256)
                at = (phrase * 2).find(last)
                log_probs[(phrase * 2)[at + len(last)]] = np.log(0.97)
                return log_probs

        here.__class__ = Cursor
        return here


def said(penalty: float) -> bytes:
    model = _Loop()
    chosen = SamplingSettings(temperature=0, repetition_penalty=penalty)
    return bytes(step.token or 0 for step in generate(model, model.tokenizer.encode("I "), chosen, max_tokens=60))


def test_a_loop_at_a_probability_near_one_goes_on_without_a_penalty_and_ends_with_one() -> None:
    assert said(1.0).count(b"love my dog") == 4
    assert said(4.0).count(b"love my dog") <= 1


def test_a_loop_of_the_model_that_ships_ends() -> None:
    model = shipped("shakespeare")
    prompt = model.tokenizer.encode("ROMEO: the king, the king, the king, the king, the")

    def longest_repeat(penalty: float) -> int:
        """How many letters at the end of some beginning of the text stood before."""
        chosen = SamplingSettings(temperature=0, repetition_penalty=penalty)
        text = "".join(step.text for step in generate(model, prompt, chosen, max_tokens=110))
        length = 0
        while any(text[at : at + length] in text[at + 1 :] for at in range(len(text) - length)):
            length += 1
        return length

    assert longest_repeat(1.0) > 40
    assert longest_repeat(1.5) < 20
