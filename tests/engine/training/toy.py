"""A network that learns in milliseconds, and the texts it learns from."""

from pathlib import Path
from typing import Any

import torch

from genchat.engine.gpt.config import GptConfig
from genchat.engine.gpt.transformer import Gpt
from genchat.engine.training.data import Source, TokenData, prepare
from genchat.engine.training.recipes import Recipe
from genchat.engine.training.schedule import Schedule
from genchat.engine.training.trainer import Machine, Trainer
from tests.fakes import ByteTokenizer

TOKENIZER = ByteTokenizer()
TEXT = "the cat sat on the mat. the dog sat on the log. " * 60
CPU = Machine(torch.device("cpu"), torch.float32)


def recipe(**values: Any) -> Recipe:
    """Small and quick."""
    standard = {
        "window": 8, "batch": 8, "context": 16, "optimizer": "adamw", "learning_rate": 0.003, "steps": 20,
        "evaluations": 4,
    }  # fmt: skip
    return Recipe(**{**standard, **values})


def network(seed: int = 1, width: int = 16) -> Gpt:
    """One narrow layer."""
    net = Gpt(
        GptConfig(
            vocabulary_size=TOKENIZER.vocabulary_size,
            context_length=16,
            layers=1,
            heads=2,
            kv_heads=2,
            width=width,
            head_width=8,
            hidden=32,
            norm="layer",
        )
    )
    net.initialise(torch.Generator().manual_seed(seed))
    return net


def data(text: str = TEXT) -> TokenData:
    """`text` by bytes."""
    return prepare([Source("toy.txt", text)], TOKENIZER)


def trainer(
    checkpoint: Path | None = None,
    *,
    text: str = TEXT,
    net: Gpt | None = None,
    schedule: Schedule | None = None,
    machine: Machine = CPU,
    checkpoint_seconds: float = 1e9,
    **values: Any,
) -> Trainer:
    """Ready to run; `values` change the recipe."""
    chosen = recipe(**values)
    plan = schedule or Schedule(steps=chosen.steps, warm_down=0.5)
    return Trainer(net or network(), data(text), chosen, plan, machine, checkpoint, checkpoint_seconds, 1e9)


def weights(run: Trainer) -> list[torch.Tensor]:
    """The numbers learned so far."""
    return [held.clone() for held in run.model.state_dict().values()]
