"""Opens a trained n-gram model."""

from pathlib import Path

from engine.model_card import ModelCard
from engine.ngram.model import NgramModel
from engine.ngram.storage import model_info, read_arrays


def load(folder: Path, card: ModelCard) -> NgramModel:
    """The model of a folder. Raises ModelDamaged when its files are missing, altered or do not fit together."""
    tables, corpus = read_arrays(folder, card)
    return NgramModel(tables, corpus.tokenizer, model_info(card.name, tables, card.checksum), corpus)
