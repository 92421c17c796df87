"""Every test has a library of its own."""

from tests.engine.document_fixtures import add, fitness, library, path

__all__ = ["add", "fitness", "library", "path"]
