"""Documents in two languages side by side: which of them answers, and which words of a question count."""

import pytest

from genchat.engine.retrieval.keywords import search
from genchat.engine.retrieval.library import Library
from genchat.engine.retrieval.retriever import Retriever
from tests.engine.document_fixtures import Add

ENTRIES = {
    "en/padding.md": "# Padding\n\nPadding adds a border of zeros around the image before the filter is moved over it.",
    "en/rate.md": "# Learning rate\n\nThe learning rate is the size of a step, an important choice.",
    "pt/padding.md": "# Padding (preenchimento)\n\nPadding é uma borda de zeros em volta da imagem, posta antes.",
    "pt/taxa.md": "# Taxa de aprendizado (learning rate)\n\nA taxa de aprendizado é o tamanho do passo, e não há"
    " escolha mais importante.",
    "pt/com.md": "# Aprendizado supervisionado\n\nO aprendizado supervisionado usa exemplos com a resposta certa,"
    " que alguém escreveu antes.",
    "pt/sem.md": "# Aprendizado não supervisionado\n\nAqui não há rótulos.",
}


@pytest.fixture
def both(add: Add) -> Library:
    return add(ENTRIES)


def first(library: Library, question: str) -> str:
    """The source of the best passage."""
    return Retriever(library).retrieve(question).passages[0].source


@pytest.mark.parametrize(
    ("question", "place"),
    [
        ("what is padding?", "en/padding.md"),
        ("o que é padding?", "pt/padding.md"),
        ("explica learning rate", "pt/taxa.md"),
        ("explain learning rate", "en/rate.md"),
        ("taxa aprendizado", "pt/taxa.md"),
    ],
)
def test_of_passages_that_hold_the_same_the_one_in_the_questions_language_comes_first(
    both: Library, question: str, place: str
) -> None:
    assert first(both, question) == place


@pytest.mark.parametrize(("tag", "source"), [("en", "en/padding.md"), ("pt-br", "pt/padding.md")])
def test_a_name_that_both_have_is_answered_in_the_language_in_use(
    both: Library, monkeypatch: pytest.MonkeyPatch, tag: str, source: str
) -> None:
    monkeypatch.setattr("genchat.engine.retrieval.questions.language_in_use", lambda: tag)
    found = Retriever(both).retrieve("padding")
    assert found.passages[0].source == source
    assert found.question.language == tag[:2]


def test_a_passage_in_another_language_that_holds_more_stays_first(add: Add) -> None:
    library = add({"a.md": "The red house stands by the river.", "b.md": "A house é como se diz casa em inglês."})
    assert first(library, "o que é the red house by the river em português?") == "a.md"


def test_a_heading_that_stands_in_the_question_as_it_is_written_comes_first(both: Library) -> None:
    assert first(both, "o que é aprendizado supervisionado?") == "pt/com.md"
    assert first(both, "o que é aprendizado não supervisionado?") == "pt/sem.md"


def test_words_that_only_ask_are_left_out_where_a_heading_is_all_of_the_rest(both: Library) -> None:
    with both.reading() as connection:
        named = search(connection, "could you please explain the idea behind padding?").question
        other = search(connection, "explain the border").question
        alone = search(connection, "explain the idea").question
    assert [word.text for word in named.words] == ["padding"]
    assert [word.text for word in other.words] == ["explain", "border"]
    assert [word.text for word in alone.words] == ["explain", "idea"]


def test_english_questions_find_portuguese_documents_beside_english_ones(add: Add) -> None:
    library = add(
        {
            "notes.md": "Training takes many steps, and the weights change at each of them.",
            "ovo.md": "O ovo tem 6 g de proteína.",
            "peso.md": "Para perder peso, caminhe.",
        }
    )
    assert first(library, "how much protein is in an egg?") == "ovo.md"
    assert first(library, "how can I lose weight?") == "peso.md"
