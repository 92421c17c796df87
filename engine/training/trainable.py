"""What a network must offer to be trained here: the border between the trainer and the model families.

A family adds `engine.<family>.recipe` with `build(recipe, tokenizer) -> TrainableModel`, and the trainer does the rest.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import torch
from torch import Tensor, nn

from genchat.engine.contract import Family

Role = Literal["matrix", "stacked", "table", "pairs", "head", "vector"]


@dataclass(frozen=True)
class ParameterGroup:
    """Parameters that learn alike.

    role: "matrix" maps a hidden vector to another; "stacked" is several such matrices above one another (queries, keys
    and values; the gates of an LSTM), `rows` high each; "table" is looked up by token; "pairs" is a table in which most
    rows are seldom met; "head" gives the logits; "vector" is everything of fewer than two dimensions. `rate` is the
    highest rate under Adam, where the one usual for the role does not fit.
    """

    role: Role
    parameters: tuple[nn.Parameter, ...]
    rows: tuple[int, ...] = ()
    rate: float | None = None


class TrainableModel(Protocol):
    """A network with fresh or loaded weights. Every torch.nn.Module has the methods below the line."""

    @property
    def family(self) -> Family: ...

    @property
    def carries_state(self) -> bool:
        """True: it remembers the last batch, and wants the text as continuing streams rather than shuffled windows."""
        ...

    compute_dtype: torch.dtype  # of the activations; set by the trainer

    def __call__(self, ids: Tensor, segments: Tensor | None = None) -> Tensor:
        """Token ids [B, T] to logits fp32 [B, T, V], each position predicting its next token.

        `segments` [B, T]: positions of different numbers belong to texts that do not know each other. Never given to
        a network that carries its state.
        """
        ...

    def initialise(self, generator: torch.Generator) -> None:
        """Fresh weights from `generator`; the same seed gives the same weights."""
        ...

    def parameter_groups(self) -> list[ParameterGroup]: ...

    def to_card_settings(self) -> dict[str, Any]:
        """Sizes and choices, as plain values, from which `engine.<family>.loading` builds the shape again."""
        ...

    def carried_state(self) -> dict[str, Tensor]:
        """What is remembered between batches, for a checkpoint; empty if nothing."""
        ...

    def carry(self, state: dict[str, Tensor]) -> None:
        """Go on from `state`; an empty one forgets everything."""
        ...

    def parameter_count(self) -> int: ...

    # ---- of torch.nn.Module ----

    def parameters(self) -> Iterator[nn.Parameter]: ...

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> Any: ...

    def train(self, mode: bool = True) -> Any: ...

    def eval(self) -> Any: ...

    def to(self, device: torch.device) -> Any: ...
