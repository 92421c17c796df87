"""The contract on the character LSTM, with fresh weights: what it believes is arbitrary, how it behaves is not."""

import pytest
import torch

from genchat.engine.contract import Backend, LanguageModel
from genchat.engine.local_backend import LocalBackend
from genchat.engine.lstm.config import LstmConfig
from genchat.engine.lstm.network import LstmNetwork
from genchat.engine.lstm.recipe import as_language_model
from genchat.engine.tokenizers.characters import CharacterTokenizer
from genchat.testing import BackendContract, LanguageModelContract


def fresh(layers: int) -> LanguageModel:
    """An untrained model of the letters of a short text."""
    tokenizer = CharacterTokenizer(sorted(set("Olá, bom dia! Tudo bem?\n")))
    network = LstmNetwork(LstmConfig(tokenizer.vocabulary_size, layers, 24, 8, start_token=3))
    network.initialise(torch.Generator().manual_seed(layers))
    return as_language_model(network, tokenizer, "fresh")


class TestLstm(LanguageModelContract):
    tolerance = 1e-5

    @pytest.fixture(scope="class", params=[1, 2, 3])
    def model(self, request: pytest.FixtureRequest) -> LanguageModel:
        return fresh(request.param)


class TestLstmBackend(BackendContract):
    @pytest.fixture(scope="class")
    def backend(self) -> Backend:
        return LocalBackend(fresh(2))
