"""What a checkpoint says and genchat does not understand is refused by name, in every kind of file."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from genchat.engine.checkpoints.importing import import_checkpoint, read_checkpoint
from genchat.engine.errors import ModelDamaged
from genchat.engine.gpt.loading import load_checkpoint
from genchat.engine.model_card import read_card
from tests.engine.checkpoints.folders import make_folder
from tests.engine.checkpoints.gguf_writer import checkpoint_gguf

transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.slow
FAMILIES = ("llama", "qwen2", "qwen3", "gpt2")
STRANGE: tuple[Any, ...] = (True, 0.5, 3, "something", [1, 2], {"a": 1})


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("folders")
    for family in FAMILIES:
        checkpoint_gguf(root / f"{family}.gguf", root / family, make_folder(root / family, family))
    return {family: root / family for family in FAMILIES}


def altered(folder: Path, file: str, change: Any, target: Path) -> Path:
    target.mkdir(parents=True)
    for each in folder.iterdir():
        (target / each.name).symlink_to(each)
    told = json.loads((folder / file).read_text(encoding="utf-8"))
    change(told)
    (target / file).unlink()
    (target / file).write_text(json.dumps(told), encoding="utf-8")
    return target


def every_setting() -> Iterator[str]:
    """Every name of a setting that transformers has for a language model with such a config."""
    found = set()
    for name in dir(transformers):
        if name.endswith("Config") and name not in ("PretrainedConfig", "PreTrainedConfig"):
            kind = getattr(transformers, name, None)
            found |= set(getattr(kind, "__dataclass_fields__", ())) | set(getattr(kind, "__annotations__", ()))
    return iter(sorted(found))


@pytest.mark.parametrize("family", FAMILIES)
def test_no_setting_of_another_family_is_passed_over(family: str, folders: dict[str, Path], tmp_path: Path) -> None:
    from genchat.engine.checkpoints.known_settings import GPT2, LLAMA

    known = GPT2 if family == "gpt2" else LLAMA
    names = [name for name in every_setting() if name not in known and not name.startswith("_")]
    assert len(names) > 200
    for number, name in enumerate([*names, "a_setting_nobody_has"]):
        told = {name: STRANGE[number % len(STRANGE)]}
        folder = altered(folders[family], "config.json", lambda held, told=told: held.update(told), tmp_path / name)
        with pytest.raises(ModelDamaged) as caught:
            read_checkpoint(folder)
        assert caught.value.values["setting"] == name


@pytest.mark.parametrize("kind", ["default", "linear", "llama3", "yarn"])
def test_no_setting_of_positions_is_passed_over(kind: str, folders: dict[str, Path], tmp_path: Path) -> None:
    sizes = {"factor": 2.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 16}
    more = {"linear": ("factor",), "llama3": tuple(sizes), "yarn": ("factor", "original_max_position_embeddings")}
    rope = {"rope_type": kind, "rope_theta": 10_000.0} | {name: sizes[name] for name in more.get(kind, ())}
    for name in ("short_factor", "long_factor", "alpha", "full_attention", "mrope_section"):
        told = {"rope_parameters": {**rope, name: [1.0]}}
        folder = altered(folders["llama"], "config.json", lambda held, told=told: held.update(told), tmp_path / name)
        with pytest.raises(ModelDamaged) as caught:
            read_checkpoint(folder)
        assert caught.value.values["setting"] == name


@pytest.mark.parametrize("place", ["", "model"])
def test_no_setting_of_the_tokenizer_is_passed_over(place: str, folders: dict[str, Path], tmp_path: Path) -> None:
    def change(told: Any) -> None:
        (told[place] if place else told)["a_setting_nobody_has"] = 1

    with pytest.raises(ModelDamaged, match="a_setting_nobody_has"):
        read_checkpoint(altered(folders["llama"], "tokenizer.json", change, tmp_path / "m"))


@pytest.mark.parametrize("family", FAMILIES)
def test_no_key_of_a_gguf_file_is_passed_over(family: str, folders: dict[str, Path], tmp_path: Path) -> None:
    gguf = pytest.importorskip("gguf")
    reference = transformers.AutoModelForCausalLM.from_pretrained(folders[family])
    names = [
        name.replace("{arch}", family)
        for space in vars(gguf.Keys).values()
        if isinstance(space, type)
        for name in vars(space).values()
        if isinstance(name, str) and name.startswith("{arch}.")
    ]
    from genchat.engine.checkpoints.known_settings import GGUF_FAMILY

    strange = [name for name in names if name.removeprefix(f"{family}.") not in GGUF_FAMILY and "{" not in name]
    assert len(strange) > 40
    for name in [*strange, "tokenizer.ggml.precompiled_charsmap", "adapter.type", "other"]:
        path = checkpoint_gguf(tmp_path / "tiny.gguf", folders[family], reference, {name: 7})
        with pytest.raises(ModelDamaged) as caught:
            read_checkpoint(path)
        assert caught.value.values["setting"] == name


def log_probs(source: Path, target: Path, ids: list[int]) -> Any:
    import_checkpoint(source, target, command="genchat import")
    return load_checkpoint(target, read_card(target), "fp32").model.start(ids).log_probs()


IDS = torch.randint(0, 300, (40,), generator=torch.Generator().manual_seed(2)).tolist()


def wanted(reference: Any) -> Any:
    with torch.no_grad():
        return reference(torch.tensor([IDS])).logits[0, -1].log_softmax(-1).numpy()


def test_of_both_names_of_the_positions_the_older_counts_as_in_the_reference(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    scaling = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}

    def change(told: Any) -> None:
        told["rope_parameters"] = {"rope_type": "default", "rope_theta": 10_000.0}
        told["rope_scaling"] = scaling

    folder = altered(folders["llama"], "config.json", change, tmp_path / "published")
    reference = transformers.AutoModelForCausalLM.from_pretrained(folder)
    np.testing.assert_allclose(log_probs(folder, tmp_path / "model", IDS), wanted(reference), atol=1e-4)


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_a_head_of_its_own_counts_even_where_the_settings_call_it_tied(family: str, tmp_path: Path) -> None:
    reference = make_folder(tmp_path / "published", family, tie_word_embeddings=False)
    told = json.loads((tmp_path / "published" / "config.json").read_text())
    (tmp_path / "published" / "config.json").write_text(json.dumps({**told, "tie_word_embeddings": True}))
    np.testing.assert_allclose(log_probs(tmp_path / "published", tmp_path / "model", IDS), wanted(reference), atol=1e-4)
    path = tmp_path / "published" / "model.safetensors"
    tensors = load_file(path)
    embedding = "transformer.wte.weight" if family == "gpt2" else "model.embed_tokens.weight"
    tensors["lm_head.weight"] = tensors[embedding].clone()
    save_file(tensors, path)
    assert read_checkpoint(tmp_path / "published").config.tied_head


@pytest.mark.parametrize(
    "changes",
    [{"llama.rope.scaling.factor": 2.0}, {"llama.rope.scale_linear": 2.0}],
)
def test_a_factor_without_a_kind_is_linear_in_files_of_llama_cpp(changes: dict[str, Any], tmp_path: Path) -> None:
    linear = {"rope_type": "linear", "rope_theta": 10_000.0, "factor": 2.0}
    reference = make_folder(tmp_path / "published", "llama", rope_parameters=linear)
    checkpoint_gguf(tmp_path / "tiny.gguf", tmp_path / "published", reference, changes)
    np.testing.assert_allclose(log_probs(tmp_path / "tiny.gguf", tmp_path / "model", IDS), wanted(reference), atol=1e-4)


@pytest.mark.parametrize("fuse", [False, True])
def test_bytes_that_are_missing_become_the_unknown_token_where_there_is_one(
    fuse: bool, folders: dict[str, Path], tmp_path: Path
) -> None:
    from tokenizers import Tokenizer

    def change(told: Any) -> None:
        told["model"] |= {"unk_token": "<|endoftext|>", "fuse_unk": fuse}

    folder = altered(folders["llama"], "tokenizer.json", change, tmp_path / "published")
    import_checkpoint(folder, tmp_path / "model", command="genchat import")
    ours = load_checkpoint(tmp_path / "model", read_card(tmp_path / "model"), "fp32").model.tokenizer
    reference = Tokenizer.from_file(str(folder / "tokenizer.json"))
    missing = "\x04"
    for text in ("a cat", f"the{missing}cat", f"{missing}{missing} the cat", f"sat {missing}{missing}on{missing}"):
        assert ours.encode(text) == reference.encode(text, add_special_tokens=False).ids
