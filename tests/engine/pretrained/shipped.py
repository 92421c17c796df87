"""The models that ship, opened from their folders as a person opens them."""

from pathlib import Path

import engine
from engine.contract import LanguageModel
from engine.model_card import read_card
from engine.pretrained.shipping import load

FOLDER = Path(engine.__file__).parent / "pretrained"


def shipped(name: str) -> LanguageModel:
    """The model of that name."""
    return load(FOLDER / name, read_card(FOLDER / name))
