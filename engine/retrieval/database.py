"""Opening the file that documents share with the history, by the same rules: private, WAL, short immediate writes."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from genchat.engine.errors import DocumentsError
from genchat.engine.retrieval.schema import APPLICATION_ID, is_current, migrate

_BUSY_SECONDS = 10.0
_KEYS = {
    "SQLITE_FULL": "documents_disk_full",
    "SQLITE_READONLY": "documents_read_only",
    "SQLITE_PERM": "documents_read_only",
    "SQLITE_CANTOPEN": "documents_cannot_open",
    "SQLITE_BUSY": "documents_busy",
    "SQLITE_LOCKED": "documents_busy",
    "SQLITE_CONSTRAINT": "documents_busy",
    "SQLITE_CORRUPT": "documents_damaged",
    "SQLITE_NOTADB": "documents_damaged",
}


def open_database(path: Path) -> sqlite3.Connection:
    """A connection to the file, made or migrated if need be. Raises DocumentsError."""
    try:
        _prepare_private(path)
    except OSError as error:
        key = "documents_read_only" if isinstance(error, PermissionError) else "documents_cannot_open"
        raise DocumentsError(key, path=str(path), reason=error.strerror or str(error)) from error
    with as_documents_error(path):
        connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, check_same_thread=False, isolation_level=None)
        try:
            # Whose file it is comes first: WAL mode is written into it.
            objects = int(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
            owner = int(connection.execute("PRAGMA application_id").fetchone()[0])
            if objects and owner != APPLICATION_ID:
                raise DocumentsError("documents_foreign", path=str(path))
            for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "secure_delete = ON"):
                connection.execute(f"PRAGMA {pragma}")
            if not is_current(connection):
                migrate(connection)
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """One BEGIN IMMEDIATE transaction: all of it or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # A full disk rolls the transaction back by itself.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def as_documents_error(path: Path) -> Iterator[None]:
    """Inside, complaints of SQLite become DocumentsError. Misuse of the module stays what it is."""
    try:
        yield
    except (sqlite3.ProgrammingError, sqlite3.InterfaceError):
        raise
    except sqlite3.Error as error:
        code = "_".join((getattr(error, "sqlite_errorname", None) or "").split("_")[:2])
        raise DocumentsError(_KEYS.get(code, "documents_failed"), path=str(path), reason=str(error)) from error


def _prepare_private(path: Path) -> None:
    """The folder 0700 and the file 0600; what SQLite puts beside it takes after it."""
    missing = [folder for folder in (path.parent, *path.parent.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        state = path.stat()
        if (
            state.st_mode & 0o077
            and hasattr(os, "getuid")
            and state.st_uid == os.getuid()
            and stat.S_ISREG(state.st_mode)
        ):
            path.chmod(0o600)
