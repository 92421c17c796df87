"""Another model's view of a text: the same text, its own tokens and numbers."""

import pytest

from genchat.engine.decoding import score
from genchat.engine.second_opinion import second_opinion
from tests.fakes import HashModel, ScriptModel


def test_the_steps_spell_the_text_and_price_it_as_score_does() -> None:
    model, text = HashModel(), "pão de queijo"
    steps = list(second_opinion(model, text))
    assert "".join(step.text for step in steps) == text
    tokens = model.tokenizer.encode(text)
    assert [step.token for step in steps] == tokens
    assert [step.log_prob for step in steps] == pytest.approx(score(model, tokens).tolist(), rel=1e-6)
    assert all(step.draw is None and step.raw.kind == "exact" for step in steps)


def test_the_context_counts_and_a_stop_is_heard() -> None:
    model = ScriptModel("bom dia")
    after = list(second_opinion(model, "dia", context=model.tokenizer.encode("bom ")))
    assert len(after) == 3
    steps: list[object] = []
    for step in second_opinion(model, "bom dia", should_stop=lambda: len(steps) >= 2):
        steps.append(step)
    assert len(steps) == 2
    assert list(second_opinion(model, "")) == []
