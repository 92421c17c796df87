"""What the programs that make the shipped models share: progress on stderr, weights in half precision."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from genchat.engine.contract import LanguageModel
from genchat.engine.model_card import ModelCard, write_model
from genchat.engine.paths import paths
from genchat.engine.registry import Registry, language_model
from genchat.engine.settings import Settings
from genchat.engine.training.events import Progress, Validation
from genchat.engine.training.run import Run
from genchat.engine.training.weights import WEIGHTS_FILE, read_tensors, write_tensors

_REPORTED_EVERY = 200  # steps
_CURVE = 100  # points of the training curve that travel with the model


def follow(run: Run) -> None:
    """Train to the end."""
    reported = 0
    for event in run.events():
        if isinstance(event, Validation):
            print(f"step {event.step}: held out {event.bits_per_byte:.4f} bits/byte", file=sys.stderr)
        elif isinstance(event, Progress) and event.step >= reported + _REPORTED_EVERY:
            reported = event.step
            print(f"step {event.step}: {event.loss:.3f}, {event.tokens_per_second:,.0f} tokens/s", file=sys.stderr)


def write_halved(run: Run, card: ModelCard) -> ModelCard:
    """Write the folder of a run that is kept once more, its weights in half precision. Returns the card as written.

    Of the training curve a hundred points are kept, each the mean of its stretch.
    """
    tensors, _ = read_tensors(run.folder / WEIGHTS_FILE, card.name)
    card = replace(card, results=card.results | {"train_curve": thinned(card.results["train_curve"])})

    def files(folder: Path) -> None:
        write_tensors(folder / WEIGHTS_FILE, {name: held.to(torch.float16) for name, held in tensors.items()})
        run.tokenizer.save(folder)

    return write_model(run.folder, card, files)


def thinned(curve: Sequence[tuple[int, float, float]], points: int = _CURVE) -> list[tuple[int, float, float]]:
    """The curve in at most so many points: where a stretch ends, and the mean loss over it."""
    stretch = -(-len(curve) // points) or 1
    means = []
    for start in range(0, len(curve), stretch):
        part = curve[start : start + stretch]
        step, seconds, _ = part[-1]
        means.append((step, round(seconds, 1), round(sum(loss for *_, loss in part) / len(part), 4)))
    return means


def load(folder: Path, card: ModelCard) -> LanguageModel:
    """The model of a folder, as a person will open it."""
    return language_model(Registry(paths(), Settings()).open_folder(folder, card))
