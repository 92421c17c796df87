"""The loader, and the promise that every text that ships can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genchat.corpora import Dialogue, dialogues, documents, looks_like_dialogues, parse_dialogues
from genchat.corpora.conversions import write_dialogue
from genchat.corpora.loader import HELD_OUT, Kind

GOOD = """### um
P: oi
R: Oi!
P: tudo bem?
R: Tudo.


### dois
P: tchau
R: Até logo.
"""


def test_turns_keep_their_speaker_text_and_line() -> None:
    first, second = parse_dialogues(GOOD, "x.txt", "pt")
    assert [(turn.speaker, turn.text, turn.line) for turn in first.turns] == [
        ("person", "oi", 2),
        ("reply", "Oi!", 3),
        ("person", "tudo bem?", 4),
        ("reply", "Tudo.", 5),
    ]
    assert (first.title, first.source, first.language) == ("um", "x.txt", "pt")
    assert [turn.line for turn in second.turns] == [9, 10]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("P: oi\nR: oi\n", 1),
        ("### t\nR: oi\n", 2),
        ("### t\nP: oi\nP: oi\n", 3),
        ("### t\nP: oi\n\n", 3),
        ("### t\nP: oi\nR: oi\nP: mais\n### u\nP: a\nR: b\n", 5),
        ("### t\nP: oi\nR: \n", 3),
        ("### t\nsolto\n", 2),
        ("### t\nP: oi |\nR: Oi!\n", 2),
        ("### t\nP: oi | | olá\nR: Oi!\n", 2),
        ("### t\nP: |\nR: Oi!\n", 2),
        ("### t\n\n", 2),
    ],
)
def test_a_broken_file_is_named_with_the_line(text: str, line: int) -> None:
    with pytest.raises(ValueError, match=rf"^x\.txt:{line}: "):
        parse_dialogues(text, "x.txt", "pt")


def test_every_phrasing_is_a_dialogue_with_the_same_replies() -> None:
    found = parse_dialogues("### t\nP: oi | olá |  e aí \nR: Oi!\n\n### u\nP: tchau\nR: Até!\n", "x.txt", "pt")
    said = [[turn.text for turn in dialogue.turns] for dialogue in found]
    assert said == [["oi", "Oi!"], ["olá", "Oi!"], ["e aí", "Oi!"], ["tchau", "Até!"]]
    assert [dialogue.turns[0].line for dialogue in found] == [2, 2, 2, 6]
    assert {dialogue.title for dialogue in found} == {"t", "u"}


def test_phrasings_of_several_turns_go_in_step_and_come_round_again() -> None:
    found = parse_dialogues("### t\nP: a | b | c\nR: Sim.\nP: d | e\nR: Não.\n", "x.txt", "pt")
    assert [(dialogue.turns[0].text, dialogue.turns[2].text) for dialogue in found] == [
        ("a", "d"),
        ("b", "e"),
        ("c", "d"),
    ]


def test_a_bar_in_what_is_said_is_written_with_a_backslash_or_without_spaces() -> None:
    text = "### t\nP: what does ls \\| wc do? | a|b\nR: One | two \\| three.\n"
    first, second = parse_dialogues(text, "x.txt", "en")
    assert first.turns[0].text == "what does ls | wc do?"
    assert second.turns[0].text == "a|b"
    assert first.turns[1].text == "One | two \\| three."


@given(st.text(alphabet="a |\\", min_size=1).map(str.strip).filter(bool), st.text(alphabet="b |\\").map(str.strip))
def test_a_written_dialogue_is_read_as_it_was(person: str, reply: str) -> None:
    turns = (person, reply or "b")
    (found,) = parse_dialogues(write_dialogue("t", turns), "x.txt", "en")
    assert tuple(turn.text for turn in found.turns) == turns


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_an_empty_file_holds_no_dialogue(text: str) -> None:
    assert parse_dialogues(text, "x.txt", "pt") == ()


def test_dialogue_files_are_recognised_by_their_beginning() -> None:
    assert looks_like_dialogues(GOOD)
    assert not looks_like_dialogues("### heading\nSome text.\n")
    assert not looks_like_dialogues("")


@pytest.mark.parametrize("language", ["en", "pt"])
def test_there_are_at_least_sixty_dialogues_a_language(language: str) -> None:
    loaded = dialogues([language])
    assert len(loaded) >= 60
    assert {dialogue.language for dialogue in loaded} == {language}


def test_dialogues_for_training_and_for_measuring_never_meet() -> None:
    training, measuring = dialogues(), dialogues(held_out=True)
    assert measuring

    def said(loaded: tuple[Dialogue, ...]) -> set[tuple[str, ...]]:
        return {tuple(turn.text for turn in dialogue.turns) for dialogue in loaded}

    assert not said(training) & said(measuring)
    assert all(HELD_OUT not in dialogue.source for dialogue in training)
    assert all(HELD_OUT in dialogue.source for dialogue in measuring)


@pytest.mark.parametrize("kind", ["dialogues", "stories", "explanations", "glossary", "fitness"])
def test_every_text_that_ships_is_clean_and_named_by_its_place(kind: Kind) -> None:
    loaded = documents(kind) + documents(kind, held_out=True)
    assert loaded
    for document in loaded:
        assert document.source.startswith(f"{kind}/{document.language}/")
        assert document.text.strip()
        assert not [c for c in document.text if c < " " and c != "\n"], document.source
        assert "\r" not in document.text


def test_the_order_is_always_the_same() -> None:
    assert [d.source for d in documents("dialogues")] == sorted(d.source for d in documents("dialogues"))
    assert dialogues(["pt", "en"]) == dialogues()
