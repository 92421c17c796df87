"""Gemini keeps the contract of a backend, with and without probabilities."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from genchat.engine.contract import Backend
from genchat.engine.gemini.backend import open_backend
from genchat.engine.paths import paths
from genchat.engine.settings import GeminiChoices, Settings
from genchat.testing import BackendContract
from tests.gemini_server import GeminiServer


class TestGemini(BackendContract):
    @pytest.fixture(params=["gemini-flash-latest", "with-logprobs"])
    def backend(
        self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> Iterator[Backend]:
        monkeypatch.setenv("GEMINI_API_KEY", "a-key-of-the-tests-0123456789")
        with GeminiServer() as server:
            choices = GeminiChoices(model=str(request.param), address=server.url)
            yield open_backend(Settings(gemini=choices), paths())
            assert server.problems == []
