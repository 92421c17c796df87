"""The contract on the models that ship, from their files as a person opens them."""

import pytest

from genchat.engine.contract import LanguageModel
from genchat.testing import LanguageModelContract
from tests.engine.pretrained.shipped import shipped


class TestChatGpt(LanguageModelContract):
    @pytest.fixture(scope="class")
    def model(self) -> LanguageModel:
        return shipped("gpt-chat")


class TestChatLstm(LanguageModelContract):
    @pytest.fixture(scope="class")
    def model(self) -> LanguageModel:
        return shipped("lstm-chat")


class TestShakespeare(LanguageModelContract):
    @pytest.fixture(scope="class")
    def model(self) -> LanguageModel:
        return shipped("shakespeare")
