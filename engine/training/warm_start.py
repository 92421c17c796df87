"""A finished model to go on from: the same tokens and shape, its weights as the first ones, another text."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from genchat.engine.errors import UsageError
from genchat.engine.model_card import ModelCard, verify_files
from genchat.engine.tokenizers.reading import StoredTokenizer, read_tokenizer
from genchat.engine.training.recipes import Recipe
from genchat.engine.training.trainable import TrainableModel
from genchat.engine.training.weights import WEIGHTS_FILE, check_shapes, read_tensors

_SHAPE = ("tokens", "vocabulary", "layers", "width", "hidden", "context")  # settings that the weights decide


@dataclass(frozen=True)
class Beginning:
    """A home-trained model, read. `network` is what its card says of the shape."""

    name: str
    tokenizer: StoredTokenizer
    network: Mapping[str, Any]
    recipe: Mapping[str, Any]
    tensors: Mapping[str, Tensor]

    def applied_to(self, recipe: Recipe) -> Recipe:
        """`recipe` with this model's shape; a context of its own stays. Raises UsageError for another shape."""
        shape = {name: self.recipe[name] for name in _SHAPE if name in self.recipe}
        for name, wanted in shape.items():
            asked = getattr(recipe, name)
            if name in ("layers", "width", "hidden") and asked is not None and asked != wanted:
                raise UsageError("other_shape", model=self.name, setting=name, found=wanted, value=asked)
        if recipe.context is not None:
            shape["context"] = recipe.context
        return recipe.with_values(shape)

    def give_weights(self, model: TrainableModel) -> None:
        """Into a network of that shape. Raises ModelDamaged naming the first tensor that does not fit."""
        weights = {name: held.float() for name, held in self.tensors.items()}
        check_shapes(weights, model.state_dict(), self.name)
        model.load_state_dict(weights)


def read_beginning(folder: Path, card: ModelCard, family: str) -> Beginning:
    """The model of `folder`. Raises UsageError for one that was not trained here, ModelDamaged."""
    recipe = card.settings.get("recipe")
    network = card.settings.get("network")
    if card.family != family or not isinstance(recipe, dict) or not isinstance(network, dict):
        raise UsageError("cannot_begin_from", model=card.name, family=family)
    verify_files(folder, card)
    tensors, _ = read_tensors(folder / WEIGHTS_FILE, card.name)
    return Beginning(card.name, read_tokenizer(folder), network, recipe, tensors)
