"""The file of questions keeps to its format, and what counts as an answer is neither too strict nor too lenient."""

from collections import Counter

import pytest

from tests.bench.document_questions.documents import DOCUMENTS
from tests.bench.document_questions.questions import holds, read_questions


def test_every_question_is_about_a_document_of_the_list_and_has_a_name_of_its_own() -> None:
    questions = read_questions()
    assert {question.document for question in questions} == {document.name for document in DOCUMENTS}
    assert len({question.id for question in questions}) == len(questions)
    assert len({question.question.lower() for question in questions}) == len(questions)
    assert len({document.name for document in DOCUMENTS}) == len(DOCUMENTS)


def test_the_halves_are_as_large_in_both_languages_and_of_both_sorts() -> None:
    counts = Counter((question.split, question.language, question.answer is None) for question in read_questions())
    for language in ("en", "pt"):
        for unanswerable in (True, False):
            tune, held = counts["tune", language, unanswerable], counts["held", language, unanswerable]
            assert abs(tune - held) <= 1
            assert held >= 10
    assert not {question.id for question in read_questions("tune")} & {
        question.id for question in read_questions("held")
    }


def test_a_question_without_an_answer_has_no_sentence_to_highlight() -> None:
    for question in read_questions():
        assert question.answer != ()
        if question.answer is None:
            assert not question.highlight


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("The limit is set\n   to 50 redirects.", "set to 50"),
        ("thepriorityisdeprecated", "priority is deprecated"),
        ("There were 442.", "442"),
        ("(-L, --location)", "--location"),
        ("called “tjener”", 'called "tjener"'),
        ("is kept in /ETC.", "/etc"),
    ],
)
def test_blanks_case_and_quotation_marks_do_not_matter(text: str, wanted: str) -> None:
    assert holds(text, [wanted])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("There were 1442.", "442"),
        ("There were 442.5 on average.", "442"),
        ("0.35 of them", "35"),
        ("use --location-trusted", "--location"),
        ("kept in /usr/etc", "/etc"),
        ("", "442"),
    ],
)
def test_a_part_of_a_longer_number_or_name_is_no_answer(text: str, wanted: str) -> None:
    assert not holds(text, [wanted])
