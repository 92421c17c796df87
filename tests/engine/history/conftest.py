"""A history in a file of its own, on a clock that stands still."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from genchat.engine.history import HistoryStore
from tests.engine.history.makers import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "history.db"


@pytest.fixture
def store(path: Path, clock: Clock) -> Iterator[HistoryStore]:
    with HistoryStore.open(path, clock=clock, now=clock.now, secrets=tuple) as opened:
        yield opened
