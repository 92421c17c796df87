"""A GGUF file as a Checkpoint: its metadata as a shape, its names, its vocabulary."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genchat.engine.checkpoints.dequantise import FORMATS, Groups
from genchat.engine.checkpoints.description import ARCHITECTURES, GPT2_GGUF, LLAMA_GGUF, Checkpoint
from genchat.engine.checkpoints.gguf import GgufFile
from genchat.engine.checkpoints.gguf_keys import Keys
from genchat.engine.checkpoints.gguf_vocabulary import read_vocabulary
from genchat.engine.checkpoints.shape import check_shape, longest_context
from genchat.engine.distribution import FloatArray
from genchat.engine.errors import ModelDamaged
from genchat.engine.gpt.config import GptConfig

_ENDS = ("<|im_end|>", "<|eot_id|>", "<|end_of_text|>", "<|endoftext|>", "<|end|>")
_INTERLEAVED = ("llama",)  # families whose queries and keys llama.cpp stores in adjacent pairs


class _Tensors:
    """The file's tensors, queries and keys of interleaved families put back in halves."""

    def __init__(self, file: GgufFile, heads: Mapping[str, int]) -> None:
        self._file = file
        self._heads = heads
        self.shapes = {name: tensor.shape for name, tensor in file.tensors.items()}

    def read(self, name: str) -> FloatArray:
        found = self._file.read(name)
        heads = self._interleaved(name)
        return unpermute(found, heads) if heads else found

    def groups(self, name: str) -> Groups | None:
        found, heads = self._file.groups(name), self._interleaved(name)
        if found is None or not heads:
            return found
        return Groups(*(unpermute(part, heads) for part in (found.levels, found.scales, found.offsets)))

    def _interleaved(self, name: str) -> int:
        """The heads of a matrix whose rows stand in adjacent pairs; 0 for others."""
        return self._heads.get(name.split(".")[-2], 0)


