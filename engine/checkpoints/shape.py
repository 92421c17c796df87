"""What the shape of a foreign checkpoint must keep to before anything is allocated for it."""

from collections.abc import Mapping

from genchat.engine.errors import ModelDamaged
from genchat.engine.gpt.config import GptConfig

_WIDEST = 1 << 20  # no side of a matrix is longer, but for the vocabulary
_DEEPEST = 1 << 10  # layers
_WIDEST_HEAD = 1 << 10
_LONGEST = 32_768  # positions offered; longer contexts cost more memory than a conversation at home needs


def longest_context(told: int) -> int:
    """The context length to offer for a model with computed positions."""
    return min(told, _LONGEST)


def check_shape(config: GptConfig, shapes: Mapping[str, tuple[int, ...]], embedding: str, name: str) -> None:
    """Raise ModelDamaged where the shape contradicts itself or the file's tensors."""
    sizes = {"width": config.width, "hidden": config.hidden, "heads": config.heads, "head_width": config.head_width}
    for what, value in sizes.items():
        if not 1 <= value <= _WIDEST:
            raise ModelDamaged("checkpoint_lies", name=name, what=what, value=value)
    if config.head_width > _WIDEST_HEAD:
        raise ModelDamaged("checkpoint_lies", name=name, what="head_width", value=config.head_width)
    if not 1 <= config.layers <= min(len(shapes), _DEEPEST):
        raise ModelDamaged("checkpoint_lies", name=name, what="layers", value=config.layers)
    if not 1 <= config.kv_heads <= config.heads or config.heads % config.kv_heads or config.head_width % 2:
        heads = f"{config.heads} / {config.kv_heads} × {config.head_width}"
        raise ModelDamaged("checkpoint_lies", name=name, what="heads", value=heads)
    if not 1 <= config.context_length <= _LONGEST:
        raise ModelDamaged("checkpoint_lies", name=name, what="context_length", value=config.context_length)
    if config.rope_divisors and (
        len(config.rope_divisors) != config.head_width // 2 or not all(0 < each < 1e9 for each in config.rope_divisors)
    ):
        raise ModelDamaged("checkpoint_lies", name=name, what="rope", value=len(config.rope_divisors))
    if not (0 < config.norm_epsilon < 1 and 0 < config.rope_base < 1e15):
        raise ModelDamaged("checkpoint_lies", name=name, what="rope_base", value=config.rope_base)
    if shapes.get(embedding) != (config.vocabulary_size, config.width):
        found, expected = list(shapes.get(embedding, ())), [config.vocabulary_size, config.width]
        raise ModelDamaged("tensor_shape", name=name, tensor=embedding, found=found, expected=expected)
