"""The ladder sums to the probabilities, and the run is found where it stands."""

import numpy as np
import pytest

from genchat.engine.conversation import Message, Role
from genchat.engine.evidence import NgramEvidence
from genchat.engine.inside import LooksInside
from genchat.engine.local_backend import LocalBackend
from genchat.engine.ngram.inside import level_shares
from genchat.engine.ngram.model import NgramModel
from genchat.engine.ngram.training import build_ngram
from tests.engine.ngram.texts import DIALOGUES, POEM


@pytest.fixture(scope="module")
def model() -> NgramModel:
    return build_ngram([POEM, DIALOGUES], "both", order=5, min_count=1)


def test_the_ladder_and_recall_sum_to_the_probability_of_every_token(model: NgramModel) -> None:
    assert isinstance(model, LooksInside)
    prompt = LocalBackend(model).prompt([Message(Role.USER, "Bom dia, barco!")]).tokens
    tokens = [*prompt, *model.tokenizer.encode("Bom dia, rio!")]
    data = model.look_inside(tokens, tokens[-1], first=len(prompt))
    cursor = model.start(prompt)
    for index, token in enumerate(data.tokens[data.first :]):
        total = data.contributions[:, index].sum() + data.recalled[index]
        assert total == pytest.approx(np.exp(cursor.log_probs()[token]), rel=1e-3)
        cursor.advance(token)
    assert len(data.orders) == len(data.tokens) - len(prompt)
    assert data.recalled.any()


def test_the_orders_are_those_of_the_evidence(model: NgramModel) -> None:
    tokens = model.tokenizer.encode("O rio passa, e outra coisa")
    data = model.look_inside(tokens, first=0)
    for index, token in enumerate(tokens):
        evidence = model.start(tokens[:index]).evidence()
        assert isinstance(evidence, NgramEvidence)
        assert data.orders[index] == evidence.order
        for share in evidence.shares[token]:
            assert data.contributions[share.order - 1, index] == pytest.approx(share.contribution, abs=1e-6)


def test_level_shares_are_never_negative(model: NgramModel) -> None:
    state = model.tables.state_after(model.tokenizer.encode("O rio"))
    for token in range(model.info.vocabulary_size):
        assert (level_shares(model.tables, state, token) >= 0).all()


def test_the_longest_run_is_found_in_its_line(model: NgramModel) -> None:
    tokens = model.tokenizer.encode("zzz\nO rio passa, zzz rio")
    data = model.look_inside(tokens, first=0)
    assert data.run is not None
    assert model.tokenizer.decode(tokens[data.run.start : data.run.end]).strip() == "O rio passa,"
    place = data.run.places[0]
    assert place.text[place.start : place.end].strip() == "O rio passa,"
    assert place in data.run.around
    assert data.matched.max() == data.run.end - data.run.start
    numbers = [line.line for line in data.run.around]
    assert numbers == sorted(numbers)


def test_without_a_training_text_there_is_no_run_and_it_is_said(model: NgramModel) -> None:
    bare = NgramModel(model.tables, model.tokenizer, model.info)
    data = bare.look_inside(model.tokenizer.encode("O rio"), first=0)
    assert data.run is None
    assert data.missing == ("inside.no_corpus",)
