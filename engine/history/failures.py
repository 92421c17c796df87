"""What SQLite and the file system complain about, as the HistoryError a person can act on."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from genchat.engine.errors import HistoryError

_MARK = ".damaged"  # beside a file in which damage was met in use: the next start recovers it

_KEY_OF_CODE = {
    "SQLITE_FULL": "history_disk_full",
    "SQLITE_READONLY": "history_read_only",
    "SQLITE_PERM": "history_read_only",
    "SQLITE_CANTOPEN": "history_cannot_open",
    "SQLITE_BUSY": "history_busy",
    "SQLITE_LOCKED": "history_busy",
    "SQLITE_CORRUPT": "history_damaged",
    "SQLITE_NOTADB": "history_damaged",
    "SQLITE_CONSTRAINT": "history_gone",
}


class BrokenRow(sqlite3.DatabaseError):
    """A row holds what genchat never writes."""


def is_damage(error: BaseException) -> bool:
    """The answer is true where the complaint is that the file is no sound history."""
    # A name in a broken schema that is not UTF-8 comes as UnicodeDecodeError: Python cannot even read the complaint.
    if isinstance(error, BrokenRow | UnicodeDecodeError) or "decode to UTF-8" in str(error):
        return True
    return _code(error) in ("SQLITE_CORRUPT", "SQLITE_NOTADB")


def history_error(error: sqlite3.Error | OSError | UnicodeDecodeError, path: Path | None) -> HistoryError:
    """The result is the error to raise in place of `error`."""
    name = "" if path is None else str(path)
    if isinstance(error, OSError):
        key = "history_read_only" if isinstance(error, PermissionError) else "history_cannot_open"
        return HistoryError(key, path=name, reason=error.strerror or str(error))
    key = "history_damaged" if is_damage(error) else _KEY_OF_CODE.get(_code(error), "history_failed")
    if key == "history_cannot_open" and path is not None and not os.access(path.parent, os.W_OK):
        # SQLite writes beside the file even to read it, and says only that it could not open it.
        return HistoryError("history_read_only", path=name, reason=_why_read_only(path.parent))
    return HistoryError(key, path=name, reason=str(error))


def _why_read_only(folder: Path) -> str:
    try:
        mounted_so = bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except (OSError, AttributeError):  # Windows has no statvfs
        mounted_so = False
    return os.strerror(errno.EROFS if mounted_so else errno.EACCES)


def damage_mark(path: Path) -> Path:
    """This file says that damage was met here."""
    return path.with_name(path.name + _MARK)


def mark_damaged(path: Path) -> None:
    """Have the next start recover the file."""
    with suppress(OSError):
        damage_mark(path).touch(mode=0o600)


@contextmanager
def as_history_error(path: Path | None) -> Iterator[None]:
    """Inside, complaints of SQLite and the file system become HistoryError. Misuse of the module stays what it is."""
    try:
        yield
    except (sqlite3.ProgrammingError, sqlite3.InterfaceError):
        raise
    except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
        if path is not None and is_damage(error):
            mark_damaged(path)
        raise history_error(error, path) from error


def _code(error: BaseException) -> str:
    """SQLITE_READONLY for SQLITE_READONLY_DIRECTORY and the like."""
    name = getattr(error, "sqlite_errorname", None) or ""
    return "_".join(name.split("_")[:2])
