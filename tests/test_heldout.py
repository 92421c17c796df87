"""The held-out questions are whole, and no text that ships for training says nearly the same as one of them.

A failure names ids and files alone, so that whoever mends a question sees no text that models learn from, and whoever
mends a text sees no question.
"""

from collections import Counter, defaultdict

import pytest

from genchat.corpora.loader import Document, Kind, documents
from tests.bench.heldout import LANGUAGES, analogies, conversations, course_terms, prompts, wishes
from tests.bench.heldout.overlap import HeldOutIndex, pieces

_KINDS: tuple[Kind, ...] = ("dialogues", "stories", "explanations", "glossary", "fitness")
_FORMS = {"plain", "typo", "capitals", "no_accents", "slang", "long", "short", "emoji"}
_WISH_KINDS = {"menu", "recipe", "list", "not_food", "condition"}


def _questions() -> dict[str, str]:
    """Everything a person says in the held-out files, by id; of four turns the n-th is "id/n"."""
    found = {prompt.id: prompt.prompt for language in LANGUAGES for prompt in prompts(language)}
    several = {conversation.id: conversation.turns for conversation in conversations()}
    several |= {term.id: term.asks for term in course_terms()}
    found |= {f"{id}/{number}": text for id, texts in several.items() for number, text in enumerate(texts, start=1)}
    return found | {wish.id: wish.wish for wish in wishes()}


def _training_documents() -> list[Document]:
    return [
        document for kind in _KINDS for held_out in (False, True) for document in documents(kind, held_out=held_out)
    ]


def test_no_training_text_is_a_near_duplicate_of_a_held_out_question() -> None:
    index = HeldOutIndex(_questions())
    trained = _training_documents()
    assert len(trained) > 50
    found: defaultdict[str, list[str]] = defaultdict(list)
    for document in trained:
        lines = (line.removeprefix("P: ").removeprefix("R: ") for line in document.text.splitlines())
        text = "\n".join(lines).replace(" | ", "\n")  # several phrasings of one turn
        for id in index.near(pieces(text)):
            found[id].append(document.source)
    places = [f"{id}: {', '.join(sources)}" for id, sources in sorted(found.items())]
    if places:
        pytest.fail("near duplicates, id and file:\n" + "\n".join(places), pytrace=False)


@pytest.mark.parametrize(
    "line",
    [
        "Where did the old clockmaker hide his spare brass key?",
        "where did the OLD clock-maker hide his spare brass key",
        "Where did the old clockmaker hide the spare brass key?",
        "Hello. Where did the old clockmaker hide his spare brass key? I forgot.",
        "Tell me where did the old clockmaker hide his spare brass key and all of his other things",
    ],
)
def test_near_duplicate_is_found_whatever_its_spelling_or_place(line: str) -> None:
    index = HeldOutIndex({"x-1": "Where did the old clockmaker hide his spare brass key?", "x-2": "bom dia"})
    assert index.near(pieces(line)) == {"x-1"}


def test_question_of_five_words_is_found_when_equal_and_not_when_similar() -> None:
    index = HeldOutIndex({"x": "você já viu a neve?"})
    assert index.near(pieces("Voce ja viu a neve")) == {"x"}
    assert index.near(pieces("Você já viu a névoa?")) == set()


def test_greeting_of_two_words_may_recur() -> None:
    assert HeldOutIndex({"x": "bom dia"}).near(pieces("bom dia")) == set()


def test_other_sentence_with_the_same_words_is_no_duplicate() -> None:
    index = HeldOutIndex({"x": "What colour is the sky at night over the sea?"})
    assert index.near(pieces("What is the best time of the night to look at the sea and the sky?")) == set()


def test_ids_are_unique_and_no_question_is_asked_twice() -> None:
    questions = _questions()
    ids = [prompt.id for language in LANGUAGES for prompt in prompts(language)]
    ids += [conversation.id for conversation in conversations()]
    ids += [term.id for term in course_terms()] + [wish.id for wish in wishes()]
    assert len(set(ids)) == len(ids)
    for language in LANGUAGES:
        said = [prompt.prompt for prompt in prompts(language)]
        assert len(set(said)) == len(said)
    assert all(text == text.strip() and text for text in questions.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_prompts_have_their_number_forms_and_topics(language: str) -> None:
    rows = prompts(next(each for each in LANGUAGES if each == language))
    assert [row.id for row in rows] == [f"{language}-{number:03d}" for number in range(1, 201)]
    forms = Counter(row.form for row in rows)
    assert set(forms) <= _FORMS
    assert all(forms[form] >= 4 for form in _FORMS - {"no_accents"})
    assert len({row.topic for row in rows}) >= 15
    assert all(row.expects for row in rows)


def test_conversations_have_four_turns_each() -> None:
    rows = conversations()
    assert Counter(row.language for row in rows) == {"en": 14, "pt": 26}
    assert all(len(row.turns) == len(row.expects) == 4 for row in rows)


def test_every_course_term_is_asked_for_in_four_ways_in_both_languages() -> None:
    rows = course_terms()
    assert Counter(row.language for row in rows) == {"en": 43, "pt": 43}
    assert {row.term for row in rows if row.language == "en"} == {row.term for row in rows if row.language == "pt"}
    assert all(len(set(row.asks)) == 4 for row in rows)
    assert all(row.must_say_one_of and row.must_not_say for row in rows)
    assert all(not set(row.must_say_one_of) & set(row.must_not_say) for row in rows)


def test_wishes_name_what_must_not_be_served() -> None:
    rows = wishes()
    assert Counter(row.language for row in rows) == {"en": 40, "pt": 80}
    assert {row.kind for row in rows} == _WISH_KINDS
    assert all(not set(row.must_not_contain) & set(row.should_contain) for row in rows)
    checked = [row for row in rows if row.must_not_contain or row.should_contain or row.numbers]
    assert all(row in checked for row in rows if row.kind in {"menu", "recipe", "list"})


@pytest.mark.parametrize("language", LANGUAGES)
def test_analogies_are_of_four_different_words(language: str) -> None:
    rows = analogies(next(each for each in LANGUAGES if each == language))
    assert len(set(rows)) == len(rows) == 25
    assert all(len({row.a, row.b, row.c, row.expected}) == 4 for row in rows)
