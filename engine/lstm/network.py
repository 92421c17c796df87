"""The LSTM as it learns: torch's fused layers over long streams of text that carry their state from batch to batch.

Method: Hochreiter & Schmidhuber 1997 with forget gates (Gers, Schmidhuber, Cummins 2000); truncated back-propagation
with carried state as in Karpathy's char-rnn (2015). Generation does not come here: see engine/lstm/cell.py.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn

from genchat.engine.contract import Family
from genchat.engine.lstm.config import LstmConfig
from genchat.engine.training.trainable import ParameterGroup

_TABLE_RATE, _HEAD_RATE = 0.01, 0.04  # highest rates under Adam, by trial on tiny Shakespeare
_FORGET_EVERYTHING = 0.03  # share of the streams that begin a batch with an empty state, as every conversation does


class _Embedding(nn.Embedding):
    """A row a token. Nothing is drawn for a shape without memory: torch would load its whole compiler for that."""

    def reset_parameters(self) -> None:
        if not self.weight.is_meta:
            super().reset_parameters()


class _Linear(nn.Linear):
    """See _Embedding."""

    def reset_parameters(self) -> None:
        if not self.weight.is_meta:
            super().reset_parameters()


class _Layers(nn.LSTM):
    """See _Embedding."""

    def reset_parameters(self) -> None:
        if not next(self.parameters()).is_meta:
            super().reset_parameters()


class LstmNetwork(nn.Module):
    """See engine.training.trainable.TrainableModel. `dropout` acts between layers and before the head.

    unseen: ids that the text to learn from does not hold. Their rows of the table stay at zero, so that such a token,
    met later, says nothing rather than something arbitrary.
    """

    family: Family = "lstm"
    carries_state = True

    def __init__(self, config: LstmConfig, dropout: float = 0.0, unseen: range = range(0)) -> None:
        super().__init__()
        self.config = config
        self.unseen = unseen
        self.compute_dtype = torch.float32
        between = dropout if config.layers > 1 else 0.0
        self.embedding = _Embedding(config.vocabulary_size, config.embedding_width)
        self.lstm = _Layers(config.embedding_width, config.width, config.layers, batch_first=True, dropout=between)
        self.head = _Linear(config.width, config.vocabulary_size)
        self.dropout = nn.Dropout(dropout)
        self._carried: tuple[Tensor, Tensor] | None = None  # hidden and cell, fp32 [layers, B, width] each

    def initialise(self, generator: torch.Generator) -> None:
        """Table of tokens normal(1); matrices uniform within 1/sqrt(width), as torch has them; biases zero."""
        bound = 1 / math.sqrt(self.config.width)
        with torch.no_grad():
            for name, weight in self.named_parameters():
                if name == "embedding.weight":
                    weight.normal_(generator=generator)
                    weight[list(self.unseen)] = 0.0
                elif weight.dim() == 2:
                    weight.uniform_(-bound, bound, generator=generator)
                else:
                    weight.zero_()

    def forward(self, ids: Tensor) -> Tensor:
        """Token ids [B, T] to logits fp32 [B, T, V], going on from the state that the last call left."""
        x = self.embedding(ids)
        hidden, cell = self._begin(len(ids), x)
        with torch.autocast(x.device.type, torch.bfloat16, enabled=self._bf16(x.device)):
            x, (hidden, cell) = self.lstm(x, (hidden, cell))
            logits: Tensor = self.head(self.dropout(x))
        self._carried = (hidden.detach().float(), cell.detach().float())
        return logits.float()

    def _begin(self, rows: int, like: Tensor) -> tuple[Tensor, Tensor]:
        if self._carried is None or self._carried[0].shape[1] != rows:
            empty = like.new_zeros(self.config.layers, rows, self.config.width)
            return empty, empty
        hidden, cell = self._carried
        if self.training:
            kept = (torch.rand(rows, 1) >= _FORGET_EVERYTHING).to(like)
            return hidden * kept, cell * kept
        return hidden, cell

    def _bf16(self, device: torch.device) -> bool:
        if self.compute_dtype is not torch.bfloat16:
            return False
        if device.type == "cpu" and not _fused_bf16_runs():
            self.compute_dtype = torch.float32
        return self.compute_dtype is torch.bfloat16

    def parameter_groups(self) -> list[ParameterGroup]:
        matrices = [weight for name, weight in self.lstm.named_parameters() if name.startswith("weight")]
        vectors = [weight for name, weight in self.lstm.named_parameters() if name.startswith("bias")]
        head, *head_bias = self.head.parameters()
        return [
            ParameterGroup("stacked", tuple(matrices), (self.config.width,) * 4),
            ParameterGroup("table", tuple(self.embedding.parameters()), rate=_TABLE_RATE),
            ParameterGroup("head", (head,), rate=_HEAD_RATE),
            ParameterGroup("vector", (*vectors, *head_bias)),
        ]

    def to_card_settings(self) -> dict[str, Any]:
        return self.config.to_json()

    def carried_state(self) -> dict[str, Tensor]:
        if self._carried is None:
            return {}
        hidden, cell = self._carried
        return {"hidden": hidden, "cell": cell}

    def carry(self, state: dict[str, Tensor]) -> None:
        self._carried = (state["hidden"], state["cell"]) if state else None

    def parameter_count(self) -> int:
        return sum(weight.numel() for weight in self.parameters())


def _fused_bf16_runs() -> bool:
    """Whether this processor's fused layers take bf16 at all; some builds raise instead."""
    try:
        tiny = nn.LSTM(8, 8).to(torch.bfloat16)
        tiny(torch.zeros(2, 1, 8, dtype=torch.bfloat16))[0].sum().backward()
    except RuntimeError:
        return False
    return True
