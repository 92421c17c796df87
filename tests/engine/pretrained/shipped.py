"""The models that ship, opened from their folders as a person opens them."""

from pathlib import Path

from genchat import engine
from genchat.engine.contract import LanguageModel
from genchat.engine.model_card import read_card
from genchat.engine.pretrained.making.shipping import load

FOLDER = Path(engine.__file__).parent / "pretrained"


def shipped(name: str) -> LanguageModel:
    """The model of that name."""
    return load(FOLDER / name, read_card(FOLDER / name))
