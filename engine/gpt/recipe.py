"""From a recipe to a mini GPT of a size that fits the text and the time."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from genchat.engine.contract import ModelInfo, Tokenizer
from genchat.engine.conversation import END
from genchat.engine.gpt.config import GptConfig
from genchat.engine.gpt.model import GptModel
from genchat.engine.gpt.transformer import Gpt
from genchat.engine.training.recipes import ADAMW_DECAY, Recipe
from genchat.engine.training.trainable import TrainableModel

_HEAD_WIDTH = 64
_EXACT_PAIRS = 512  # letters of an alphabet up to which every pair has a row of its own
_HASHED_ROWS = 4_093  # prime; more rows gain little once tokens are pieces of words
_HASHED_STRIDE = 5_077


@dataclass(frozen=True)
class Size:
    """A model and its batch, sensible from so many minutes on two processor cores."""

    minutes: float
    layers: int
    width: int
    window: int
    batch: int
    speed: int  # tokens a second, about


SIZES = (
    Size(0.0, 3, 128, 64, 32, 50_000),
    Size(1.5, 4, 192, 128, 24, 25_000),
    Size(4.0, 4, 256, 256, 16, 17_000),
    Size(15.0, 6, 320, 256, 16, 8_000),
)


# Readings of the text, and the weight decay (Muon's) that keeps such a run from learning it by heart.
WEIGHT_DECAYS = ((0.0, 0.0), (1.5, 0.1), (3.0, 0.3))
# A run by the clock ends after so many readings, since no longer one was any better (../training/LOG.md). That was
# measured on a text of a million letters; a short one needs its steps, however often it is read in them.
MOST_READINGS, LEAST_STEPS = 8.0, 2_000


def suggest(recipe: Recipe, minutes: float, tokens: int) -> Recipe:
    """`recipe` with everything left open filled in for a run of `minutes` over a text of so many tokens."""
    size = next(size for size in reversed(SIZES) if minutes >= size.minutes)
    width = recipe.width or size.width
    window = recipe.window or min(size.window, recipe.context or size.window)
    batch = recipe.batch or size.batch
    muon = (recipe.optimizer or "muon") == "muon"
    readings = recipe.epochs or (recipe.steps * batch * window if recipe.steps else minutes * 60 * size.speed) / tokens
    weight_decay = ADAMW_DECAY if recipe.optimizer == "adamw" else 0.0
    if muon:
        weight_decay = next(decay for least, decay in reversed(WEIGHT_DECAYS) if readings >= least)
    most = max(MOST_READINGS, LEAST_STEPS * batch * window / tokens)
    return recipe.with_values(
        {
            "layers": recipe.layers or size.layers,
            "width": width,
            "hidden": recipe.hidden or 4 * width,
            "window": window,
            "context": recipe.context or max(256, window),
            "batch": batch,
            "optimizer": recipe.optimizer or "muon",
            "learning_rate": recipe.learning_rate or recipe.usual_rate,
            "weight_decay": weight_decay if recipe.weight_decay is None else recipe.weight_decay,
            "most_epochs": recipe.most_epochs or (most if recipe.minutes else None),
            "warm_down": 0.6 if recipe.warm_down is None else recipe.warm_down,
        }
    )


def build(recipe: Recipe, tokenizer: Tokenizer, alphabet: int) -> TrainableModel:
    """A network without weights. `alphabet`: how many different tokens the text holds, in a row at the ids' end."""
    width = recipe.width or SIZES[0].width
    head_width = min(_HEAD_WIDTH, max(2, width // 2 * 2))  # even: positions turn pairs of numbers
    heads = max(1, width // head_width)
    exact = alphabet <= _EXACT_PAIRS
    config = GptConfig(
        vocabulary_size=tokenizer.vocabulary_size,
        context_length=recipe.context or 256,
        layers=recipe.layers or SIZES[0].layers,
        heads=heads,
        kv_heads=heads,
        width=width,
        head_width=head_width,
        hidden=recipe.hidden or 4 * width,
        norm="layer",
        bigram_buckets=alphabet**2 if exact else _HASHED_ROWS,
        bigram_stride=alphabet if exact else _HASHED_STRIDE,
        start_token=_start_token(tokenizer),
    )
    return Gpt(config, recipe.dropout)


def rebuild(recipe: Recipe, network: Mapping[str, Any], name: str) -> TrainableModel:
    """A network of the shape on the card of the model `name`, with the recipe's context and dropout."""
    config = GptConfig.from_json(dict(network), name)
    if config.positions == "rope":
        config = replace(config, context_length=recipe.context or config.context_length)
    return Gpt(config, recipe.dropout)


def _start_token(tokenizer: Tokenizer) -> int:
    """An empty text reads like the beginning of a line."""
    newline = tokenizer.encode("\n")
    return newline[0] if len(newline) == 1 else tokenizer.special_tokens[END]


def as_language_model(network: TrainableModel, tokenizer: Tokenizer, name: str) -> GptModel:
    """The network in its present state, to talk to."""
    if not isinstance(network, Gpt):
        raise TypeError(type(network).__name__)
    config = network.config
    info = ModelInfo(name, "gpt", config.vocabulary_size, config.context_length, network.parameter_count(), "")
    return GptModel(network, tokenizer, info)
