"""Model folders: exact where they are whole, refused by name where they are not."""

import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from genchat.engine.errors import ModelDamaged
from genchat.engine.lstm.loading import load
from genchat.engine.model_card import ModelCard, read_card
from genchat.engine.tokenizers.reading import TOKENIZER_FILE
from genchat.engine.training.weights import WEIGHTS_FILE, write_tensors
from tests.engine.lstm.models import TOKENIZER, model, network, write

_TEXT = TOKENIZER.encode("abc dab caf")


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.float16, 2e-2), (torch.bfloat16, 2e-1)])
def test_a_folder_reads_back_as_it_was(tmp_path: Path, dtype: torch.dtype, tolerance: float) -> None:
    card = write(tmp_path / "letters", network(), dtype)
    read = load(tmp_path / "letters", read_card(tmp_path / "letters"))
    np.testing.assert_allclose(read.score_tokens(_TEXT), model().score_tokens(_TEXT), atol=tolerance)
    assert read.info.family == "lstm"
    assert read.info.checksum == card.checksum
    assert read.info.parameters == network().parameter_count()


def _refused(folder: Path, card: ModelCard | None = None) -> str:
    with pytest.raises(ModelDamaged) as caught:
        load(folder, card or read_card(folder))
    assert folder.name in str(caught.value)
    return caught.value.key


def _altered(folder: Path, change: dict[str, torch.Tensor | None]) -> None:
    tensors: dict[str, Any] = load_file(folder / WEIGHTS_FILE) | change
    write_tensors(folder / WEIGHTS_FILE, {key: held for key, held in tensors.items() if held is not None})


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"head.bias": None}, "tensor_missing"),
        ({"strange": torch.zeros(2)}, "tensor_unknown"),
        ({"head.bias": torch.zeros(3)}, "tensor_shape"),
        ({"lstm.weight_hh_l1": torch.zeros(64, 17)}, "tensor_shape"),
        ({"head.bias": torch.zeros(TOKENIZER.vocabulary_size, dtype=torch.int32)}, "tensor_dtype"),
        ({"head.bias": torch.full((TOKENIZER.vocabulary_size,), float("nan"))}, "weights_unreadable"),
    ],
)
def test_wrong_tensors_are_refused_by_name(tmp_path: Path, change: dict[str, torch.Tensor | None], key: str) -> None:
    write(tmp_path / "letters", network())
    _altered(tmp_path / "letters", change)
    assert _refused(tmp_path / "letters") == key


@pytest.mark.parametrize("kept", [0, 4, 100, 2000, -1])
def test_a_truncated_file_is_refused(tmp_path: Path, kept: int) -> None:
    folder = tmp_path / "letters"
    write(folder, network())
    content = (folder / WEIGHTS_FILE).read_bytes()
    (folder / WEIGHTS_FILE).write_bytes(content[:kept])
    assert _refused(folder) == "weights_unreadable"


class _Trap:
    def __reduce__(self) -> tuple[Any, ...]:
        return (pytest.fail, ("the pickle was opened",))


@pytest.mark.parametrize("name", [WEIGHTS_FILE, "model.pt", "weights.pkl", "pytorch_model.bin"])
def test_a_pickle_is_named_and_never_opened(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "letters"
    write(folder, network())
    (folder / WEIGHTS_FILE).unlink()
    (folder / name).write_bytes(pickle.dumps(_Trap()))
    with pytest.raises(ModelDamaged, match=name):
        load(folder, read_card(folder))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"network": []},
        {"network": {"vocabulary_size": TOKENIZER.vocabulary_size}},
        {"network": {"vocabulary_size": 7}},
        {"network": {**network().to_card_settings(), "layers": 0}},
        {"network": {**network().to_card_settings(), "width": "16"}},
        {"network": {**network().to_card_settings(), "layers": True}},
        {"network": {**network().to_card_settings(), "start_token": 10_000}},
        {"network": {**network().to_card_settings(), "heads": 4}},
        {"network": {**network().to_card_settings(), "layers": 3}},
    ],
)
def test_a_card_of_another_architecture_is_refused(tmp_path: Path, settings: dict[str, Any]) -> None:
    folder = tmp_path / "letters"
    card = write(folder, network())
    key = _refused(folder, replace(card, settings=settings))
    assert key == "model_damaged" or key.startswith("tensor_")


def test_missing_files_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "letters"
    write(folder, network())
    (folder / WEIGHTS_FILE).unlink()
    assert _refused(folder) == "weights_missing"
    write(folder, network())
    tokenizer = json.loads((folder / TOKENIZER_FILE).read_text())
    (folder / TOKENIZER_FILE).write_text(json.dumps(tokenizer | {"pieces": ["a"]}))
    assert _refused(folder) == "model_damaged"
