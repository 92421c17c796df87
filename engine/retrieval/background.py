"""Embedding in the background: questions are answered by keywords meanwhile, and nothing waits for it."""

import threading
from pathlib import Path

from engine.contract import Embedder
from engine.errors import GenchatError
from engine.retrieval.library import Library
from engine.retrieval.vectors import Embedded, embed_missing


class BackgroundEmbedding:
    """A thread of its own with a connection of its own. `problem` says why it ended early."""

    def __init__(self, path: Path, embedder: Embedder) -> None:
        self._path = path
        self._embedder = embedder
        self._stop = threading.Event()
        self.progress: Embedded | None = None
        self.problem: GenchatError | None = None
        self._thread = threading.Thread(target=self._work, name="genchat-embedding", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, seconds: float = 10.0) -> None:
        """End after the batch at hand; what was embedded stays."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def wait(self, seconds: float | None = None) -> bool:
        """Until it is done; False if it still works after `seconds`."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _work(self) -> None:
        try:
            with Library(self._path) as library:
                for progress in embed_missing(library, self._embedder, should_stop=self._stop.is_set):
                    self.progress = progress
        except GenchatError as error:
            self.problem = error
