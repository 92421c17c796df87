"""Who may touch the file when: one thread writes, readers come with connections of their own.

A write is a function of the connection, run inside one BEGIN IMMEDIATE transaction on the writer's thread. Readers
borrow a connection from a small stock and see the last committed state, never waiting for the writer. A history in
memory has a single connection, so there readers and the writer take turns.

A file that is removed, moved or replaced while it is open is noticed before the next write: SQLite would go on writing
into a file that nobody can find any more. All that it holds is then written to its name again, or beside what stands
there now.
"""

import heapq
import itertools
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from genchat.engine.errors import HistoryError
from genchat.engine.history.failures import as_history_error
from genchat.engine.history.opening import SIDE_FILES, back_up, connect, unused

Result = TypeVar("Result")
Work = Callable[[sqlite3.Connection], Result]
_SPARE_READERS = 4
_Job = tuple[Work[Any], "Future[Any]", bool, bool]
_Due = tuple[float, int, Callable[[], None]]  # when by the monotonic clock, a number that keeps the order, what


def identity_of(path: Path | None) -> tuple[int, int] | None:
    """Which file stands at a path; None where there is none."""
    try:
        state = None if path is None else path.stat()
    except OSError:
        return None
    return None if state is None else (state.st_dev, state.st_ino)


class Connections:
    """Owns the writer's connection `writer` and its thread. `path` is None for a history in memory."""

    def __init__(
        self, writer: sqlite3.Connection, path: Path | None, rescued: Callable[[Path], object] = lambda path: None
    ) -> None:
        """`rescued` is told where the history was written again after its file had gone."""
        self._writer = writer
        self._path = path
        self._rescued = rescued
        self._identity = identity_of(path)
        self._side_files: dict[str, tuple[int, int] | None] = {}  # those of the open file, as last seen
        self._turn = threading.RLock()
        self._spare: list[sqlite3.Connection] = []
        self._spare_lock = threading.Lock()
        self._closed = False
        self._jobs: queue.SimpleQueue[_Job | _Due | None] = queue.SimpleQueue()
        self._numbers = itertools.count()
        self._thread = threading.Thread(target=self._work, name="genchat-history", daemon=True)
        self._thread.start()

    def submit(self, work: Work[Result], *, durable: bool = False, transaction: bool = True) -> "Future[Result]":
        """Have `work` done in the order of submission; does not wait. `durable`: on disk, not only committed."""
        if self._closed:
            raise HistoryError("history_closed")
        future: Future[Result] = Future()
        self._jobs.put((work, future, durable, transaction))
        return future

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """Have `call` called on the writer's thread when so much time has passed; after `close` never."""
        self._jobs.put((time.monotonic() + seconds, next(self._numbers), call))

    def write(self, work: Work[Result], *, durable: bool = False, transaction: bool = True) -> Result:
        """`submit` and wait. Raises HistoryError."""
        return self.submit(work, durable=durable, transaction=transaction).result()

    @contextmanager
    def reader(self) -> Iterator[sqlite3.Connection]:
        """A connection to read with, in one consistent state of the file. Raises HistoryError."""
        if self._closed:
            raise HistoryError("history_closed")
        with as_history_error(self._path):
            if self._path is None:
                with self._turn:
                    yield self._writer
                return
            if identity_of(self._path) != self._identity:
                self.write(lambda connection: None)  # which writes it to its name again
            with self._spare_lock:
                connection = self._spare.pop() if self._spare else None
            if connection is None:
                connection = connect(self._path, reader=True)
            try:
                connection.execute("BEGIN")
                yield connection
            finally:
                self._give_back(connection)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if connection.in_transaction:
            connection.rollback()
        with self._spare_lock:
            if not self._closed and len(self._spare) < _SPARE_READERS:
                self._spare.append(connection)
                return
        connection.close()

    def close(self, last: Work[Any] | None = None) -> None:
        """Do what is queued, then `last`, then close everything. What `last` raises is dropped."""
        with self._spare_lock:
            if self._closed:
                return
            self._closed = True
            idle, self._spare = self._spare, []
        if last is not None:
            self._jobs.put((last, Future(), False, True))
        self._jobs.put(None)
        self._thread.join()
        for connection in idle:
            connection.close()
        self._writer.close()

    def _work(self) -> None:
        due: list[_Due] = []
        while True:
            try:
                job = self._jobs.get(timeout=max(due[0][0] - time.monotonic(), 0.0) if due else None)
            except queue.Empty:
                heapq.heappop(due)[2]()
                continue
            if job is None:
                return
            if len(job) == 3:
                heapq.heappush(due, job)
                continue
            work, future, durable, transaction = job
            try:
                with self._turn, as_history_error(self._path):
                    if self._path is not None:
                        self._look_after(self._path)
                    result = self._in_transaction(work, durable) if transaction else work(self._writer)
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)

    def _look_after(self, path: Path) -> None:
        """Notice a file that has lost its name; while it has it, remember which side files are its own."""
        if identity_of(path) != self._identity:
            self._rescue(path)
        else:
            self._side_files = {suffix: identity_of(path.with_name(path.name + suffix)) for suffix in SIDE_FILES}

    def _rescue(self, path: Path) -> None:
        """Write the open file, which has lost its name, to that name or, if another stands there, beside it.

        Its side files must never meet another file: they would be read into it.
        """
        target = path if not path.exists() else unused(path, "rescued", datetime.now(UTC))
        for suffix, identity in self._side_files.items():
            side = path.with_name(path.name + suffix)
            if identity is not None and identity_of(side) == identity:
                side.unlink(missing_ok=True)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        back_up(self._writer, target)
        with self._spare_lock:
            idle, self._spare = self._spare, []
            before, self._writer = self._writer, connect(target)
            self._path, self._identity = target, identity_of(target)
        for connection in (*idle, before):
            connection.close()
        self._rescued(target)

    def _in_transaction(self, work: Work[Result], durable: bool) -> Result:
        connection = self._writer
        if durable:
            connection.execute("PRAGMA synchronous = FULL")
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = work(connection)
                connection.execute("COMMIT")
            except BaseException:
                # A full disk rolls the transaction back by itself.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        finally:
            if durable:
                connection.execute("PRAGMA synchronous = NORMAL")
        return result
