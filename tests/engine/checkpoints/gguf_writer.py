"""Writes small GGUF files, honest or lying."""

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

_KINDS = {bool: (7, "<?"), int: (4, "<I"), float: (6, "<f")}


def string(text: str) -> bytes:
    """A length and UTF-8."""
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def value(told: Any) -> bytes:
    """A type and a value: strings, truth values, uint32, float32, and lists of one of them."""
    if isinstance(told, str):
        return struct.pack("<I", 8) + string(told)
    if isinstance(told, list):
        items = [value(each) for each in told]
        kind = items[0][:4] if items else struct.pack("<I", 8)
        return struct.pack("<I", 9) + kind + struct.pack("<Q", len(told)) + b"".join(item[4:] for item in items)
    number, form = _KINDS[type(told)]
    return struct.pack("<I", number) + struct.pack(form, told)


def gguf(
    metadata: Mapping[str, Any],
    tensors: Sequence[tuple[str, Any]] = (),
    *,
    version: int = 3,
    tensor_count: int | None = None,
    key_count: int | None = None,
    kind: int = 0,
    shift: int = 0,
) -> bytes:
    """A whole file; float32 tensors. `kind`, the counts and `shift` (added to every offset) may lie."""
    head = b"GGUF" + struct.pack("<I", version)
    head += struct.pack("<QQ", len(tensors) if tensor_count is None else tensor_count, key_count or len(metadata))
    for key, told in metadata.items():
        head += string(key) + value(told)
    data = b""
    for name, array in tensors:
        head += string(name) + struct.pack("<I", array.ndim)
        head += b"".join(struct.pack("<Q", side) for side in array.shape[::-1])
        head += struct.pack("<IQ", kind, len(data) + shift)
        raw = np.ascontiguousarray(array, dtype="<f4").tobytes()
        data += raw + b"\0" * (-len(raw) % 32)
    return head + b"\0" * (-len(head) % 32) + data


def llama_gguf(path: Path, folder: Path, reference: Any, **changes: Any) -> Path:
    """The checkpoint of `tests.engine.checkpoints.folders` as llama.cpp's converter writes it."""
    import json

    told = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    ids = {**told["model"]["vocab"], **{each["content"]: each["id"] for each in told["added_tokens"]}}
    names = [name for name, _ in sorted(ids.items(), key=lambda item: item[1])]
    special = {each["content"]: 3 if each["special"] else 4 for each in told["added_tokens"]}
    config = reference.config
    metadata = {
        "general.architecture": "llama",
        "general.name": "tiny",
        "llama.block_count": config.num_hidden_layers,
        "llama.context_length": config.max_position_embeddings,
        "llama.embedding_length": config.hidden_size,
        "llama.feed_forward_length": config.intermediate_size,
        "llama.attention.head_count": config.num_attention_heads,
        "llama.attention.head_count_kv": config.num_key_value_heads,
        "llama.attention.layer_norm_rms_epsilon": config.rms_norm_eps,
        "llama.rope.dimension_count": config.head_dim,
        "llama.rope.freq_base": 10_000.0,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "smollm",
        "tokenizer.ggml.tokens": names,
        "tokenizer.ggml.token_type": [special.get(name, 1) for name in names],
        "tokenizer.ggml.merges": [
            merge if isinstance(merge, str) else " ".join(merge) for merge in told["model"]["merges"]
        ],
        "tokenizer.ggml.eos_token_id": 2,
    }
    tensors = []
    for name, weight in reference.state_dict().items():
        array = weight.float().numpy()
        heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}.get(name.split(".")[-2])
        if heads:  # as conversion/llama.py permutes them
            array = array.reshape(heads, 2, -1, array.shape[-1]).swapaxes(1, 2).reshape(array.shape)
        if name != "lm_head.weight":
            tensors.append((_ggml_name(name), array))
    path.write_bytes(gguf({**metadata, **changes}, tensors))
    return path


def _ggml_name(name: str) -> str:
    for ours, theirs in (
        ("model.embed_tokens", "token_embd"),
        ("model.norm", "output_norm"),
        ("model.layers.", "blk."),
        ("input_layernorm", "attn_norm"),
        ("post_attention_layernorm", "ffn_norm"),
        ("self_attn.q_proj", "attn_q"),
        ("self_attn.k_proj", "attn_k"),
        ("self_attn.v_proj", "attn_v"),
        ("self_attn.o_proj", "attn_output"),
        ("mlp.gate_proj", "ffn_gate"),
        ("mlp.up_proj", "ffn_up"),
        ("mlp.down_proj", "ffn_down"),
    ):
        name = name.replace(ours, theirs)
    return name
