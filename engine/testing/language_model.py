"""The contract of a LanguageModel, its Cursor and its Tokenizer."""

import math
from collections.abc import Sequence
from unicodedata import normalize

import numpy as np
import pytest

from genchat.engine.contract import LanguageModel, ReplySettings, Step
from genchat.engine.decoding import generate, score
from genchat.engine.errors import UsageError
from genchat.engine.forking import Beginning, Pasts, begun
from genchat.engine.sampling import SamplingSettings

DRAWN = SamplingSettings(temperature=1.0, top_p=1.0, seed=7)
GREEDY = SamplingSettings(temperature=0.0)
TEXTS = (
    "",
    "bom dia",
    "Olá! O café está pronto, não é?\nSim.",
    "two  spaces,\ttab\r\n and CR",
    "日本語 🙂 e\u0301 ﬁm",
    "a\x00b\x1b[2J",
)


def joined(steps: Sequence[Step]) -> str:
    """The text of a reply as its steps tell it."""
    return "".join(step.text for step in steps)


class LanguageModelContract:
    """Inherit and define a `model` fixture."""

    tolerance = 1e-4  # of summed probabilities and of log-probabilities computed in two ways
    prompt_text = "bom dia"
    tokens_a_test = 24

    @pytest.fixture
    def model(self) -> LanguageModel:
        raise NotImplementedError

    def _prompt(self, model: LanguageModel) -> list[int]:
        return model.tokenizer.encode(self.prompt_text)

    def _steps(self, model: LanguageModel, settings: SamplingSettings = DRAWN) -> list[Step]:
        return list(generate(model, self._prompt(model), settings, max_tokens=self.tokens_a_test))

    def test_info_and_tokenizer_agree_on_the_vocabulary(self, model: LanguageModel) -> None:
        assert model.info.vocabulary_size == model.tokenizer.vocabulary_size
        assert len(model.start([]).log_probs()) == model.info.vocabulary_size

    def test_probabilities_sum_to_one_everywhere(self, model: LanguageModel) -> None:
        cursor = model.start([])
        for token in [*self._prompt(model), *(step.token or 0 for step in self._steps(model))]:
            log_probs = cursor.log_probs()
            assert log_probs.dtype == np.float32
            assert not np.isnan(log_probs).any()
            assert np.exp(log_probs.astype(np.float64)).sum() == pytest.approx(1, abs=self.tolerance)
            cursor.advance(token)

    def test_the_caller_may_keep_a_distribution(self, model: LanguageModel) -> None:
        cursor = model.start(self._prompt(model))
        kept = cursor.log_probs()
        copy = kept.copy()
        cursor.advance(int(np.argmax(kept)))
        cursor.log_probs()
        np.testing.assert_array_equal(kept, copy)

    def test_advancing_equals_starting_further_on(self, model: LanguageModel) -> None:
        tokens = [*self._prompt(model), *(step.token or 0 for step in self._steps(model))]
        cursor = model.start([])
        for index, token in enumerate(tokens):
            cursor.advance(token)
            there = model.start(tokens[: index + 1])
            np.testing.assert_allclose(np.exp(cursor.log_probs()), np.exp(there.log_probs()), atol=self.tolerance)

    def test_forks_are_independent(self, model: LanguageModel) -> None:
        cursor = model.start(self._prompt(model))
        before = cursor.log_probs().copy()
        fork = cursor.fork()
        likely = [int(token) for token in np.argsort(-before, kind="stable")[:2]]
        fork.advance(likely[0])
        fork.advance(likely[1])
        np.testing.assert_allclose(np.exp(cursor.log_probs()), np.exp(before), atol=1e-6)
        other = cursor.fork()
        cursor.advance(likely[1])
        cursor.advance(likely[0])
        other.advance(likely[0])
        other.advance(likely[1])
        np.testing.assert_allclose(np.exp(fork.log_probs()), np.exp(other.log_probs()), atol=self.tolerance)

    def test_score_equals_what_generate_reported(self, model: LanguageModel) -> None:
        steps = self._steps(model)
        tokens = [step.token for step in steps if step.token is not None]
        scored = score(model, tokens, self._prompt(model))
        assert scored.shape == (len(tokens),)
        np.testing.assert_allclose(scored, [step.log_prob or 0.0 for step in steps], atol=self.tolerance, rtol=1e-4)

    def test_one_seed_gives_one_text(self, model: LanguageModel) -> None:
        first, second = self._steps(model), self._steps(model)
        assert [step.token for step in first] == [step.token for step in second]
        assert joined(first) == joined(second)

    def test_temperature_zero_takes_the_likeliest_token(self, model: LanguageModel) -> None:
        cursor = model.start(self._prompt(model))
        for step in self._steps(model, GREEDY):
            assert step.token is not None
            assert step.log_prob == pytest.approx(float(cursor.log_probs().max()), abs=self.tolerance)
            assert step.raw.rank(step.token) == 1
            cursor.advance(step.token)

    def test_a_stop_takes_effect_before_the_next_token(self, model: LanguageModel) -> None:
        drawn: list[Step] = []
        for step in generate(
            model, self._prompt(model), DRAWN, max_tokens=self.tokens_a_test, should_stop=lambda: len(drawn) >= 3
        ):
            drawn.append(step)
        assert len(drawn) == 3
        assert [step.token for step in drawn] == [step.token for step in self._steps(model)[:3]]

    def test_step_texts_joined_are_the_decoded_whole(self, model: LanguageModel) -> None:
        for seed in range(4):
            steps = self._steps(model, SamplingSettings(temperature=1.5, top_p=1.0, seed=seed))
            assert joined(steps) == model.tokenizer.decode([step.token or 0 for step in steps])

    def test_a_stop_token_ends_the_text(self, model: LanguageModel) -> None:
        whole = self._steps(model)
        stop = whole[2].token
        assert stop is not None
        ended = list(
            generate(model, self._prompt(model), DRAWN, max_tokens=self.tokens_a_test, stop_tokens=frozenset([stop]))
        )
        first = next(index for index, step in enumerate(whole) if step.token == stop)
        assert len(ended) == first + 1
        assert ended[-1].special
        assert joined(ended) == model.tokenizer.decode([step.token or 0 for step in whole[:first]])

    def test_reported_probabilities_are_the_models_own(self, model: LanguageModel) -> None:
        for step in self._steps(model, SamplingSettings(temperature=0.5, top_k=5, seed=1)):
            assert step.token is not None
            assert step.log_prob == step.raw.log_prob(step.token)
            assert step.drawn_from.log_prob(step.token) is not None
            assert math.isfinite(step.drawn_from.log_prob(step.token) or 0.0)

    @pytest.mark.parametrize("kept_in_memory", [True, False])
    def test_a_fork_that_takes_the_same_token_writes_the_same_text(
        self, model: LanguageModel, kept_in_memory: bool
    ) -> None:
        settings, prompt = ReplySettings(DRAWN, self.tokens_a_test), self._prompt(model)
        pasts = Pasts() if kept_in_memory else None
        whole = [step for step in begun(model, prompt, Beginning(), settings, pasts=pasts) if isinstance(step, Step)]
        tokens = tuple(step.token or 0 for step in whole)
        for place in (0, 1, len(tokens) // 2, len(tokens) - 1):
            beginning = Beginning(tokens[:place], tokens[place : place + 1])
            events = list(begun(model, prompt, beginning, settings, pasts=pasts))
            steps = [event for event in events if isinstance(event, Step)]
            assert len(steps) == len(events), "the past was to be at hand"
            assert tuple(step.token for step in steps) == tokens
            assert joined(steps) == joined(whole)
            for step, original in zip(steps[place:], whole[place:], strict=True):
                assert step.log_prob == pytest.approx(original.log_prob, abs=self.tolerance)

    def test_a_token_outside_the_vocabulary_is_refused(self, model: LanguageModel) -> None:
        for wrong in (-1, model.info.vocabulary_size, 10**9):
            with pytest.raises(UsageError) as caught:
                model.start([]).advance(wrong)
            assert caught.value.key == "token_outside_vocabulary"
            with pytest.raises(UsageError):
                model.start([wrong])

    def test_a_refused_token_leaves_the_cursor_where_it_was(self, model: LanguageModel) -> None:
        cursor = model.start(self._prompt(model))
        before = cursor.log_probs().copy()
        with pytest.raises(UsageError):
            cursor.advance(model.info.vocabulary_size)
        np.testing.assert_allclose(np.exp(cursor.log_probs()), np.exp(before), atol=1e-6)

    def test_evidence_can_be_asked_anywhere(self, model: LanguageModel) -> None:
        cursor = model.start([])
        cursor.evidence()
        for token in self._prompt(model):
            cursor.advance(token)
        before = cursor.log_probs().copy()
        cursor.evidence()
        np.testing.assert_allclose(np.exp(cursor.log_probs()), np.exp(before), atol=1e-6)

    @pytest.mark.parametrize("text", TEXTS)
    def test_text_survives_its_tokens(self, model: LanguageModel, text: str) -> None:
        tokenizer = model.tokenizer
        tokens = tokenizer.encode(text)
        assert all(0 <= token < tokenizer.vocabulary_size for token in tokens)
        assert not set(tokens) & set(tokenizer.special_tokens.values())
        assert b"".join(map(tokenizer.token_bytes, tokens)).decode("utf-8", "replace") == tokenizer.decode(tokens)
        if not tokenizer.unknown_in(text):
            # Decomposed accents may come back composed: the same text by Unicode's canonical equivalence.
            assert normalize("NFC", tokenizer.decode(tokens)) == normalize("NFC", text)

    def test_a_typed_marker_never_becomes_a_special_token(self, model: LanguageModel) -> None:
        tokenizer = model.tokenizer
        for name, token in tokenizer.special_tokens.items():
            assert token not in tokenizer.encode(f"a {name} b")
            assert tokenizer.token_bytes(token) == b""
