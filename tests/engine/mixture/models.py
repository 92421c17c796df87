"""A counting model and two neural ones over the same characters, their ids in different orders."""

import torch

from genchat.engine.lstm.config import LstmConfig
from genchat.engine.lstm.model import LstmModel
from genchat.engine.lstm.network import LstmNetwork
from genchat.engine.lstm.recipe import as_language_model
from genchat.engine.ngram.model import NgramModel
from genchat.engine.ngram.sources import plain_source
from genchat.engine.ngram.training import build_ngram
from genchat.engine.tokenizers.characters import CharacterTokenizer

TEXT = "bom dia, boa tarde, boa noite\nolá! tudo bem? tudo bem.\n" * 6


def counting(order: int = 4) -> NgramModel:
    """Its pieces stand in order of appearance."""
    return build_ngram([plain_source("text", TEXT)], "counting", order=order, unit="char")


def neural(text: str = TEXT, width: int = 16) -> LstmModel:
    """Its pieces stand in alphabetical order."""
    tokenizer = CharacterTokenizer(sorted(set(text)))
    network = LstmNetwork(LstmConfig(tokenizer.vocabulary_size, 1, width, 8, start_token=3))
    network.initialise(torch.Generator().manual_seed(2))
    made = as_language_model(network, tokenizer, "neural")
    assert isinstance(made, LstmModel)
    return made
