"""Opening the history file: private to its owner, safe when two processes start at once, never overwriting anything.

A file that is not a sound SQLite database is moved aside with its bytes untouched. One written by a newer genchat, or
by another program, is left where it is.
"""

import glob
import os
import shutil
import sqlite3
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from genchat.engine.errors import HistoryError
from genchat.engine.files import beside, move, put_in_new_place, tidy
from genchat.engine.history.schema import APPLICATION_ID, MIGRATIONS, Migration, migrate, version_of

BUSY_SECONDS = 10.0
_MARGIN = 2**20  # bytes free beyond what a migration takes
_COPIES = ("backup", "corrupt", "rescued")
SIDE_FILES = ("-wal", "-shm", "-journal")


def connect(path: Path, *, reader: bool = False) -> sqlite3.Connection:
    """A connection with genchat's settings; transactions are begun and ended by hand. May raise sqlite3.Error."""
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False, isolation_level=None)
    try:
        if reader:
            connection.execute("PRAGMA query_only = ON")
        else:
            for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "secure_delete = ON"):
                connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


def open_writer(path: Path, now: datetime, migrations: Sequence[Migration] = MIGRATIONS) -> sqlite3.Connection:
    """A connection to the file, made or migrated if need be.

    Raises HistoryError for a file of a newer genchat or of another program and where there is no room to migrate it,
    sqlite3.Error or OSError for the rest; a damaged file shows as sqlite3.DatabaseError (see
    `engine.history.failures.is_damage`).
    """
    prepare_private(path)
    # WAL mode is written into the file, so whose file it is comes first.
    version, _ = judge(path, migrations)
    connection = connect(path)
    try:
        if version < len(migrations):
            if version:
                check_room(path)
                back_up(connection, unused(path, "backup", now))
            migrate(connection, migrations)
        # The pages every session reads first: damage there is better met now than in the middle of a chat.
        connection.execute("SELECT * FROM conversation ORDER BY updated DESC LIMIT 50").fetchall()
        connection.execute("SELECT id FROM message ORDER BY id DESC LIMIT 1").fetchall()
    except BaseException:
        connection.close()
        raise
    return connection


def judge(path: Path, migrations: Sequence[Migration] = MIGRATIONS) -> tuple[int, int]:
    """The result is the file's version and how many tables and the like it has; no byte is changed.

    Raises HistoryError for a file of a newer genchat or of another program.
    """
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        version = version_of(connection)
        objects = int(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
        application = int(connection.execute("PRAGMA application_id").fetchone()[0])
    finally:
        connection.close()
    if objects and application != APPLICATION_ID:
        raise HistoryError("history_foreign", path=str(path))
    if version > len(migrations):
        raise HistoryError("history_newer", path=str(path), found=version, known=len(migrations))
    return version, objects


def check_room(path: Path) -> None:
    """The check before a migration, which takes twice the file at most: the copy that is kept, and the pages rewritten.

    Raises HistoryError where less is free.
    """
    files = (path, *(path.with_name(path.name + suffix) for suffix in SIDE_FILES))
    needed = 2 * sum(file.stat().st_size for file in files if file.exists()) + _MARGIN
    free = shutil.disk_usage(path.parent).free
    if free < needed:
        raise HistoryError("history_no_room", path=str(path), needed=-(-needed // 2**20), free=free // 2**20)


def make_folder(folder: Path) -> None:
    """Make the folder and what is missing above it, private to the owner (0700)."""
    missing = [ancestor for ancestor in (folder, *folder.parents) if not ancestor.exists()]
    for ancestor in reversed(missing):
        ancestor.mkdir(mode=0o700, exist_ok=True)


def prepare_private(path: Path) -> None:
    """Make an empty file (0600), after which -wal and -shm take. An existing file of one's own is made 0600."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        state = path.stat()
        if stat.S_ISDIR(state.st_mode):
            raise IsADirectoryError(21, os.strerror(21), str(path)) from None
        if state.st_mode & 0o077 and hasattr(os, "getuid") and state.st_uid == os.getuid():
            path.chmod(0o600)


def back_up(connection: sqlite3.Connection, target: Path) -> None:
    """Write a compact copy, private to its owner, which has its name only when it is whole.

    Raises FileExistsError where something has that name.
    """
    tidy(target.parent)
    part = beside(target)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    try:
        connection.execute("VACUUM INTO ?", (str(part),))
        put_in_new_place(part, target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def unused(path: Path, word: str, now: datetime) -> Path:
    """The result is a name beside `path` that is not taken: history.db.<word>-20261121T032500."""
    name = f"{path.name}.{word}-{now:%Y%m%dT%H%M%S}"
    candidates = (path.with_name(name + (f".{number}" if number else "")) for number in range(1000))
    return next(candidate for candidate in candidates if not candidate.exists())


def copies_of(path: Path) -> tuple[Path, ...]:
    """Backups and damaged files that genchat itself has left beside the history."""
    copies = (copy for word in _COPIES for copy in path.parent.glob(f"{glob.escape(path.name)}.{word}-*"))
    return tuple(sorted(copy for copy in copies if not copy.name.endswith(SIDE_FILES)))


def move_aside(path: Path, now: datetime) -> Path:
    """Move a damaged file and what belongs to it out of the way, bytes untouched; returns its new name."""
    target = unused(path, "corrupt", now)
    move(path, target)
    for suffix in SIDE_FILES:
        side = path.with_name(path.name + suffix)
        if side.exists():
            move(side, target.with_name(target.name + suffix))
    return target


def back_in_place(moved: Path, path: Path) -> None:
    """Undo `move_aside`; what stands at `path` meanwhile goes."""
    for suffix in SIDE_FILES:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    for suffix in ("", *SIDE_FILES):
        if (side := moved.with_name(moved.name + suffix)).exists():
            move(side, path.with_name(path.name + suffix))


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Holds the folder's lock, so that no two processes judge or move the file at once.

    Where folders cannot be locked (Windows, some network file systems) it does nothing. Raises HistoryError when
    another process holds it too long.
    """
    try:
        import fcntl

        descriptor = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        yield
        return
    try:
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise HistoryError("history_busy", path=str(folder)) from None
                time.sleep(0.01)
            except OSError:
                break
        yield
    finally:
        os.close(descriptor)
