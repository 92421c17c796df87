"""Every supported architecture gives the numbers of transformers, from a folder of random weights."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.checkpoints.importing import import_checkpoint
from engine.gpt.loading import Precision, load_checkpoint
from engine.local_backend import LocalBackend
from engine.model_card import read_card
from tests.engine.checkpoints.folders import make_folder

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


def test_half_precision_weights_are_kept_as_they_are(tmp_path: Path) -> None:
    from safetensors import safe_open

    make_folder(tmp_path / "published", "llama").to(torch.bfloat16).save_pretrained(tmp_path / "published")
    import_checkpoint(tmp_path / "published", tmp_path / "model", command="genchat import published")
    with safe_open(tmp_path / "model" / "model.safetensors", framework="pt") as stored:
        assert stored.get_slice("embedding.weight").get_dtype() == "BF16"
    assert _open(tmp_path / "model").model.start([3]).log_probs().dtype == np.float32
