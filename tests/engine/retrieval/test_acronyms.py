"""Words in capitals that are common in small letters: "IA" is no form of "ir", "IT" no pronoun."""

import pytest

from genchat.engine.retrieval.retriever import Retriever
from genchat.engine.retrieval.terms import Language, shown_language, stemmer, words_of
from tests.engine.document_fixtures import Add

ABOUT = "IA é a inteligência artificial. A IA cria máquinas que aprendem com exemplos."
IN_PASSING = "Hoje a IA está em toda parte: no telefone, no carro e na escola."
OTHER = "O menino ia à escola de manhã, e a mãe ia ao mercado comprar pão."


@pytest.mark.parametrize(
    ("text", "language", "telling"),
    [
        ("a IA aprende", "pt", ["IA", "aprende"]),
        ("ele ia cantar", "pt", ["cantar"]),
        ("IA", "pt", ["IA"]),
        ("the IT department", "en", ["IT", "department"]),
        ("O QUE É Rede neural ???", "pt", ["Rede", "neural"]),
        ("TERMOS DE USO DA CASA", "pt", ["TERMOS", "USO", "CASA"]),
    ],
)
def test_a_word_alone_in_capitals_tells_and_in_a_line_of_capitals_does_not(
    text: str, language: Language, telling: list[str]
) -> None:
    assert [word.text for word in words_of(text, language) if not word.common] == telling


def test_the_index_keeps_what_the_question_looks_for() -> None:
    stems, words = stemmer("pt").content(ABOUT)
    assert stemmer("pt")("ia") in stems
    assert words["ia"] == "ia"
    assert stemmer("pt")("ia") not in stemmer("pt").content(OTHER)[0]


def test_an_acronym_does_not_show_a_language() -> None:
    assert shown_language("AI") is None
    assert shown_language("what is AI?") == "en"


@pytest.mark.parametrize("question", ["IA", "o que é IA?", "o que é ia", "O QUE É IA?", "o que significa IA?"])
def test_a_question_of_an_acronym_alone_is_answered(add: Add, question: str) -> None:
    found = Retriever(add({"ia.txt": ABOUT, "menino.txt": OTHER})).retrieve(question)
    assert found.passages[0].source == "ia.txt"
    assert found.enough


def test_a_word_that_is_the_whole_question_is_answered_where_documents_hold_it(add: Add) -> None:
    retriever = Retriever(add({"ia.txt": IN_PASSING, "menino.txt": OTHER}))
    assert retriever.retrieve("IA").enough
    assert not retriever.retrieve("qual é a melhor IA?").enough


@pytest.mark.parametrize("question", ["o que é isso?", "what is it?", "quem ia?"])
def test_a_question_of_common_words_alone_finds_nothing(add: Add, question: str) -> None:
    assert not Retriever(add({"ia.txt": ABOUT, "menino.txt": OTHER})).retrieve(question).enough
