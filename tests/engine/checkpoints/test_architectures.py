"""Every supported architecture gives the numbers of transformers, from a folder of random weights."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open

from genchat.engine.checkpoints.importing import import_checkpoint
from genchat.engine.gpt.loading import Precision, load_checkpoint
from genchat.engine.gpt.packed import INT8_FILE
from genchat.engine.gpt.quantisation import SCALE, unpack
from genchat.engine.local_backend import LocalBackend
from genchat.engine.model_card import read_card
from tests.engine.checkpoints.folders import make_folder
from tests.engine.checkpoints.gguf_writer import Stored, checkpoint_gguf

pytest.importorskip("transformers")
pytestmark = pytest.mark.slow

LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 10_000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 16,
}
CASES: list[tuple[str, dict[str, Any]]] = [
    ("llama", {}),
    ("llama", {"tie_word_embeddings": False, "num_key_value_heads": 4}),
    ("llama", {"rope_parameters": LLAMA3}),
    ("llama", {"rope_parameters": {"rope_type": "linear", "rope_theta": 10_000.0, "factor": 2.0}}),
    ("qwen2", {}),
    ("qwen3", {"head_dim": 16}),
    ("gpt2", {}),
]


def _open(folder: Path, precision: Precision = "fp32") -> LocalBackend:
    return load_checkpoint(folder, read_card(folder), precision)


@pytest.mark.parametrize(("architecture", "changes"), CASES)
def test_logits_are_those_of_transformers(architecture: str, changes: dict[str, Any], tmp_path: Path) -> None:
    reference = make_folder(tmp_path / "published", architecture, **changes)
    import_checkpoint(tmp_path / "published", tmp_path / "model", command="genchat import published")
    model = _open(tmp_path / "model").model
    ids = torch.randint(0, model.info.vocabulary_size, (40,), generator=torch.Generator().manual_seed(2)).tolist()
    with torch.no_grad():
        wanted = reference(torch.tensor([ids])).logits[0].log_softmax(-1).numpy()
    cursor = model.start(ids[:1])
    for place in range(1, len(ids)):
        np.testing.assert_allclose(cursor.log_probs(), wanted[place - 1], atol=1e-4)
        cursor.advance(ids[place])
    priced = np.array([wanted[place - 1, ids[place]] for place in range(1, len(ids))])
    np.testing.assert_allclose(model.score_tokens(ids)[1:], priced, atol=1e-4)  # type: ignore[attr-defined]


@pytest.mark.parametrize("architecture", ["llama", "qwen2", "qwen3", "gpt2"])
@pytest.mark.parametrize("tied", [True, False])
def test_files_of_llama_cpp_give_the_same(architecture: str, tied: bool, tmp_path: Path) -> None:
    changes: dict[str, Any] = {"tie_word_embeddings": tied} | ({"head_dim": 16} if architecture == "qwen3" else {})
    reference = make_folder(tmp_path / "published", architecture, **changes)
    checkpoint_gguf(tmp_path / "tiny.gguf", tmp_path / "published", reference)
    import_checkpoint(tmp_path / "tiny.gguf", tmp_path / "model", command="genchat import tiny.gguf")
    model = _open(tmp_path / "model").model
    ids = torch.randint(0, model.info.vocabulary_size, (40,), generator=torch.Generator().manual_seed(2)).tolist()
    with torch.no_grad():
        wanted = reference(torch.tensor([ids])).logits[0].log_softmax(-1).numpy()
    for place in (0, 7, 39):
        np.testing.assert_allclose(model.start(ids[: place + 1]).log_probs(), wanted[place], atol=1e-4)


@pytest.mark.parametrize("kind", ["linear", "llama3"])
def test_stretched_positions_are_read_from_files_of_llama_cpp(kind: str, tmp_path: Path) -> None:
    """Of the kind "linear" they hold the factor, of the kind "llama3" what each frequency is divided by."""
    linear = {"rope_type": "linear", "rope_theta": 10_000.0, "factor": 2.0}
    reference = make_folder(tmp_path / "published", "llama", rope_parameters=linear if kind == "linear" else LLAMA3)
    plain = 10_000.0 ** -(np.arange(0, 8, 2) / 8)
    divisors = (plain / reference.model.rotary_emb.inv_freq.numpy()).astype(np.float32)
    changes = {"llama.rope.scaling.type": "linear", "llama.rope.scaling.factor": 2.0} if kind == "linear" else {}
    more = [] if kind == "linear" else [("rope_freqs.weight", divisors)]
    checkpoint_gguf(tmp_path / "tiny.gguf", tmp_path / "published", reference, changes, more=more)
    import_checkpoint(tmp_path / "tiny.gguf", tmp_path / "model", command="genchat import tiny.gguf")
    ids = torch.randint(0, 300, (40,), generator=torch.Generator().manual_seed(2)).tolist()
    with torch.no_grad():
        wanted = reference(torch.tensor([ids])).logits[0, -1].log_softmax(-1).numpy()
    np.testing.assert_allclose(_open(tmp_path / "model").model.start(ids).log_probs(), wanted, atol=1e-4)


def test_weights_of_4_bits_stay_as_the_file_has_them(tmp_path: Path) -> None:
    """The levels are those of the file; only scales are rounded, to bf16."""
    reader = pytest.importorskip("gguf")
    sizes: dict[str, Any] = {"hidden_size": 64, "intermediate_size": 96, "num_attention_heads": 4, "head_dim": 16}
    reference = make_folder(tmp_path / "published", "llama", **sizes)
    kinds = {"attn_v": 8}  # as in files of mixed formats: with a part of 8 bits, the whole matrix has 8

    def store(name: str, array: Any) -> Any:
        if array.ndim == 1:
            return array
        kind = reader.GGMLQuantizationType(kinds.get(name.split(".")[-2], 2 if "ffn" in name else 3))
        return Stored(array.shape, int(kind), reader.quants.quantize(array, kind).tobytes())

    checkpoint_gguf(tmp_path / "tiny.gguf", tmp_path / "published", reference, store=store)
    import_checkpoint(tmp_path / "tiny.gguf", tmp_path / "model", command="genchat import tiny.gguf")
    with safe_open(tmp_path / "model" / INT8_FILE, framework="pt") as stored:
        kept = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118 (not a mapping)
    assert kept["embedding.weight"].dtype == kept["blocks.0.attention.qkv.weight"].dtype == torch.int8
    with safe_open(tmp_path / "model" / "model.safetensors", framework="pt") as stored:
        for name in ("blocks.1.attention.out.weight", "blocks.0.mlp.up.weight", "blocks.1.mlp.down.weight"):
            exact = stored.get_tensor(name)
            steps = kept[name + SCALE][..., 0].abs().float().T.repeat_interleave(32, 1)
            assert ((unpack(kept[name], kept[name + SCALE]).float() - exact).abs() <= 0.06 * steps).all()
    surprise = []
    for precision in ("fp32", "int8"):
        model = _open(tmp_path / "model", precision).model
        surprise.append(model.score_tokens(list(range(3, 40))).mean())  # type: ignore[attr-defined]
    assert surprise[1] == pytest.approx(surprise[0], rel=0.02)


def test_half_precision_weights_are_kept_as_they_are(tmp_path: Path) -> None:
    make_folder(tmp_path / "published", "llama").to(torch.bfloat16).save_pretrained(tmp_path / "published")
    import_checkpoint(tmp_path / "published", tmp_path / "model", command="genchat import published")
    with safe_open(tmp_path / "model" / "model.safetensors", framework="pt") as stored:
        assert stored.get_slice("embedding.weight").get_dtype() == "BF16"
    assert _open(tmp_path / "model").model.start([3]).log_probs().dtype == np.float32


@pytest.mark.parametrize(("kind", "dtype"), [(1, torch.float16), (30, torch.bfloat16)])
def test_norms_keep_their_32_bits_beside_narrower_matrices(kind: int, dtype: torch.dtype, tmp_path: Path) -> None:
    reference = make_folder(tmp_path / "published", "qwen2")

    def store(_name: str, array: Any) -> Any:
        if array.ndim == 1:
            return array
        narrow = torch.from_numpy(np.ascontiguousarray(array)).to(dtype)
        return Stored(array.shape, kind, narrow.view(torch.int16).numpy().tobytes())

    checkpoint_gguf(tmp_path / "tiny.gguf", tmp_path / "published", reference, store=store)
    import_checkpoint(tmp_path / "tiny.gguf", tmp_path / "model", command="genchat import tiny.gguf")
    with safe_open(tmp_path / "model" / "model.safetensors", framework="pt") as stored:
        assert stored.get_tensor("embedding.weight").dtype == dtype
        assert torch.equal(stored.get_tensor("norm.weight"), reference.state_dict()["model.norm.weight"])
        biases = [reference.state_dict()[f"model.layers.1.self_attn.{part}_proj.bias"] for part in "qkv"]
        assert torch.equal(stored.get_tensor("blocks.1.attention.qkv.bias"), torch.cat(biases))
