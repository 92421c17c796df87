"""Opens a trained n-gram model."""

from pathlib import Path

from genchat.engine.model_card import ModelCard
from genchat.engine.ngram.chat import make_model
from genchat.engine.ngram.model import NgramModel
from genchat.engine.ngram.storage import read_arrays
from genchat.engine.open_request import FolderRequest


def open_model(request: FolderRequest) -> NgramModel:
    """The model of a request's folder. Raises ModelDamaged."""
    return load(request.folder, request.card)


def load(folder: Path, card: ModelCard) -> NgramModel:
    """The model of a folder. Raises ModelDamaged when its files are missing, altered or do not fit together."""
    tables, corpus, index = read_arrays(folder, card)
    return make_model(card.name, tables, corpus, index, card.checksum)
