"""What the programs that make the shipped models share: progress on stderr, weights in half precision."""

import importlib
import sys
from pathlib import Path

import torch

from engine.contract import LanguageModel
from engine.model_card import ModelCard, write_model
from engine.training.events import Progress, Validation
from engine.training.run import Run
from engine.training.weights import WEIGHTS_FILE, read_tensors, write_tensors

_TOLD_EVERY = 200  # steps


def follow(run: Run) -> None:
    """Train to the end."""
    told = 0
    for event in run.events():
        if isinstance(event, Validation):
            print(f"step {event.step}: held out {event.bits_per_byte:.4f} bits/byte", file=sys.stderr)
        elif isinstance(event, Progress) and event.step >= told + _TOLD_EVERY:
            told = event.step
            print(f"step {event.step}: {event.loss:.3f}, {event.tokens_per_second:,.0f} tokens/s", file=sys.stderr)


def write_halved(run: Run, card: ModelCard) -> ModelCard:
    """Write the folder of a run that is kept once more, its weights in half precision. Returns the card as written."""
    tensors, _ = read_tensors(run.folder / WEIGHTS_FILE, card.name)

    def files(folder: Path) -> None:
        write_tensors(folder / WEIGHTS_FILE, {name: held.to(torch.float16) for name, held in tensors.items()})
        run.tokenizer.save(folder)

    return write_model(run.folder, card, files)


def load(folder: Path, card: ModelCard) -> LanguageModel:
    """The model of a folder, as a person will open it."""
    model: LanguageModel = importlib.import_module(f"engine.{card.family}.loading").load(folder, card)
    return model
