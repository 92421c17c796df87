"""The contract on the models that other tests stand on."""

import pytest

from genchat.engine.contract import Backend, LanguageModel
from genchat.engine.local_backend import LocalBackend
from genchat.testing import BackendContract, LanguageModelContract
from tests.fakes import HashModel


class TestHashModel(LanguageModelContract):
    @pytest.fixture
    def model(self) -> LanguageModel:
        return HashModel()


class TestHashBackend(BackendContract):
    @pytest.fixture
    def backend(self) -> Backend:
        return LocalBackend(HashModel())
