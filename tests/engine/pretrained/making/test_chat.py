"""The programs that make the shipped models: what they learn from, and that they make what they say."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from genchat import corpora
from genchat.engine.model_card import read_card
from genchat.engine.pretrained.making import chat
from genchat.engine.pretrained.making.chat import MAKINGS, Making, main
from genchat.engine.pretrained.making.chat_texts import LICENCES, Mixture, compose, credits, written
from genchat.engine.pretrained.making.composer import retyped, slipped, without_accents, without_end
from genchat.engine.training.recipes import Recipe

_TEXTS = {
    "self-dialogue": "### music\nP: a\nR: b\n\n" * 20,
    "chatterbot-pt": "### geral\nP: c\nR: d\n",
    "machado-stories": "Era uma vez.\n" * 10,
    "strange": "never read",
}
_MIXTURE = Mixture(
    own=3, own_plain=2, dialogues={"self-dialogue": 0.1, "chatterbot-pt": 2.0}, plain={"machado-stories": 30}
)


def test_the_same_seed_composes_the_same_text() -> None:
    assert compose(_TEXTS, _MIXTURE, 3) == compose(_TEXTS, _MIXTURE, 3)
    assert compose(_TEXTS, _MIXTURE, 3) != compose(_TEXTS, _MIXTURE, 4)


def test_held_out_dialogues_are_never_learned_from() -> None:
    sources = compose(_TEXTS, _MIXTURE, 1)
    learned = "".join(source.text for source in sources if not source.held_out)
    held_out = corpora.dialogues(held_out=True)
    assert held_out
    for dialogue in held_out:
        assert written([dialogue]) not in learned
    assert [source.name for source in sources if source.held_out] == ["heldout_en", "heldout_pt"]


def test_every_text_is_read_as_often_as_the_mixture_says() -> None:
    sources = [source for source in compose(_TEXTS, _MIXTURE, 1) if not source.held_out]
    pool = next(source for source in sources if source.name == "dialogues").text
    replies = "\n".join(f"R: {turn.text}" for turn in corpora.dialogues()[0].turns if turn.speaker == "reply")
    assert pool.count(replies.splitlines()[0]) >= 3
    assert pool.count("P: c\nR: d") == 2
    assert pool.count("P: a\nR: b") == 2
    assert sum(source.name.startswith("stories/") for source in sources) == 2 * len(corpora.documents("stories"))
    assert [len(source.text) for source in sources if source.name == "machado-stories"] == [30]


def test_a_mixture_may_name_the_dialogues_that_are_read() -> None:
    sources = compose({}, Mixture(own=1, own_plain=0, files=("greetings", "saudacoes")), 1)
    pool = next(source for source in sources if source.name == "dialogues").text
    named = [
        dialogue for dialogue in corpora.dialogues() if dialogue.source.endswith(("/greetings.txt", "/saudacoes.txt"))
    ]
    assert pool.count("### ") == len(named) > 0
    assert all(dialogue.title in pool for dialogue in named)


def test_every_dialogue_that_a_recipe_names_is_there() -> None:
    there = {Path(dialogue.source).stem for dialogue in corpora.dialogues()}
    for making in MAKINGS.values():
        assert {*making.first_mixture.files, *making.second_mixture.files} <= there


def test_every_text_is_credited_with_its_licence() -> None:
    listed = {credit["name"]: credit["licence"] for credit in credits(_TEXTS, _MIXTURE)}
    assert listed["self-dialogue"] == "BSD-3-Clause"
    assert listed["machado-stories"] == "public domain"
    assert "strange" not in listed
    assert sum(licence == "CC0-1.0" for licence in listed.values()) > 20


@pytest.mark.parametrize("making", MAKINGS.values(), ids=MAKINGS)
def test_the_recipes_read_only_texts_with_a_known_licence(making: Making) -> None:
    for mixture in (making.first_mixture, making.second_mixture):
        assert {*mixture.dialogues, *mixture.plain} <= LICENCES.keys()


def test_only_the_persons_side_is_retyped() -> None:
    rng = random.Random(1)
    changed = 0
    for dialogue in corpora.dialogues(["pt"])[:60]:
        other = retyped(dialogue, rng)
        assert [turn.text for turn in other.turns[1::2]] == [turn.text for turn in dialogue.turns[1::2]]
        changed += other != dialogue
    assert 5 < changed < 60


def test_ways_of_typing() -> None:
    assert without_end("Tudo bem?") == "Tudo bem"
    assert without_end("Tudo bem...") == "Tudo bem"
    assert without_end("...") == "..."
    assert without_accents("Não é à toa, é pão.") == "Nao e a toa, e pao."
    assert slipped("oi", random.Random(1)) == "oi"
    assert slipped("123 456 789", random.Random(1)) == "123 456 789"
    slips = {slipped("bom dia para todos", random.Random(seed)) for seed in range(20)}
    assert len(slips) > 5
    assert all(len(slip) in (17, 18) for slip in slips)


@pytest.mark.slow
@pytest.mark.parametrize("family", ["gpt", "lstm"])
def test_the_program_makes_a_model_that_ships(family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "self-dialogue.txt").write_text(_TEXTS["self-dialogue"])
    small = {"layers": 1, "width": 32, "batch": 4, "window": 64, "steps": 3, "evaluations": 1, "vocabulary": 300}
    making = MAKINGS[family]
    first = making.first.with_values(small)
    second = Recipe(family=making.first.family, batch=4, window=64, steps=3, evaluations=1)
    tiny = Making(first, _MIXTURE, second, replace(_MIXTURE, own=1))
    monkeypatch.setattr(chat, "MAKINGS", {family: tiny})
    main([family, str(texts), str(tmp_path / "model")])
    card = read_card(tmp_path / "model")
    assert set(card.results["held_out_replies_bits_per_byte"]) == {"en", "pt"}
    assert "genchat.engine.pretrained.making.chat" in card.command
    assert card.chat
    assert not list(tmp_path.glob("*.checkpoint*"))
