"""From a recipe to an LSTM of a size that fits the text and the time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from genchat.engine.contract import LanguageModel, ModelInfo, Tokenizer
from genchat.engine.conversation import END
from genchat.engine.lstm.cell import LstmCell
from genchat.engine.lstm.config import LstmConfig
from genchat.engine.lstm.model import LstmModel
from genchat.engine.lstm.network import LstmNetwork
from genchat.engine.training.recipes import ADAMW_DECAY, Recipe
from genchat.engine.training.trainable import TrainableModel


@dataclass(frozen=True)
class Size:
    """A model and its batch, sensible from so many minutes on two processor cores."""

    minutes: float
    layers: int
    width: int
    window: int
    batch: int


SIZES = (
    Size(0.0, 2, 128, 64, 32),
    Size(3.0, 2, 256, 128, 32),
    Size(12.0, 2, 384, 128, 32),
)
_EMBEDDING_WIDTH = 128


def suggest(recipe: Recipe, minutes: float, tokens: int) -> Recipe:
    """`recipe` with everything left open filled in for a run of `minutes`."""
    size = next(size for size in reversed(SIZES) if minutes >= size.minutes)
    weight_decay = ADAMW_DECAY if recipe.optimizer == "adamw" else 0.0
    return recipe.with_values(
        {
            "layers": recipe.layers or size.layers,
            "width": recipe.width or size.width,
            "window": recipe.window or size.window,
            "context": recipe.context or 1024,
            "batch": recipe.batch or size.batch,
            "optimizer": recipe.optimizer or "muon",
            "learning_rate": recipe.learning_rate or recipe.usual_rate,
            "weight_decay": weight_decay if recipe.weight_decay is None else recipe.weight_decay,
            "warm_down": 0.6 if recipe.warm_down is None else recipe.warm_down,
        }
    )


def build(recipe: Recipe, tokenizer: Tokenizer, alphabet: int) -> TrainableModel:
    """A network without weights. `alphabet`: how many ids, back from the last, hold all but the special tokens."""
    width = recipe.width or SIZES[0].width
    newline = tokenizer.encode("\n")
    unseen = range(len(tokenizer.special_tokens), tokenizer.vocabulary_size - alphabet)
    config = LstmConfig(
        vocabulary_size=tokenizer.vocabulary_size,
        layers=recipe.layers or SIZES[0].layers,
        width=width,
        embedding_width=min(_EMBEDDING_WIDTH, width, max(alphabet, 8)),
        start_token=newline[0] if len(newline) == 1 else tokenizer.special_tokens[END],
    )
    return LstmNetwork(config, recipe.dropout, unseen)


def rebuild(recipe: Recipe, network: Mapping[str, Any], name: str) -> TrainableModel:
    """A network of the shape on the card of the model `name`, with the recipe's dropout."""
    return LstmNetwork(LstmConfig.from_json(dict(network), name), recipe.dropout)


def as_language_model(network: TrainableModel, tokenizer: Tokenizer, name: str) -> LanguageModel:
    """The network in its present state, to talk to."""
    if not isinstance(network, LstmNetwork):
        raise TypeError(type(network).__name__)
    tensors = {
        key: np.array(weight.detach().float().cpu().numpy(), dtype=np.float32)
        for key, weight in network.state_dict().items()
    }
    info = ModelInfo(name, "lstm", network.config.vocabulary_size, None, network.parameter_count(), "")
    return LstmModel(LstmCell(network.config, tensors), tensors, tokenizer, info)
