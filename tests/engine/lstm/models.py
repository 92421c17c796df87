"""Small LSTMs with fixed arbitrary weights, in memory and on disk."""

from pathlib import Path

import torch

from genchat.engine.lstm.config import LstmConfig
from genchat.engine.lstm.model import LstmModel
from genchat.engine.lstm.network import LstmNetwork
from genchat.engine.lstm.recipe import as_language_model
from genchat.engine.model_card import ModelCard, write_model
from genchat.engine.tokenizers.characters import CharacterTokenizer
from genchat.engine.training.weights import WEIGHTS_FILE, write_tensors

TOKENIZER = CharacterTokenizer("\n abcdefghij")


def network(layers: int = 2, width: int = 16, dropout: float = 0.0, seed: int = 1) -> LstmNetwork:
    """Weights drawn from `seed`, biases too, so that no mistake hides behind a zero."""
    made = LstmNetwork(LstmConfig(TOKENIZER.vocabulary_size, layers, width, 6, start_token=260), dropout)
    generator = torch.Generator().manual_seed(seed)
    made.initialise(generator)
    with torch.no_grad():
        for weight in made.parameters():
            weight.add_(torch.randn(weight.shape, generator=generator), alpha=0.3)
    return made.eval()


def model(layers: int = 2, width: int = 16, seed: int = 1) -> LstmModel:
    """The same as a LanguageModel."""
    made = as_language_model(network(layers, width, seed=seed), TOKENIZER, "letters")
    assert isinstance(made, LstmModel)
    return made


def write(folder: Path, made: LstmNetwork, dtype: torch.dtype = torch.float32) -> ModelCard:
    """A model folder."""
    card = ModelCard(folder.name, "lstm", "2026-01-01", "a test", settings={"network": made.to_card_settings()})

    def files(temporary: Path) -> None:
        write_tensors(temporary / WEIGHTS_FILE, {key: held.to(dtype) for key, held in made.state_dict().items()})
        TOKENIZER.save(temporary)

    return write_model(folder, card, files)
