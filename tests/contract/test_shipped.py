"""The contract on the models that ship, from their files as a person opens them."""

from pathlib import Path

import pytest

import engine
from engine.contract import LanguageModel
from engine.model_card import read_card
from engine.pretrained.shipping import load
from tests.contract.language_model import LanguageModelContract

_FOLDER = Path(engine.__file__).parent / "pretrained"


class TestChatGpt(LanguageModelContract):
    @pytest.fixture(scope="class")
    def model(self) -> LanguageModel:
        return _shipped("gpt-chat")


class TestChatLstm(LanguageModelContract):
    @pytest.fixture(scope="class")
    def model(self) -> LanguageModel:
        return _shipped("lstm-chat")


class TestShakespeare(LanguageModelContract):
    @pytest.fixture(scope="class")
    def model(self) -> LanguageModel:
        return _shipped("shakespeare")


def _shipped(name: str) -> LanguageModel:
    return load(_FOLDER / name, read_card(_FOLDER / name))
