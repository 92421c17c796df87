"""What the chat LSTM learns from: everything meant for it, nothing that is kept for measuring."""

from pathlib import Path

import pytest

import corpora
from engine.model_card import read_card
from engine.pretrained import lstm_chat
from engine.pretrained.lstm_chat import compose, credits, main
from engine.training.recipes import Recipe

_TEXTS = {
    "self-dialogue": "### music\nP: a\nR: b\n\n" * 20,
    "chatterbot-pt": "### geral\nP: c\nR: d\n",
    "machado-stories": "Era uma vez.\n" * 10,
    "strange": "never read",
}


def test_the_same_seed_composes_the_same_text() -> None:
    assert compose(_TEXTS, 3) == compose(_TEXTS, 3)
    assert compose(_TEXTS, 3) != compose(_TEXTS, 4)


def test_held_out_dialogues_are_never_learned_from() -> None:
    sources = compose(_TEXTS, 1)
    learned = "".join(source.text for source in sources if not source.held_out)
    held_out = corpora.dialogues(held_out=True)
    assert held_out
    for dialogue in held_out:
        assert lstm_chat.written([dialogue]) not in learned
    assert [source.name for source in sources if source.held_out] == ["heldout_en", "heldout_pt"]


def test_own_dialogues_are_weighted_up() -> None:
    pool = next(source for source in compose(_TEXTS, 1) if source.name == "dialogues").text
    one = lstm_chat.written(corpora.dialogues()[:1])
    assert pool.count(one.rstrip("\n")) >= lstm_chat.OWN_REPEATS
    assert pool.count("P: c\nR: d") == 2
    assert pool.count("P: a\nR: b") == 2


def test_every_text_is_credited_with_its_licence() -> None:
    listed = {credit["name"]: credit["licence"] for credit in credits(_TEXTS)}
    assert listed["self-dialogue"] == "BSD-3-Clause"
    assert listed["machado-stories"] == "public domain"
    assert "strange" not in listed
    assert sum(licence == "CC0-1.0" for licence in listed.values()) > 20


@pytest.mark.slow
def test_the_program_makes_a_model_that_ships(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "self-dialogue.txt").write_text(_TEXTS["self-dialogue"])
    tiny = Recipe(family="lstm", tokens="char", layers=1, width=16, batch=16, window=64, evaluations=1)
    monkeypatch.setattr(lstm_chat, "RECIPE", tiny)
    main([str(texts), str(tmp_path / "model"), "--epochs", "0.02"])
    card = read_card(tmp_path / "model")
    assert set(card.results["held_out_replies_bits_per_byte"]) == {"en", "pt"}
    assert "lstm_chat" in card.command
    assert card.chat
    assert not list(tmp_path.glob("*.checkpoint*"))
