"""Embedding in the background: questions are answered by keywords meanwhile, and nothing waits for it."""

import threading
from pathlib import Path

from genchat.engine.contract import Embedder
from genchat.engine.errors import GenchatError
from genchat.engine.retrieval.library import Library
from genchat.engine.retrieval.vectors import Embedded, embed_missing


class BackgroundEmbedding:
    """A thread of its own with a connection of its own, begun again when there is more to read.

    `problem` says why it ended early; then it stays ended.
    """

    def __init__(self, path: Path, embedder: Embedder) -> None:
        self._path = path
        self._embedder = embedder
        self._stop = threading.Event()
        self.progress: Embedded | None = None
        self.problem: GenchatError | None = None
        self._turn = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> GenchatError | None:
        """Begin, unless it is at work, was stopped or has failed; what it failed of."""
        with self._turn:
            at_work = self._thread is not None and self._thread.is_alive()
            if not at_work and not self._stop.is_set() and self.problem is None:
                self._thread = threading.Thread(target=self._work, name="genchat-embedding", daemon=True)
                self._thread.start()
        return self.problem

    def stop(self, seconds: float = 10.0) -> None:
        """End after the batch at hand; what was embedded stays."""
        self._stop.set()
        self.wait(seconds)

    def wait(self, seconds: float | None = None) -> bool:
        """Until it is done; False if it still works after `seconds`."""
        if self._thread is None:
            return True
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _work(self) -> None:
        try:
            with Library(self._path) as library:
                for progress in embed_missing(library, self._embedder, should_stop=self._stop.is_set):
                    self.progress = progress
        except GenchatError as error:
            self.problem = error
