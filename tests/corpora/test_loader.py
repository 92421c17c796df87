"""The loader, and the promise that every text that ships can be read."""

import pytest

from genchat.corpora import Dialogue, dialogues, documents, looks_like_dialogues, parse_dialogues
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
        ("### t\n\n", 2),
    ],
)
def test_a_broken_file_is_named_with_the_line(text: str, line: int) -> None:
    with pytest.raises(ValueError, match=rf"^x\.txt:{line}: "):
        parse_dialogues(text, "x.txt", "pt")


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


@pytest.mark.parametrize("kind", ["dialogues", "stories", "explanations", "fitness"])
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
