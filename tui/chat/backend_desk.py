"""The backends that are open: each is loaded once, by whichever thread asks first, and the last few stay open."""

import threading
from collections import OrderedDict

from genchat.engine.contract import AnswersFromDocuments, Backend, HasLanguageModel
from genchat.tui.chat.services import BackendSource, Progress

_STAY_OPEN = 3


class BackendDesk:
    """Opens backends by name. Safe to ask from several threads."""

    def __init__(self, source: BackendSource) -> None:
        self.source = source
        self._open: OrderedDict[str, Backend] = OrderedDict()
        self._loading: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()
        self._failures: dict[str, Exception] = {}  # by name, the last one
        self._model_locks: dict[str, threading.Lock] = {}

    def ready(self, name: str) -> Backend | None:
        """The backend of that name if it is open; never waits."""
        with self._lock:
            return self._open.get(name)

    def made_by(self, model: str) -> tuple[str, Backend] | None:
        """An open backend whose model calls itself `model`, and the name it was opened by.

        It may stand behind documents that it answered without.
        """
        with self._lock:
            for name, backend in self._open.items():
                plain = backend.without_documents if isinstance(backend, AnswersFromDocuments) else None
                for made in (backend, plain):
                    if made is not None and made.info.name == model:
                        return name, made
        return None

    def local(self) -> str | None:
        """The name of the open model used last that runs here and can price any text."""
        with self._lock:
            usable = [
                name
                for name, backend in self._open.items()
                if backend.capabilities.can_score and isinstance(backend, HasLanguageModel)
            ]
        return usable[-1] if usable else None

    def open(self, name: str, progress: Progress | None = None) -> Backend:
        """Load it, or wait for the thread that does. Raises what the source raises, to everybody who waited."""
        with self._lock:
            loading = self._loading.setdefault(name, threading.Lock())
            failure_before = self._failures.get(name)
        with loading:
            found = self.ready(name)
            if found is None:
                failure = self._failures.get(name)
                if failure is not None and failure is not failure_before:
                    raise failure
                try:
                    found = self.source.open(name, progress)
                except Exception as error:
                    self._failures[name] = error
                    raise
            with self._lock:
                self._open[name] = found
                self._open.move_to_end(name)
                while len(self._open) > _STAY_OPEN:
                    self._open.popitem(last=False)
            return found

    def model_lock(self, name: str) -> threading.Lock:
        """Held while the model of that name works, so that a reply and a question about it take turns."""
        with self._lock:
            return self._model_locks.setdefault(name, threading.Lock())
