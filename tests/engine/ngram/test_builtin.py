"""The model everyone starts with: made once, kept, made anew when the text changes, never in anyone's way."""

import multiprocessing
from pathlib import Path

import numpy as np
import pytest

from genchat import corpora
from genchat.corpora import Dialogue, parse_dialogues
from genchat.engine.contract import LanguageModel
from genchat.engine.ngram import builtin
from genchat.engine.ngram.builtin import default_chat_model

SMALL = """### um
P: oi
R: Oi! Tudo bem?

### two
P: hello
R: Hello! How are you?
"""


@pytest.fixture(autouse=True)
def _small_corpus(monkeypatch: pytest.MonkeyPatch) -> None:
    use_text(monkeypatch, SMALL)


def use_text(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    parsed = parse_dialogues(text, "dialogues/pt/x.txt", "pt")

    def dialogues() -> tuple[Dialogue, ...]:
        return parsed

    monkeypatch.setattr(corpora, "dialogues", dialogues)


def folders(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.iterdir() if path.is_dir())


def test_it_is_trained_at_first_and_opened_afterwards(tmp_path: Path) -> None:
    phases: list[str] = []
    first = default_chat_model(tmp_path, lambda phase, _: phases.append(phase))
    assert "writing" in phases
    phases.clear()
    second = default_chat_model(tmp_path, lambda phase, _: phases.append(phase))
    assert phases == []
    assert first.info == second.info
    assert first.info.name == builtin.NAME


def test_changed_text_gives_a_new_model_and_the_old_one_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = default_chat_model(tmp_path)
    before = folders(tmp_path)
    use_text(monkeypatch, SMALL.replace("Tudo bem", "Tudo certo"))
    second = default_chat_model(tmp_path)
    assert first.info.checksum != second.info.checksum
    assert len(folders(tmp_path)) == 1
    assert folders(tmp_path) != before


def test_a_damaged_cache_is_made_anew(tmp_path: Path) -> None:
    first = default_chat_model(tmp_path)
    for path in tmp_path.rglob("level1_log_probs.npy"):
        path.write_bytes(b"broken")
    assert default_chat_model(tmp_path).info.checksum == first.info.checksum


def test_a_cache_that_cannot_be_written_gives_a_model_in_memory(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file in the way")
    model = default_chat_model(tmp_path / "cache")
    assert np.isfinite(model.score_tokens(model.tokenizer.encode("Oi! Tudo bem?"))).all()


def _make(cache: str) -> str:
    return default_chat_model(Path(cache)).info.checksum


def test_two_processes_at_once_get_the_same_model(tmp_path: Path) -> None:
    with multiprocessing.get_context("fork").Pool(4) as pool:
        checksums = pool.map(_make, [str(tmp_path)] * 4)
    assert len(set(checksums)) == 1
    assert checksums[0]


def test_it_can_write_every_word_of_its_text(tmp_path: Path) -> None:
    model: LanguageModel = default_chat_model(tmp_path)
    assert model.tokenizer.unknown_in("Oi! Tudo bem?") == []
    assert model.tokenizer.unknown_in("日本") == ["日本"]


def test_the_recipe_is_part_of_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    default_chat_model(tmp_path)
    before = folders(tmp_path)
    monkeypatch.setattr(builtin, "_RECIPE", "another")
    default_chat_model(tmp_path)
    assert folders(tmp_path) != before
