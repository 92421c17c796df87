"""Which optimiser moves which parameters, and how fast."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from genchat.engine.training.optimisers import Adagrad, Adam, AdamW, Momentum, Muon, Optimiser, RmsProp, Sgd
from genchat.engine.training.recipes import Recipe
from genchat.engine.training.trainable import ParameterGroup, Role

# Under Adam, what is met seldom or stands outside the chain of matrices may move faster: peak rates by role.
_ADAM_RATES: Mapping[Role, float] = {"table": 0.03, "pairs": 0.1, "head": 0.01, "vector": 0.01}
_BETAS = (0.9, 0.95)
_EPSILON = 1e-10
_MATRICES = ("matrix", "stacked")


class Learning:
    """All optimisers of a run as one."""

    def __init__(self, groups: Sequence[ParameterGroup], recipe: Recipe, dtype: torch.dtype) -> None:
        self.optimisers = [
            optimiser for group in groups if group.parameters for optimiser in [_optimiser(group, recipe, dtype)]
        ]

    def step(self, share: float) -> None:
        """Move everything at `share` of the peak rates."""
        for optimiser in self.optimisers:
            optimiser.step(share)

    def state(self) -> dict[str, Tensor]:
        """Everything remembered, by name."""
        return {
            f"{index}.{name}": held
            for index, optimiser in enumerate(self.optimisers)
            for name, held in optimiser.state().items()
        }

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from what `state` gave."""
        for index, optimiser in enumerate(self.optimisers):
            start = f"{index}."
            optimiser.restore(
                {name.removeprefix(start): held for name, held in state.items() if name.startswith(start)}
            )


def _optimiser(group: ParameterGroup, recipe: Recipe, dtype: torch.dtype) -> Optimiser:
    name = recipe.optimizer or "muon"
    rate = recipe.learning_rate or recipe.usual_rate
    matrices = group.role in _MATRICES
    decay = (recipe.weight_decay or 0.0) if matrices or group.role == "head" else 0.0
    if name == "muon" and matrices:
        rows = [group.rows] * len(group.parameters) if group.rows else ()
        return Muon(group.parameters, rate, decay, rows=rows, dtype=dtype)
    if name == "muon":
        return AdamW(group.parameters, group.rate or _ADAM_RATES[group.role], 0.0, _BETAS, _EPSILON)
    if name in ("adam", "adamw"):
        kind = Adam if name == "adam" else AdamW
        usual = group.rate or _ADAM_RATES.get(group.role, 0.003)
        return kind(group.parameters, rate * usual / 0.003, decay, _BETAS, _EPSILON)
    classics: dict[str, type[Optimiser]] = {
        "sgd": Sgd,
        "momentum": Momentum,
        "adagrad": Adagrad,
        "rmsprop": RmsProp,
    }
    return classics[name](group.parameters, rate, decay)
