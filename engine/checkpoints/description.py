"""What a checkpoint is, whichever file it came from: a shape, named tensors, a tokenizer, a template.

The names of tensors differ by family and by file; a Dialect says what genchat's own parts are called there. One part
may be several tensors of the file, stacked: q, k and v, or gate and up, are one matrix here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from genchat.engine.checkpoints.dequantise import Groups
from genchat.engine.distribution import FloatArray
from genchat.engine.gpt.config import GptConfig
from genchat.engine.tokenizers.foreign import ForeignVocabulary

ARCHITECTURES = ("llama", "qwen2", "qwen3", "gpt2")
Dialect = Mapping[str, tuple[str, ...]]  # our part -> names in the file, "{}" where the layer's number stands


class TensorSource(Protocol):
    """Tensors by their names in the file."""

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]: ...

    def read(self, name: str) -> FloatArray:
        """float32, in genchat's layout: rows are outputs, queries and keys in halves."""
        ...

    def groups(self, name: str) -> Groups | None:
        """The same matrix in 4 bits, if that is how the file holds it."""
        ...


@dataclass(frozen=True)
class Checkpoint:
    """Everything an import needs. `ignored` are names (or their endings) that carry nothing new."""

    architecture: str
    config: GptConfig
    dialect: Dialect
    tensors: TensorSource
    vocabulary: ForeignVocabulary
    stops: frozenset[int]
    chat_template: str = ""
    bos: str = ""
    eos: str = ""
    stored: str = "F32"  # the narrowest float that holds the file's matrices exactly: F32, F16 or BF16
    ignored: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)  # title, licence, storage format


LLAMA_GGUF: Dialect = {
    "embedding": ("token_embd",),
    "norm": ("output_norm",),
    "head": ("output",),
    "attention_norm": ("blk.{}.attn_norm",),
    "attention.qkv": ("blk.{}.attn_q", "blk.{}.attn_k", "blk.{}.attn_v"),
    "attention.q_norm": ("blk.{}.attn_q_norm",),
    "attention.k_norm": ("blk.{}.attn_k_norm",),
    "attention.out": ("blk.{}.attn_output",),
    "mlp_norm": ("blk.{}.ffn_norm",),
    "mlp.up": ("blk.{}.ffn_gate", "blk.{}.ffn_up"),
    "mlp.down": ("blk.{}.ffn_down",),
}
GPT2_GGUF: Dialect = {
    **LLAMA_GGUF,
    "position_embedding": ("position_embd",),
    "attention.qkv": ("blk.{}.attn_qkv",),
    "mlp.up": ("blk.{}.ffn_up",),
}
LLAMA_FOLDER: Dialect = {
    "embedding": ("model.embed_tokens",),
    "norm": ("model.norm",),
    "head": ("lm_head",),
    "attention_norm": ("model.layers.{}.input_layernorm",),
    "attention.qkv": tuple(f"model.layers.{{}}.self_attn.{letter}_proj" for letter in "qkv"),
    "attention.q_norm": ("model.layers.{}.self_attn.q_norm",),
    "attention.k_norm": ("model.layers.{}.self_attn.k_norm",),
    "attention.out": ("model.layers.{}.self_attn.o_proj",),
    "mlp_norm": ("model.layers.{}.post_attention_layernorm",),
    "mlp.up": ("model.layers.{}.mlp.gate_proj", "model.layers.{}.mlp.up_proj"),
    "mlp.down": ("model.layers.{}.mlp.down_proj",),
}
GPT2_FOLDER: Dialect = {
    "embedding": ("wte",),
    "position_embedding": ("wpe",),
    "norm": ("ln_f",),
    "head": ("lm_head",),
    "attention_norm": ("h.{}.ln_1",),
    "attention.qkv": ("h.{}.attn.c_attn",),
    "attention.out": ("h.{}.attn.c_proj",),
    "mlp_norm": ("h.{}.ln_2",),
    "mlp.up": ("h.{}.mlp.c_fc",),
    "mlp.down": ("h.{}.mlp.c_proj",),
}


def names_of(parameter: str, dialect: Dialect) -> tuple[str, ...]:
    """The file's names of one of our parameters: "blocks.3.attention.qkv.weight" -> the q, k and v of layer 3."""
    part, _, kind = parameter.rpartition(".")
    layer = ""
    if part.startswith("blocks."):
        _, layer, part = part.split(".", 2)
    return tuple(f"{name.format(layer)}.{kind}" for name in dialect[part])
