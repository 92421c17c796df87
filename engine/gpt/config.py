"""The shape of a Transformer: one set of switches that covers genchat's own models, GPT-2, Llama and Qwen."""

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from genchat.engine.errors import ModelDamaged

_LATER = ("rope_scale",)  # settings that models and checkpoints of older versions do not have


@dataclass(frozen=True)
class GptConfig:
    """Sizes and choices. The defaults are the recipe for models trained at home on a processor."""

    vocabulary_size: int
    context_length: int = 256
    layers: int = 4
    heads: int = 4
    kv_heads: int = 4  # fewer than heads: grouped-query attention
    width: int = 256
    head_width: int = 64
    hidden: int = 1024  # width inside the MLP
    norm: Literal["rms", "layer"] = "rms"
    norm_epsilon: float = 1e-6
    norm_weight: bool = False  # a learned gain; home-trained models do without
    positions: Literal["rope", "learned"] = "rope"
    rope_base: float = 10_000.0
    rope_divisors: tuple[float, ...] = ()  # [head_width / 2]: slow down the rotation of models with stretched positions
    rope_scale: float = 1.0  # what turned queries and keys are multiplied by
    activation: Literal["relu2", "gelu", "swiglu"] = "relu2"
    qk_norm: Literal["none", "unit", "weight"] = "unit"  # normalise queries and keys; "weight" has a learned gain
    qkv_bias: bool = False
    bias: bool = False  # in the output and MLP projections, and in layer norms
    tied_head: bool = False  # the output matrix is the embedding
    logit_softcap: float = 0.0  # tanh cap on the logits; 0 is off
    bigram_buckets: int = 0  # rows of the table of token pairs added to the input; 0 is off
    bigram_stride: int = 0  # row = (previous * stride + present) mod buckets: exact for an alphabet of `stride` letters
    value_embeddings: bool = False  # every second layer adds a per-token vector to its values
    input_residual: bool = False  # every layer hears the embedding again, by a learned share
    start_token: int = 0  # stands before an empty text

    def to_json(self) -> dict[str, Any]:
        """As plain values, for the model card. What older versions did not know stands there only if it is used."""
        unused = {
            field.name for field in fields(self) if field.name in _LATER and getattr(self, field.name) == field.default
        }
        return {name: value for name, value in asdict(self).items() if name not in unused}

    @staticmethod
    def from_json(raw: Any, name: str) -> "GptConfig":
        """From a model card. Raises ModelDamaged naming what is missing, unknown or out of bounds."""
        known = {field.name for field in fields(GptConfig)}
        try:
            if not isinstance(raw, dict):
                raise TypeError("no settings of the network")
            strange = set(raw) - known
            if strange:
                raise ValueError(f"unknown setting {sorted(strange)[0]}")
            config = GptConfig(**raw | {"rope_divisors": tuple(raw.get("rope_divisors", ()))})
            if len(config.rope_divisors) not in (0, config.head_width // 2):
                raise ValueError("rope_divisors of another length")
            sizes = (config.vocabulary_size, config.context_length, config.layers, config.heads, config.kv_heads)
            if min(*sizes, config.width, config.head_width, config.hidden) < 1:
                raise ValueError("a size below 1")
            if not 0 < config.rope_scale < 100:
                raise ValueError("rope_scale out of bounds")
            if config.heads % config.kv_heads:
                raise ValueError("heads is not a multiple of kv_heads")
            if config.bigram_buckets and config.bigram_stride < 1:
                raise ValueError("bigram_stride below 1")
            if not 0 <= config.start_token < config.vocabulary_size:
                raise ValueError("start_token outside the vocabulary")
        except (TypeError, ValueError) as error:
            raise ModelDamaged("model_damaged", name=name, reason=error) from None
        return config
