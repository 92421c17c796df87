"""The documents without a model, and a model with documents, keep what every backend promises."""

from pathlib import Path

import pytest

from genchat.engine.answering.extractive import ExtractiveBackend
from genchat.engine.answering.rag_backend import RagBackend
from genchat.engine.contract import Backend
from genchat.engine.local_backend import LocalBackend
from genchat.engine.retrieval.library import Library
from genchat.engine.retrieval.retriever import Retriever
from genchat.testing import BackendContract
from tests.fakes import HashModel


@pytest.fixture
def retriever(tmp_path: Path) -> Retriever:
    library = Library(tmp_path / "history.db")
    library.ensure_shipped()
    return Retriever(library)


class TestQuotations(BackendContract):
    @pytest.fixture
    def backend(self, retriever: Retriever) -> Backend:
        return ExtractiveBackend(retriever)


class TestAModelWithDocuments(BackendContract):
    @pytest.fixture
    def backend(self, retriever: Retriever) -> Backend:
        return RagBackend(LocalBackend(HashModel()), retriever)
