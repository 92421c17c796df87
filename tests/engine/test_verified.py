"""Models are what their card says: checked at opening, once a version of a file, in every family."""

import json
import os
import random
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from genchat.engine import verified
from genchat.engine.errors import ModelDamaged, TrainingFailed
from genchat.engine.gpt.model import GptModel
from genchat.engine.lstm.model import LstmModel
from genchat.engine.model_card import CARD_FILE, ModelCard, file_checksum, read_card, write_model
from genchat.engine.paths import Paths
from genchat.engine.registry import Registry, language_model
from genchat.engine.settings import Settings
from genchat.engine.verified import verify_once
from tests.engine.training import toy

SHIPPED = Path(verified.__file__).parent / "pretrained"


def card_of(folder: Path) -> ModelCard:
    def write(target: Path) -> None:
        (target / "a.bin").write_bytes(bytes(range(256)) * 40)
        (target / "b.json").write_text('{"x": 1}')

    return write_model(folder, ModelCard(folder.name, "gpt", "", "c"), write)


def flip(path: Path, place: int, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1 << bit
    path.write_bytes(content)


def settle(*paths: Path) -> None:
    """As if they had been written long ago; only the time of the last change of the entry cannot be set."""
    for path in paths:
        os.utime(path, (1, 1))


def test_every_flipped_bit_is_noticed_and_named(tmp_path: Path) -> None:
    card, dice = card_of(tmp_path / "m"), random.Random(1)
    for name in card.files:
        path = tmp_path / "m" / name
        whole = path.read_bytes()
        for _ in range(40):
            flip(path, dice.randrange(len(whole)), dice.randrange(8))
            with pytest.raises(ModelDamaged) as caught:
                verify_once(tmp_path / "m", card, tmp_path / "cache")
            assert (caught.value.key, caught.value.values["file"]) == ("checksum_differs", name)
            path.write_bytes(whole)
        verify_once(tmp_path / "m", card, tmp_path / "cache")


def test_a_version_of_a_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = card_of(tmp_path / "m")
    read: list[str] = []

    def told(path: Path) -> str:
        read.append(path.name)
        return file_checksum(path)

    monkeypatch.setattr(verified, "file_checksum", told)
    monkeypatch.setattr(verified, "_SETTLED", 0)
    for _ in range(3):
        verify_once(tmp_path / "m", card, tmp_path / "cache")
    assert sorted(read) == ["a.bin", "b.json"]
    flip(tmp_path / "m" / "a.bin", 3, 1)
    settle(tmp_path / "m" / "a.bin")
    with pytest.raises(ModelDamaged):
        verify_once(tmp_path / "m", card, tmp_path / "cache")


def test_a_file_written_a_moment_ago_is_not_trusted_yet(tmp_path: Path) -> None:
    card = card_of(tmp_path / "m")
    verify_once(tmp_path / "m", card, tmp_path / "cache")
    memories = list((tmp_path / "cache").rglob("*.json"))
    assert all(json.loads(memory.read_text()) == {} for memory in memories)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"a.bin": 3}', "[" * 10_000])
def test_a_broken_memory_only_costs_time(content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verified, "_SETTLED", 0)
    card = card_of(tmp_path / "m")
    verify_once(tmp_path / "m", card, tmp_path / "cache")
    (memory,) = (tmp_path / "cache").rglob("*.json")
    memory.write_text(content)
    verify_once(tmp_path / "m", card, tmp_path / "cache")


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    verify_once(tmp_path / "m", card_of(tmp_path / "m"), tmp_path / "cache")


@pytest.mark.parametrize("name", ["gpt-chat", "lstm-chat"])
def test_a_model_with_another_tokenizer_or_other_weights_does_not_open(name: str, tmp_path: Path) -> None:
    home = Paths(tmp_path, tmp_path, tmp_path / "cache")
    registry = Registry(home, Settings())
    for file in ("model.safetensors", "tokenizer.json"):
        folder = home.models / "mine"
        shutil.copytree(SHIPPED / name, folder)
        path = folder / file
        flip(path, path.stat().st_size - 400, 0)
        with pytest.raises(ModelDamaged) as caught:
            registry.open("mine")
        assert file in str(caught.value)
        shutil.rmtree(folder)


@pytest.mark.parametrize("name", ["gpt-chat", "lstm-chat"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), 3e38])
def test_weights_that_are_no_numbers_or_absurd_are_named(name: str, value: float, tmp_path: Path) -> None:
    folder = tmp_path / "models" / "mine"
    shutil.copytree(SHIPPED / name, folder)
    path = folder / "model.safetensors"
    tensors = load_file(path)
    key = next(key for key in tensors if key.startswith("head"))
    tensors[key] = torch.full_like(tensors[key].float(), value)
    save_file(tensors, path)
    told = json.loads((folder / CARD_FILE).read_text())
    told["files"][path.name] = file_checksum(path)
    (folder / CARD_FILE).write_text(json.dumps(told))
    registry = Registry(Paths(tmp_path, tmp_path, tmp_path / "cache"), Settings())
    with pytest.raises(ModelDamaged) as caught:
        registry.open("mine")
    assert key in str(caught.value)


@pytest.mark.parametrize("name", ["gpt-chat", "lstm-chat"])
def test_a_network_that_gives_no_numbers_is_named_when_it_is_asked(name: str, tmp_path: Path) -> None:
    model = language_model(Registry(Paths(tmp_path, tmp_path, tmp_path), Settings()).open_folder(*_shipped(name)))
    tokens = model.tokenizer.encode("olá")
    if isinstance(model, LstmModel):
        model.cell._head_bias[:] = float("nan")
    else:
        assert isinstance(model, GptModel)
        with torch.no_grad():
            model.network.embedding.weight.fill_(float("nan"))
    for asked in (model.start(tokens).log_probs, lambda: model.score_tokens(tokens)):
        with pytest.raises(ModelDamaged) as caught:
            asked()
        assert caught.value.key == "no_number"


def _shipped(name: str) -> tuple[Path, ModelCard]:
    return SHIPPED / name, read_card(SHIPPED / name)


def test_every_flipped_bit_of_a_checkpoint_is_refused_and_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "run" / "checkpoint.safetensors"
    list(toy.trainer(path, steps=3).run())
    whole, dice = path.read_bytes(), random.Random(2)
    for _ in range(60):
        path.write_bytes(whole)
        flip(path, dice.randrange(len(whole)), dice.randrange(8))
        damaged = path.read_bytes()
        with pytest.raises((ModelDamaged, TrainingFailed)):
            toy.trainer(path, steps=3).resume()
        assert path.read_bytes() == damaged
    path.write_bytes(whole)
    toy.trainer(path, steps=3).resume()
