"""`genchat import` and `genchat pull`."""

import json
import shutil
from pathlib import Path

import pytest

from genchat.engine.model_card import CARD_FILE
from tests.engine.checkpoints.folders import random_llama
from tests.tui.cli.conftest import Run


@pytest.fixture
def published(tmp_path: Path) -> Path:
    folder = tmp_path / "Tiny Llama"
    random_llama(folder)
    return folder


def test_an_imported_folder_is_a_model_like_any_other(genchat: Run, published: Path) -> None:
    done = genchat("import", str(published), "--json")
    card = json.loads(done.stdout)
    assert (done.returncode, card["name"], card["chat"]) == (0, "tiny-llama", True)
    listed = {entry["name"]: entry for entry in json.loads(genchat("models", "--json").stdout)}
    assert listed["tiny-llama"]["origin"] == "imported"
    answered = genchat("-m", "tiny-llama", "-n", "4", "the cat", "--precision", "fp32")
    assert answered.returncode == 0
    assert "4 tokens" in answered.stderr
    why = genchat("next", "the cat", "-m", "tiny-llama", "--why").stdout
    assert "layer 1" in why
    scored = [
        json.loads(genchat("score", "the cat sat", "-m", "tiny-llama", "--json", "--precision", precision).stdout)
        for precision in ("fp32", "int8")
    ]
    assert scored[0]["bits_per_byte"] == pytest.approx(scored[1]["bits_per_byte"], rel=0.05)
    assert scored[0]["bits_per_byte"] != scored[1]["bits_per_byte"]
    assert genchat("import", str(published)).returncode == 2
    assert genchat("import", str(published), "--replace").returncode == 0
    assert genchat("models", "rm", "tiny-llama").returncode == 0


def test_what_cannot_be_imported_is_said_and_leaves_nothing(genchat: Run, published: Path, tmp_path: Path) -> None:
    missing = genchat("import", str(tmp_path / "nothing.gguf"))
    assert (missing.returncode, "nothing.gguf cannot be read" in missing.stderr) == (2, True)
    assert "No such file" in missing.stderr
    (tmp_path / "some.gguf").write_bytes(b"GGUG")
    assert "not a GGUF" in genchat("import", str(tmp_path / "some.gguf")).stderr
    shutil.copy(published / "model.safetensors", tmp_path / "kept")
    (published / "model.safetensors").write_bytes((tmp_path / "kept").read_bytes()[:-40])
    assert "model.safetensors" in genchat("import", str(published)).stderr
    models = tmp_path / "home" / "data" / "models"
    assert not models.exists() or not [each for each in models.iterdir() if (each / CARD_FILE).exists()]


def test_the_catalogue_tells_licence_and_size(genchat: Run) -> None:
    assert "Apache-2.0" in genchat("pull").stdout
    assert {entry["name"] for entry in json.loads(genchat("pull", "--json").stdout)} >= {"smollm2", "gpt2"}
    unknown = genchat("pull", "nothing-like-this")
    assert (unknown.returncode, "smollm2" in unknown.stderr) == (2, True)
    assert genchat("pull", "smollm2", env={"GENCHAT_OFFLINE": "1"}).returncode == 3
