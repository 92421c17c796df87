"""Fixtures for tests about documents: a library of its own for each test."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from genchat.engine.retrieval.library import Library

Add = Callable[..., Library]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "data" / "history.db"


@pytest.fixture
def library(path: Path) -> Iterator[Library]:
    with Library(path) as opened:
        yield opened


@pytest.fixture
def fitness(library: Library) -> Library:
    """The library with the collection that ships."""
    library.ensure_shipped()
    return library


@pytest.fixture
def add(library: Library, tmp_path: Path) -> Add:
    """Write files into a folder and index it."""

    def write_and_add(files: Mapping[str, str], collection: str = "documents") -> Library:
        folder = tmp_path / collection
        for name, text in files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        for progress in library.add([folder], collection):
            assert progress.problem is None, progress
        return library

    return write_and_add
