"""A history that is gone when genchat ends: for a chat that goes on when no file can be used, or none is wanted.

Everything works as with a file (branches, traces, search, export, even `backup` into a file), only in memory.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from genchat.engine.contract import Notice
from genchat.engine.errors import HistoryError
from genchat.engine.history.schema import migrate
from genchat.engine.history.store import HistoryStore, utc_now
from genchat.engine.redaction import known_keys


class NullHistory(HistoryStore):
    """Keeps nothing. `notices` say why, if there is a reason to tell."""

    def __init__(
        self,
        notices: tuple[Notice, ...] = (),
        *,
        secrets: Callable[[], Iterable[str]] = known_keys,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        connection.execute("PRAGMA foreign_keys = ON")
        migrate(connection)
        super().__init__(connection, None, notices, secrets=secrets, clock=clock, now=now)


def open_history(path: Path) -> HistoryStore:
    """The history in that file, or, when it cannot be used, one that keeps nothing and whose notices say why."""
    try:
        return HistoryStore.open(path)
    except HistoryError as error:
        return NullHistory((Notice("history.not_kept", {"reason": str(error)}),))
