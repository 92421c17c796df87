"""Every test has a home of its own, English texts and no network."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from genchat.engine.language import use_language

BARE = ("engine", "tui", "corpora")


@pytest.fixture(scope="session", autouse=True)
def _no_second_copies() -> Iterator[None]:
    """From an editable installation the folders also import as `engine`, …: nothing may ever do so."""
    yield
    assert not [name for name in sys.modules if name.split(".")[0] in BARE]


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("GENCHAT_HOME", str(tmp_path / "home"))
    for name in ("GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GEMINI_BASE_URL", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name in ("GENCHAT_MODEL", "GENCHAT_OFFLINE", "GENCHAT_GEMINI_MODEL", "GENCHAT_GEMINI_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    use_language("en")
    yield
    use_language("en")
