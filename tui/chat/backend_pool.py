"""The backends that are open: every one is loaded once, by whichever thread asks first, and the last few stay open."""

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from genchat.engine.contract import AnswersFromDocuments, Backend, HasLanguageModel
from genchat.tui.chat.services import BackendSource, Progress

if TYPE_CHECKING:
    from genchat.engine.forking import Pasts

_STAY_OPEN = 4  # as many as are compared side by side


class BackendPool:
    """The pool opens backends by name and keeps the last few open. Any thread may call it."""

    def __init__(self, source: BackendSource) -> None:
        self.source = source
        self._open: OrderedDict[str, Backend] = OrderedDict()
        self._loading: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()
        self._failures: dict[str, Exception] = {}  # by name, the last one
        self._model_locks: dict[str, threading.Lock] = {}
        self._pasts: Pasts | None = None  # of all of them together, so that the bound of memory holds for all

    def ready(self, name: str) -> Backend | None:
        """Return the backend of that name if it is open; this never waits."""
        with self._lock:
            return self._open.get(name)

    def made_by(self, model: str) -> tuple[str, Backend] | None:
        """Return an open backend whose model is called `model`, and the name it was opened by.

        It may be the model behind documents that answered without them.
        """
        with self._lock:
            for name, backend in self._open.items():
                plain = backend.without_documents if isinstance(backend, AnswersFromDocuments) else None
                for made in (backend, plain):
                    if made is not None and made.info.name == model:
                        return name, made
        return None

    def local(self) -> str | None:
        """Return the name of the most recently used open model that runs here and can score any text."""
        with self._lock:
            usable = [
                name
                for name, backend in self._open.items()
                if backend.capabilities.can_score and isinstance(backend, HasLanguageModel)
            ]
        return usable[-1] if usable else None

    def open(self, name: str, progress: Progress | None = None) -> Backend:
        """Load the backend, or wait for the thread that is loading it.

        Whatever the source raises is raised to every waiting thread.
        """
        with self._lock:
            loading = self._loading.setdefault(name, threading.Lock())
            failure_before = self._failures.get(name)
        with loading:
            backend = self.ready(name)
            if backend is None:
                failure = self._failures.get(name)
                if failure is not None and failure is not failure_before:
                    raise failure
                try:
                    backend = self.source.open(name, progress)
                except Exception as error:
                    self._failures[name] = error
                    raise
                self._keep_pasts(backend)
            with self._lock:
                self._open[name] = backend
                self._open.move_to_end(name)
                while len(self._open) > _STAY_OPEN:
                    self._let_go(self._open.popitem(last=False)[1])
            return backend

    def _keep_pasts(self, backend: Backend) -> None:
        from genchat.engine.forking import Pasts
        from genchat.engine.local_backend import local_backend_of

        local = local_backend_of(backend)
        if local is not None:
            with self._lock:
                self._pasts = self._pasts or Pasts()
            local.keep_pasts(self._pasts)

    def _let_go(self, backend: Backend) -> None:
        from genchat.engine.local_backend import local_backend_of

        local = local_backend_of(backend)
        if local is not None and self._pasts is not None:
            self._pasts.forget(local.model)

    def model_lock(self, name: str) -> threading.Lock:
        """Return the lock that is held while that model works, so that a reply and a question about it take turns."""
        with self._lock:
            return self._model_locks.setdefault(name, threading.Lock())
