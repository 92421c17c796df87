"""Every number shown for a candidate can be counted in the text, and the parts sum to the probability."""

import math

import numpy as np
import pytest

from genchat.engine.conversation import Message, Role
from genchat.engine.evidence import NgramEvidence
from genchat.engine.local_backend import LocalBackend
from genchat.engine.ngram.model import NgramModel
from genchat.engine.ngram.training import build_ngram
from tests.engine.ngram.texts import DIALOGUES, POEM


@pytest.fixture(scope="module")
def model() -> NgramModel:
    return build_ngram([POEM, DIALOGUES], "both", order=5, min_count=1)


def evidence_of(model: NgramModel, text: str) -> NgramEvidence:
    evidence = model.start(model.tokenizer.encode(text)).evidence()
    assert isinstance(evidence, NgramEvidence)
    return evidence


def token(model: NgramModel, piece: str) -> int:
    (identifier,) = model.tokenizer.encode(piece)
    return identifier


@pytest.mark.parametrize("text", ["", "O rio", "O rio passa,", "Bom dia, barco! Para", "never seen words", "\n"])
@pytest.mark.parametrize("unit", ["word", "char"])
def test_the_shares_of_every_token_sum_to_its_probability(text: str, unit: str) -> None:
    model = build_ngram([POEM], "poem", order=4, unit=unit, min_count=1)  # type: ignore[arg-type]
    cursor = model.start(model.tokenizer.encode(text))
    probabilities = np.exp(cursor.log_probs().astype(np.float64))
    evidence = cursor.evidence()
    assert isinstance(evidence, NgramEvidence)
    for candidate in range(model.info.vocabulary_size):
        shares = evidence.shares[candidate]
        assert sum(share.contribution for share in shares) == pytest.approx(probabilities[candidate], rel=1e-4)
        assert all(share.contribution >= 0 for share in shares)


def test_counts_are_those_of_the_text(model: NgramModel) -> None:
    evidence = evidence_of(model, "O rio")
    passa = {share.order: share for share in evidence.shares[token(model, " passa")]}
    assert (passa[3].count, passa[3].context_count) == (2, 2)
    assert (passa[2].count, passa[2].context_count) == (2, 4)  # after " rio": " passa" twice, " não", "!"
    assert passa[1].count == 2
    nao = {share.order: share for share in evidence.shares[token(model, " não")]}
    assert (nao[3].count, nao[2].count) == (0, 1)


def test_levels_go_up_to_the_order_used_and_say_how_much_reaches_the_result(model: NgramModel) -> None:
    evidence = evidence_of(model, "O rio passa,")
    assert evidence.order == 5
    assert [level.order for level in evidence.levels] == [1, 2, 3, 4, 5]
    assert evidence.levels[-1].weight == 1
    for lower, higher in zip(evidence.levels, evidence.levels[1:], strict=False):
        assert lower.weight == pytest.approx(higher.weight * higher.backoff)
    assert model.tokenizer.decode(evidence.levels[2].context) == " passa,"


def test_an_unseen_context_uses_the_unigrams_alone(model: NgramModel) -> None:
    evidence = evidence_of(model, "xyzzy")
    assert len(evidence.levels) <= 2
    assert evidence.longest_match == ()
    assert (evidence.match_count, evidence.places) == (0, ())


def test_the_longest_match_goes_beyond_the_order_of_the_model(model: NgramModel) -> None:
    evidence = evidence_of(model, "Xô! O rio passa, o rio não volta,\na pedra")
    assert model.tokenizer.decode(evidence.longest_match) == " rio passa, o rio não volta,\na pedra"
    assert evidence.match_count == 1
    assert [(place.source, place.line) for place in evidence.places] == [("poem.txt", 2)]


def test_places_show_the_line_and_mark_the_match_in_it(model: NgramModel) -> None:
    evidence = evidence_of(model, "O rio")
    places = evidence.places_of[token(model, " passa")]
    assert [(place.line, place.text) for place in places] == [
        (1, "O rio passa, o rio não volta,"),
        (6, "O rio passa, o barco também,"),
    ]
    assert [place.text[place.start : place.end] for place in places] == ["O rio passa", "O rio passa"]


def test_a_candidate_without_the_whole_context_shows_where_a_shorter_one_is_continued(model: NgramModel) -> None:
    places = evidence_of(model, "O rio").places_of[token(model, " não")]
    assert [place.text[place.start : place.end] for place in places] == [" rio não"]


def test_dialogue_places_name_the_line_of_the_turn(model: NgramModel) -> None:
    evidence = evidence_of(model, "Fine too. What shall")
    assert [(place.source, place.line, place.text) for place in evidence.places] == [
        ("talk.txt", 11, "Fine too. What shall we read today?")
    ]


def test_any_token_can_be_asked_about_though_only_the_likeliest_are_listed(model: NgramModel) -> None:
    evidence = evidence_of(model, "O rio")
    assert len(list(evidence.shares)) == len(evidence.shares) <= model.info.vocabulary_size
    listed = [sum(share.contribution for share in evidence.shares[candidate]) for candidate in evidence.shares]
    assert listed == sorted(listed, reverse=True)
    assert evidence.shares[model.info.vocabulary_size - 1]
    assert model.info.vocabulary_size not in evidence.shares
    assert -1 not in evidence.places_of


def test_a_reply_splits_into_counts_and_recall(model: NgramModel) -> None:
    prompt = LocalBackend(model).prompt([Message(Role.USER, "bom dia")]).tokens
    cursor = model.start(prompt)
    for _ in range(6):
        log_probs = cursor.log_probs()
        evidence = cursor.evidence()
        assert isinstance(evidence, NgramEvidence)
        assert evidence.recall is not None
        for candidate in range(model.info.vocabulary_size):
            counted = sum(share.contribution for share in evidence.shares[candidate])
            total = counted + evidence.recall.contributions[candidate]
            assert total == pytest.approx(math.exp(float(log_probs[candidate])), rel=1e-4, abs=1e-12)
        cursor.advance(int(np.argmax(log_probs)))


def test_recall_names_question_and_reply(model: NgramModel) -> None:
    prompt = LocalBackend(model).prompt([Message(Role.USER, "bom dia")]).tokens
    evidence = model.start(prompt).evidence()
    assert isinstance(evidence, NgramEvidence)
    assert evidence.recall is not None
    first = evidence.recall.replies[0]
    assert (first.question.line, first.question.text) == (2, "bom dia")
    assert (first.reply.line, first.reply.text) == (3, "Bom dia! Tudo bem?")
    assert first.similarity == pytest.approx(1)
    assert 0.5 < first.share <= 1 + 1e-9
    assert 0 < evidence.recall.weight < 1


def test_free_text_recalls_nothing(model: NgramModel) -> None:
    assert evidence_of(model, "bom dia").recall is None
