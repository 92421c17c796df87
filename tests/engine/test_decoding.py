"""The two loops: generate and score."""

import math

import numpy as np
import pytest

from genchat.engine.contract import Step
from genchat.engine.decoding import generate, score
from genchat.engine.sampling import Sampler, SamplingSettings
from tests.fakes import ByteTokenizer, HashModel, ScriptModel

GREEDY = SamplingSettings(temperature=0)
END = ByteTokenizer.special_tokens["<|end|>"]


def said(model: HashModel, settings: SamplingSettings = GREEDY, prompt: str = "", **options: object) -> list[Step]:
    return list(generate(model, model.tokenizer.encode(prompt), settings, **options))  # type: ignore[arg-type]


def test_a_script_is_said_word_for_word_and_ends() -> None:
    steps = said(ScriptModel("Olá! 🙂"), stop_tokens=frozenset([END]))
    assert "".join(step.text for step in steps) == "Olá! 🙂"
    assert steps[-1].special
    assert steps[-1].token == END
    assert steps[-1].text == ""


def test_the_bytes_of_one_character_are_told_when_it_is_whole() -> None:
    texts = [step.text for step in said(ScriptModel("é🙂"), stop_tokens=frozenset([END]))]
    assert texts == ["", "é", "", "", "", "🙂", ""]


def test_a_reply_cut_within_a_character_shows_that_something_is_missing() -> None:
    steps = said(ScriptModel("é🙂"), max_tokens=4)
    assert "".join(step.text for step in steps) == "é\ufffd"


def test_the_end_token_brings_out_pending_bytes() -> None:
    class Half(ScriptModel):
        def __init__(self) -> None:
            super().__init__("")
            self._script = ("é".encode()[0], END)

    steps = said(Half(), stop_tokens=frozenset([END]))
    assert [step.text for step in steps] == ["", "\ufffd"]


def test_no_tokens_are_drawn_when_none_are_wanted() -> None:
    assert said(HashModel(), max_tokens=0) == []


def test_stopping_is_asked_before_every_token() -> None:
    asked = []

    def stop() -> bool:
        asked.append(True)
        return len(asked) > 3

    assert len(said(HashModel(), should_stop=stop)) == 3
    assert len(asked) == 4


def test_a_given_cursor_is_moved_on_instead_of_starting_again() -> None:
    model = HashModel()
    prompt = model.tokenizer.encode("abc")
    settings = SamplingSettings(temperature=1, seed=4)
    here = model.start(prompt)
    first = list(generate(model, prompt, settings, max_tokens=5, cursor=here))
    again = list(generate(model, prompt, settings, max_tokens=5))
    assert [step.token for step in first] == [step.token for step in again]


@pytest.mark.parametrize("kept", [0, 1, 5, 9])
def test_a_fork_at_any_token_draws_what_the_reply_drew_there(kept: int) -> None:
    model = HashModel()
    prompt = model.tokenizer.encode("abc")
    settings = SamplingSettings(temperature=1, top_p=1, xtc_probability=0.5, dry_multiplier=0.8, seed=4)
    whole = list(generate(model, prompt, settings, max_tokens=10))
    past = [*prompt, *(step.token or 0 for step in whole[:kept])]
    again = list(generate(model, past, settings, max_tokens=10 - kept, position=kept))
    assert [(step.position, step.token) for step in again] == [(step.position, step.token) for step in whole[kept:]]


def test_a_forked_sampler_brings_what_a_stage_remembers() -> None:
    model = HashModel()
    settings = SamplingSettings(temperature=1, top_p=1, mirostat_tau=3, mirostat_eta=0.5, seed=4)
    sampler = Sampler(settings, model.tokenizer)
    first = list(generate(model, [], settings, max_tokens=6, sampler=sampler))
    fork = sampler.fork()
    past = [step.token or 0 for step in first]
    rest = [
        [step.token for step in generate(model, past, settings, max_tokens=6, position=6, sampler=one)]
        for one in (sampler, fork)
    ]
    whole = [step.token for step in generate(model, [], settings, max_tokens=12)]
    assert rest == [whole[6:], whole[6:]]


def test_the_repetition_window_reaches_back_into_the_prompt() -> None:
    model = HashModel()
    prompt = model.tokenizer.encode("zzzz")
    best = next(iter(generate(model, prompt, GREEDY, max_tokens=1))).token
    assert best is not None
    penalised = SamplingSettings(temperature=0, repetition_penalty=50, repetition_window=8)
    same_context = [best, *prompt]
    assert next(iter(generate(model, same_context, penalised, max_tokens=1))).token != best
    unlooked = SamplingSettings(temperature=0, repetition_penalty=50, repetition_window=0)
    assert next(iter(generate(model, same_context, unlooked, max_tokens=1))).token == best


def test_scoring_nothing_gives_nothing() -> None:
    assert score(HashModel(), []).shape == (0,)


def test_a_batch_scorer_is_asked_once_with_the_context_in_front() -> None:
    calls = []

    class Batch(HashModel):
        def score_tokens(self, tokens: list[int]) -> np.ndarray:
            calls.append(list(tokens))
            return np.arange(len(tokens), dtype=np.float32)

    assert score(Batch(), [5, 6], [1, 2, 3]).tolist() == [3.0, 4.0]
    assert calls == [[1, 2, 3, 5, 6]]


def test_the_score_of_a_text_is_the_sum_over_its_cuts() -> None:
    model = HashModel()
    tokens = model.tokenizer.encode("um texto")
    whole = score(model, tokens)
    parts = np.concatenate([score(model, tokens[:3]), score(model, tokens[3:], tokens[:3])])
    np.testing.assert_array_equal(whole, parts)
    assert all(math.isfinite(value) for value in whole.tolist())


@pytest.mark.parametrize("seed", range(3))
def test_leaving_early_and_listening_on_give_the_same_beginning(seed: int) -> None:
    model = HashModel()
    settings = SamplingSettings(temperature=1, seed=seed)
    whole = [step.token for step in generate(model, [], settings, max_tokens=10)]
    some = []
    for step in generate(model, [], settings, max_tokens=10):
        some.append(step.token)
        if len(some) == 4:
            break
    assert some == whole[:4]
