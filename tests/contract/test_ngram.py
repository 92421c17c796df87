"""The contract on the statistical model, by words and by characters, in memory and from its files."""

from pathlib import Path

import pytest

from genchat.engine.contract import Backend, LanguageModel
from genchat.engine.conversation import Message, Role
from genchat.engine.local_backend import LocalBackend
from genchat.engine.model_card import read_card
from genchat.engine.ngram.loading import load
from genchat.engine.ngram.training import build_ngram, train_ngram
from genchat.testing import BackendContract, LanguageModelContract
from tests.engine.ngram.texts import DIALOGUES, POEM


class TestWordModel(LanguageModelContract):
    @pytest.fixture(scope="class")
    def model(self) -> LanguageModel:
        return build_ngram([POEM, DIALOGUES], "words", order=5)


class TestWordModelOfOrderOne(LanguageModelContract):
    @pytest.fixture(scope="class")
    def model(self) -> LanguageModel:
        return build_ngram([POEM], "words", order=1, min_count=1)


class TestWithinAReply(LanguageModelContract):
    """Where recall has its say."""

    @pytest.fixture(scope="class")
    def model(self) -> LanguageModel:
        return build_ngram([POEM, DIALOGUES], "chat", order=5)

    def _prompt(self, model: LanguageModel) -> list[int]:
        return list(LocalBackend(model).prompt([Message(Role.USER, self.prompt_text)]).tokens)


class TestCharacterModelFromItsFiles(LanguageModelContract):
    @pytest.fixture(scope="class")
    def model(self, tmp_path_factory: pytest.TempPathFactory) -> LanguageModel:
        folder: Path = tmp_path_factory.mktemp("models") / "letters"
        train_ngram([POEM, DIALOGUES], folder, order=6, unit="char")
        return load(folder, read_card(folder))


class TestNgramBackend(BackendContract):
    @pytest.fixture(scope="class")
    def backend(self) -> Backend:
        return LocalBackend(build_ngram([DIALOGUES], "chat", order=5, min_count=1))
