"""Model folders of the mini GPT: read back exactly, refused by name when something is wrong."""

import io
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from genchat.engine.errors import ModelDamaged
from genchat.engine.gpt.loading import load
from genchat.engine.model_card import read_card
from genchat.engine.training.weights import WEIGHTS_FILE
from tests.engine.gpt import tiny


@pytest.mark.parametrize("config", tiny.SHAPES.values(), ids=tiny.SHAPES)
def test_a_model_read_back_says_the_same(tmp_path: Path, config: Any) -> None:
    tiny.write(tmp_path / "m", config)
    back = load(tmp_path / "m", read_card(tmp_path / "m"))
    tokens = tiny.TOKENIZER.encode("bad cafe\n")
    expected = tiny.model(config).start(tokens).log_probs()
    np.testing.assert_allclose(back.start(tokens).log_probs(), expected, atol=1e-5)
    assert back.info.parameters == tiny.network(config).parameter_count()
    assert back.tokenizer.decode(tokens) == "bad cafe\n"


def test_half_precision_on_disk_is_read_as_whole(tmp_path: Path) -> None:
    halves = {name.replace(".", "__"): held.half() for name, held in tiny.network().state_dict().items()}
    card = tiny.write(tmp_path / "m", **halves)
    back = load(tmp_path / "m", card)
    assert back.network.embedding.weight.dtype == torch.float32


@pytest.mark.parametrize(
    ("tensors", "key", "named"),
    [
        ({"norm_of_old": torch.ones(3)}, "tensor_unknown", "norm_of_old"),
        ({"head__weight": None}, "tensor_missing", "head.weight"),
        ({"head__weight": torch.ones(5, 32)}, "tensor_shape", "head.weight"),
        ({"embedding__weight": torch.ones(270, 32, dtype=torch.int64)}, "tensor_dtype", "embedding.weight"),
    ],
)
def test_a_wrong_tensor_is_named(tmp_path: Path, tensors: dict[str, Any], key: str, named: str) -> None:
    card = tiny.write(tmp_path / "m", **tensors)
    with pytest.raises(ModelDamaged) as caught:
        load(tmp_path / "m", card)
    assert caught.value.key == key
    assert named in str(caught.value)


@pytest.mark.parametrize("keep", [0, 4, 7, 200, -1])
def test_a_truncated_file_is_named(tmp_path: Path, keep: int) -> None:
    card = tiny.write(tmp_path / "m")
    path = tmp_path / "m" / WEIGHTS_FILE
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ModelDamaged) as caught:
        load(tmp_path / "m", card)
    assert caught.value.key == "weights_unreadable"
    assert WEIGHTS_FILE in str(caught.value)


class _Trap:
    def __reduce__(self) -> tuple[Any, ...]:
        return (pytest.fail, ("a pickle was opened",))


@pytest.mark.parametrize("name", [WEIGHTS_FILE, "pytorch_model.bin", "model.pt"])
@pytest.mark.parametrize("zipped", [False, True])
def test_a_pickle_is_refused_unopened(tmp_path: Path, name: str, zipped: bool) -> None:
    card = tiny.write(tmp_path / "m")
    (tmp_path / "m" / WEIGHTS_FILE).unlink()
    stream = io.BytesIO()
    if zipped:
        torch.save({"w": torch.ones(2)}, stream)
    else:
        pickle.dump(_Trap(), stream)
    (tmp_path / "m" / name).write_bytes(stream.getvalue())
    with pytest.raises(ModelDamaged) as caught:
        load(tmp_path / "m", card)
    assert caught.value.key == "weights_pickle"
    assert name in str(caught.value)


def test_missing_weights_are_named(tmp_path: Path) -> None:
    card = tiny.write(tmp_path / "m")
    (tmp_path / "m" / WEIGHTS_FILE).unlink()
    with pytest.raises(ModelDamaged) as caught:
        load(tmp_path / "m", card)
    assert caught.value.key == "weights_missing"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"layers": 0}, "below 1"),
        ({"kv_heads": 3}, "kv_heads"),
        ({"colour": "red"}, "colour"),
        ({"start_token": 10**6}, "start_token"),
        ({"bigram_stride": 0}, "bigram_stride"),
        ({"vocabulary_size": 200}, "vocabulary"),
    ],
)
def test_impossible_settings_are_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    tiny.write(tmp_path / "m")
    path = tmp_path / "m" / "card.json"
    content = json.loads(path.read_text())
    content["settings"]["network"] |= change
    path.write_text(json.dumps(content))
    with pytest.raises(ModelDamaged) as caught:
        load(tmp_path / "m", read_card(tmp_path / "m"))
    assert said in str(caught.value)


def test_a_card_without_a_network_is_damaged(tmp_path: Path) -> None:
    tiny.write(tmp_path / "m")
    path = tmp_path / "m" / "card.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "settings": {}}))
    with pytest.raises(ModelDamaged):
        load(tmp_path / "m", read_card(tmp_path / "m"))
