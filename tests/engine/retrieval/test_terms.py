"""Words, stems and sentences: what folding forgives, what offsets promise."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genchat.engine.retrieval.sentences import sentence_spans
from genchat.engine.retrieval.terms import WORD, detect_language, stemmer, words_of


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("proteína", "proteinas"),
        ("Alimentação", "alimentar"),
        ("organizações", "organizacao"),
        ("RÁPIDO", "rapida"),
    ],
)
def test_words_of_one_family_meet_in_one_stem_with_and_without_accents(left: str, right: str) -> None:
    one, other = (words_of(word, "pt")[0].folded for word in (left, right))
    assert stemmer("pt")(one) == stemmer("pt")(other)


def test_accents_written_as_separate_marks_make_the_same_word() -> None:
    composed, apart = "ação à noite", unicodedata.normalize("NFD", "ação à noite")
    assert [word.folded for word in words_of(apart, "pt")] == [word.folded for word in words_of(composed, "pt")]


def test_common_words_are_known_with_and_without_accents() -> None:
    assert [word.text for word in words_of("Você não é o dono da casa", "pt") if not word.common] == ["dono", "casa"]


def test_words_that_change_what_is_asked_are_not_common() -> None:
    asked = words_of("antes depois sem before after without", "pt")
    assert not any(word.common for word in asked)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How much protein do I need?", "en"),
        ("Quanta proteína eu preciso comer?", "pt"),
        ("what is a token", "en"),
        ("o que é um token", "pt"),
    ],
)
def test_the_language_of_a_short_question_is_told(text: str, language: str) -> None:
    assert detect_language(text) == language


def test_a_text_without_common_words_is_in_the_language_expected() -> None:
    assert detect_language("token", "en") == "en"
    assert detect_language("token", "pt") == "pt"


@given(st.text(max_size=200))
@settings(deadline=None)
def test_words_are_where_they_say(text: str) -> None:
    for word in words_of(text, "pt"):
        assert text[word.start : word.end] == word.text
    stems, _ = stemmer("pt").content(text)
    assert len(stems) <= len(WORD.findall(text))


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Um. Dois! Três?", ["Um.", "Dois!", "Três?"]),
        ("O Dr. Silva chegou. Saiu às 10.30 h.", ["O Dr. Silva chegou.", "Saiu às 10.30 h."]),
        ("Coma frutas, p. ex. maçã. Beba água.", ["Coma frutas, p. ex. maçã.", "Beba água."]),
        ("uma linha\nquebrada aqui. Outra.", ["uma linha\nquebrada aqui.", "Outra."]),
        ("# Título\nTexto.", ["# Título", "Texto."]),
        ("Leve:\n- pão\n- leite", ["Leve:", "- pão", "- leite"]),
        ("1. Amasse a banana.\n2. Junte a aveia.", ["1. Amasse a banana.", "2. Junte a aveia."]),
        ("Ele disse “fim.” Depois saiu.", ["Ele disse “fim.”", "Depois saiu."]),
        ("Total: 1.350 kcal e 9.5 g", ["Total: 1.350 kcal e 9.5 g"]),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str, sentences: list[str]) -> None:
    assert [text[start:end] for start, end in sentence_spans(text)] == sentences


@given(st.text(alphabet="ab .!?\n-#1:", max_size=120))
@settings(deadline=None)
def test_sentences_are_in_order_and_leave_only_white_space_out(text: str) -> None:
    at = 0
    for start, end in sentence_spans(text):
        assert start >= at
        assert not text[at:start].strip()
        assert text[start:end].strip() == text[start:end] != ""
        at = end
    assert not text[at:].strip()
