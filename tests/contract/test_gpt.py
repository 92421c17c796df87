"""The contract on the mini GPT: a home-trained shape and a foreign one, in memory and from its files."""

from pathlib import Path

import pytest

from genchat.engine.contract import Backend, LanguageModel
from genchat.engine.gpt.loading import load
from genchat.engine.local_backend import LocalBackend
from genchat.testing import BackendContract, LanguageModelContract
from tests.engine.gpt import tiny


class TestHomeTrainedShape(LanguageModelContract):
    @pytest.fixture(scope="class")
    def model(self) -> LanguageModel:
        return tiny.model()


class TestGroupedQueriesFromFiles(LanguageModelContract):
    @pytest.fixture(scope="class")
    def model(self, tmp_path_factory: pytest.TempPathFactory) -> LanguageModel:
        folder: Path = tmp_path_factory.mktemp("models") / "tiny"
        return load(folder, tiny.write(folder, tiny.LLAMA))


class TestGptBackend(BackendContract):
    @pytest.fixture(scope="class")
    def backend(self) -> Backend:
        return LocalBackend(tiny.model())