def unpermute(stored: NDArray[Any], heads: int) -> NDArray[Any]:
    """[heads * D, …] with each head's rows in adjacent pairs -> the same with the first of every pair, then the second.

    A rotary position turns the pair (i, i + D/2) here, and (2i, 2i + 1) as stored.
    """
    width = len(stored) // heads
    pairs = stored.reshape(heads, width // 2, 2, -1)
    return np.ascontiguousarray(pairs.swapaxes(1, 2)).reshape(stored.shape)


def read_gguf(path: Path) -> Checkpoint:
    """Raises ModelDamaged naming the architecture, setting, tensor or tokenizer that cannot be used."""
    file = GgufFile(path)
    keys = Keys(file.metadata, file.name)
    architecture = keys.text("general.architecture")
    if architecture not in ARCHITECTURES:
        raise ModelDamaged(
            "checkpoint_architecture", name=file.name, found=architecture, known=", ".join(ARCHITECTURES)
        )
    keys.refuse_unknown(architecture)
    config = _config(file, keys, architecture)
    heads = {"attn_q": config.heads, "attn_k": config.kv_heads} if architecture in _INTERLEAVED else {}
    vocabulary = read_vocabulary(keys, config.vocabulary_size)
    tokens = keys.strings("tokenizer.ggml.tokens")
    ends = {keys.number(f"tokenizer.ggml.{name}_token_id", -1) for name in ("eos", "eot")}
    ends |= {token for name, token in vocabulary.controls.items() if name in _ENDS}
    kinds = {tensor.kind for tensor in file.tensors.values() if len(tensor.shape) > 1}
    storage = max(kinds, key=lambda kind: sum(each.kind == kind for each in file.tensors.values()))
    return Checkpoint(
        architecture=architecture,
        config=config,
        dialect=GPT2_GGUF if architecture == "gpt2" else LLAMA_GGUF,
        tensors=_Tensors(file, heads),
        vocabulary=vocabulary,
        stops=frozenset(int(end) for end in ends if 0 <= end < len(tokens)),
        chat_template=keys.text("tokenizer.chat_template", ""),
        bos=_name_of(tokens, keys.number("tokenizer.ggml.bos_token_id", -1)),
        eos=_name_of(tokens, keys.number("tokenizer.ggml.eos_token_id", -1)),
        stored={frozenset({1}): "F16", frozenset({30}): "BF16"}.get(frozenset(kinds), "F32"),
        ignored=("rope_freqs.weight", *(("output.weight",) if config.tied_head else ())),
        facts={
            "title": keys.text("general.name", file.name),
            "licence": keys.text("general.license", ""),
            "storage": FORMATS[storage].name,
        },
    )


def _config(file: GgufFile, keys: Keys, architecture: str) -> GptConfig:
    def key(name: str) -> str:
        return f"{architecture}.{name}"

    embedding = file.tensors.get("token_embd.weight")
    if embedding is None or len(embedding.shape) != 2:
        raise ModelDamaged("tensor_missing", name=file.name, tensor="token_embd.weight")
    gpt2 = architecture == "gpt2"
    width, heads = keys.whole(key("embedding_length")), keys.whole(key("attention.head_count"))
    head_width = keys.whole(key("attention.key_length"), max(width // heads, 1))
    if keys.number(key("expert_count"), 0):
        raise keys.refuse(key("expert_count"), keys.number(key("expert_count")))
    if not gpt2 and keys.whole(key("rope.dimension_count"), head_width) != head_width:
        raise keys.refuse(key("rope.dimension_count"), keys.whole(key("rope.dimension_count")))
    if keys.whole(key("attention.value_length"), head_width) != head_width:
        raise keys.refuse(key("attention.value_length"), keys.whole(key("attention.value_length")))
    divisors: tuple[float, ...] = ()
    # As llama.cpp has it: a factor without a kind is linear, and older files call it scale_linear.
    scaling = keys.text(key("rope.scaling.type"), "linear")
    factor = float(keys.number(key("rope.scaling.factor"), keys.number(key("rope.scale_linear"), 0.0)))
    if scaling not in ("linear", "none"):
        raise keys.refuse(key("rope.scaling.type"), scaling)
    if scaling == "linear" and factor not in (0.0, 1.0):
        divisors = (factor,) * (head_width // 2)
    if "rope_freqs.weight" in file.tensors:
        divisors = tuple(map(float, file.read("rope_freqs.weight").reshape(-1)))
    epsilon = "layer_norm_epsilon" if gpt2 else "layer_norm_rms_epsilon"
    head = file.tensors.get("output.weight")
    tied = head is None or (
        head.kind == embedding.kind
        and head.shape == embedding.shape
        and np.array_equal(file.raw("output.weight"), file.raw("token_embd.weight"))
    )
    context = keys.whole(key("context_length"))
    config = GptConfig(
        vocabulary_size=embedding.shape[0],
        context_length=context if gpt2 else longest_context(context),
        layers=keys.whole(key("block_count")),
        heads=heads,
        kv_heads=keys.whole(key("attention.head_count_kv"), heads),
        width=width,
        head_width=head_width,
        hidden=keys.whole(key("feed_forward_length")),
        norm="layer" if gpt2 else "rms",
        norm_epsilon=float(keys.number(key(f"attention.{epsilon}"))),
        norm_weight=True,
        positions="learned" if gpt2 else "rope",
        rope_base=float(keys.number(key("rope.freq_base"), 10_000.0)),
        rope_divisors=divisors,
        activation="gelu" if gpt2 else "swiglu",
        qk_norm="weight" if architecture == "qwen3" else "none",
        qkv_bias=architecture in ("qwen2", "gpt2"),
        bias=gpt2,
        tied_head=tied,
        start_token=min(max(int(keys.number("tokenizer.ggml.bos_token_id", 0)), 0), embedding.shape[0] - 1),
    )
    check_shape(config, {name: tensor.shape for name, tensor in file.tensors.items()}, "token_embd.weight", file.name)
    return config


def _name_of(tokens: list[str], token: float) -> str:
    return tokens[int(token)] if 0 <= token < len(tokens) else ""
