"""Writes small GGUF files, honest or lying."""

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

_KINDS = {bool: (7, "<?"), int: (4, "<I"), float: (6, "<f")}


@dataclass(frozen=True)
class Stored:
    """A tensor as its bytes, in ggml's format number `kind`."""

    shape: tuple[int, ...]
    kind: int
    raw: bytes


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
    """A whole file; tensors are float32, or a `Stored`. `kind`, the counts and `shift` (added to offsets) may lie."""
    head = b"GGUF" + struct.pack("<I", version)
    head += struct.pack("<QQ", len(tensors) if tensor_count is None else tensor_count, key_count or len(metadata))
    for key, told in metadata.items():
        head += string(key) + value(told)
    data = b""
    for name, array in tensors:
        head += string(name) + struct.pack("<I", len(array.shape))
        head += b"".join(struct.pack("<Q", side) for side in array.shape[::-1])
        stored = isinstance(array, Stored)
        head += struct.pack("<IQ", array.kind if stored else kind, len(data) + shift)
        raw = array.raw if stored else np.ascontiguousarray(array, dtype="<f4").tobytes()
        data += raw + b"\0" * (-len(raw) % 32)
    return head + b"\0" * (-len(head) % 32) + data


def checkpoint_gguf(
    path: Path,
    folder: Path,
    reference: Any,
    changes: Mapping[str, Any] | None = None,
    store: Callable[[str, Any], Any] = lambda _, array: array,
    more: Sequence[tuple[str, Any]] = (),
) -> Path:
    """The checkpoint of `tests.engine.checkpoints.folders` as llama.cpp's converter writes it.

    `changes` replace metadata; `store` is given each tensor's name and float32 array and says what to write for it;
    `more` are tensors besides.
    """
    import json

    config = reference.config
    architecture = config.model_type
    vocabulary = _vocabulary(json.loads((folder / "tokenizer.json").read_text(encoding="utf-8")), architecture)
    shape = _gpt2_shape(config) if architecture == "gpt2" else _llama_shape(config)
    metadata = {
        "general.architecture": architecture,
        "general.name": "tiny",
        **{f"{architecture}.{key}": told for key, told in shape.items()},
        **vocabulary,
    }
    tensors = [
        (_ggml_name(name), store(_ggml_name(name), _as_converted(name, weight.float().numpy(), config)))
        for name, weight in reference.state_dict().items()
        if name != "lm_head.weight" or not config.tie_word_embeddings
    ]
    path.write_bytes(gguf({**metadata, **(changes or {})}, [*tensors, *more]))
    return path


def _vocabulary(told: Any, architecture: str) -> dict[str, Any]:
    model = told["model"]
    ids = {**model["vocab"], **{each["content"]: each["id"] for each in told["added_tokens"]}}
    names = [name for name, _ in sorted(ids.items(), key=lambda item: item[1])]
    kinds = {each["content"]: 3 if each["special"] else 4 for each in told["added_tokens"]}
    merges = [merge.split(" ") if isinstance(merge, str) else merge for merge in model["merges"]]
    written = {"tokenizer.ggml.tokens": names, "tokenizer.ggml.eos_token_id": 2}
    if not model.get("byte_fallback"):
        return written | {
            "tokenizer.ggml.model": "gpt2",
            "tokenizer.ggml.pre": {"gpt2": "gpt-2", "llama": "smollm"}.get(architecture, "qwen2"),
            "tokenizer.ggml.token_type": [kinds.get(name, 1) for name in names],
            "tokenizer.ggml.merges": [" ".join(merge) for merge in merges],
        }
    kinds |= {"<unk>": 2, **{f"<0x{byte:02X}>": 6 for byte in range(256)}}
    place = {left + right: index for index, (left, right) in reversed(list(enumerate(merges)))}
    return written | {
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.token_type": [kinds.get(name, 1) for name in names],
        "tokenizer.ggml.scores": [-float(place.get(name, len(merges))) for name in names],
    }


def _llama_shape(config: Any) -> dict[str, Any]:
    return {
        "block_count": config.num_hidden_layers,
        "context_length": config.max_position_embeddings,
        "embedding_length": config.hidden_size,
        "feed_forward_length": config.intermediate_size,
        "attention.head_count": config.num_attention_heads,
        "attention.head_count_kv": config.num_key_value_heads,
        "attention.key_length": config.head_dim
        if config.model_type == "qwen3"
        else config.hidden_size // config.num_attention_heads,
        "attention.layer_norm_rms_epsilon": config.rms_norm_eps,
        "rope.freq_base": 10_000.0,
    }


def _gpt2_shape(config: Any) -> dict[str, Any]:
    return {
        "block_count": config.n_layer,
        "context_length": config.n_positions,
        "embedding_length": config.n_embd,
        "feed_forward_length": 4 * config.n_embd,
        "attention.head_count": config.n_head,
        "attention.layer_norm_epsilon": config.layer_norm_epsilon,
    }


def _as_converted(name: str, array: Any, config: Any) -> Any:
    part = name.split(".")[-2]
    if part in ("c_attn", "c_proj", "c_fc"):  # GPT-2 keeps [inputs, outputs]
        return array.T
    heads = {"q_proj": config.num_attention_heads, "k_proj": getattr(config, "num_key_value_heads", 0)}.get(part)
    if not heads or config.model_type != "llama":
        return array
    return array.reshape(heads, 2, -1, array.shape[-1]).swapaxes(1, 2).reshape(array.shape)  # conversion/llama.py


def _ggml_name(name: str) -> str:
    for theirs, ggml in (
        ("model.embed_tokens", "token_embd"),
        ("transformer.wte", "token_embd"),
        ("transformer.wpe", "position_embd"),
        ("transformer.ln_f", "output_norm"),
        ("model.norm", "output_norm"),
        ("lm_head", "output"),
        ("model.layers.", "blk."),
        ("transformer.h.", "blk."),
        ("input_layernorm", "attn_norm"),
        ("post_attention_layernorm", "ffn_norm"),
        ("self_attn.q_proj", "attn_q"),
        ("self_attn.k_proj", "attn_k"),
        ("self_attn.v_proj", "attn_v"),
        ("self_attn.o_proj", "attn_output"),
        ("self_attn.q_norm", "attn_q_norm"),
        ("self_attn.k_norm", "attn_k_norm"),
        ("mlp.gate_proj", "ffn_gate"),
        ("mlp.up_proj", "ffn_up"),
        ("mlp.down_proj", "ffn_down"),
        ("ln_1", "attn_norm"),
        ("ln_2", "ffn_norm"),
        ("attn.c_attn", "attn_qkv"),
        ("attn.c_proj", "attn_output"),
        ("mlp.c_fc", "ffn_up"),
        ("mlp.c_proj", "ffn_down"),
    ):
        name = name.replace(theirs, ggml)
    return name
