"""What can still be read of a damaged file, row by row, into a new one. The damaged file is moved aside, untouched."""

import contextlib
import shutil
import sqlite3
import tempfile
from datetime import datetime
from pathlib import Path

from genchat.engine.history.failures import is_damage
from genchat.engine.history.opening import back_in_place, move_aside, open_writer
from genchat.engine.history.records import Recovery

_BROKEN = (sqlite3.DatabaseError, UnicodeDecodeError)
_LARGEST_GAP = 2**20  # numbers of missing rows
_TABLES = {  # table -> its number, and what orders its rows
    "conversation": ("number", "number"),
    "message": ("id", "id"),
    "vocabulary": ("rowid", "rowid"),
    "run": ("message", "message"),
    "trace": ("message", "message"),
    "citation": ("message", "message, number"),
}

_MEND = (
    "UPDATE message SET status = 'interrupted' WHERE status = 'streaming'",
    # A parent is always older than its child; what lost its parent begins a branch of its own.
    "UPDATE message SET parent = NULL WHERE parent >= id OR parent NOT IN (SELECT id FROM message)",
    """INSERT INTO conversation(id, title, kind, created, updated)
        SELECT conversation, substr(text, 1, 60), 'chat', created, created FROM message
        WHERE conversation NOT IN (SELECT id FROM conversation) GROUP BY conversation HAVING id = min(id)""",
    "DELETE FROM conversation WHERE id NOT IN (SELECT conversation FROM message)",
    "DELETE FROM run WHERE message NOT IN (SELECT id FROM message)",
    "DELETE FROM trace WHERE message NOT IN (SELECT id FROM message)",
    "DELETE FROM citation WHERE message NOT IN (SELECT id FROM message)",
    "UPDATE run SET vocabulary = NULL WHERE vocabulary NOT IN (SELECT digest FROM vocabulary)",
)


def recover(path: Path, now: datetime) -> Recovery:
    """Move the damaged file aside and make a new one of what can be read. If that fails, all is as it was before."""
    moved = move_aside(path, now)
    try:
        writer = open_writer(path, now)
        try:
            _salvage(moved, writer)
            (conversations,) = writer.execute("SELECT count(*) FROM conversation").fetchone()
            (messages,) = writer.execute("SELECT count(*) FROM message").fetchone()
        finally:
            writer.close()
    except BaseException:
        back_in_place(moved, path)
        raise
    return Recovery(moved, conversations, messages)


def _salvage(moved: Path, writer: sqlite3.Connection) -> None:
    # SQLite may write into a file it opens (to bring a log home): it is given a copy.
    with tempfile.TemporaryDirectory(dir=moved.parent, prefix=f".{moved.name}-") as folder:
        copy = Path(folder) / "damaged.db"
        for suffix in ("", "-wal"):
            source = moved.with_name(moved.name + suffix)
            if source.exists():
                shutil.copyfile(source, copy.with_name(copy.name + suffix))
        damaged = sqlite3.connect(copy, isolation_level=None)
        try:
            damaged.text_factory = lambda stored: stored.decode("utf-8", errors="replace")
            damaged.execute("PRAGMA writable_schema = ON")  # lets SQLite read a file that is shorter than it says
            writer.execute("PRAGMA foreign_keys = OFF")
            writer.execute("BEGIN IMMEDIATE")
            try:
                for table, (key, order) in _TABLES.items():
                    _copy_table(damaged, writer, table, key, order)
                for statement in _MEND:
                    writer.execute(statement)
                writer.execute("COMMIT")
            except BaseException:
                if writer.in_transaction:
                    writer.execute("ROLLBACK")
                raise
        finally:
            damaged.close()


def _copy_table(damaged: sqlite3.Connection, writer: sqlite3.Connection, table: str, key: str, order: str) -> None:
    wanted = [row[1] for row in writer.execute(f"PRAGMA table_info({table})") if row[1] != "process"]
    try:
        there = {row[1] for row in damaged.execute(f"PRAGMA table_info({table})")}
    except _BROKEN:
        return
    columns = ", ".join(name for name in wanted if name in there)
    if not columns:
        return
    places = ", ".join("?" for _ in columns.split(", "))
    insert = f"INSERT OR IGNORE INTO {table}({columns}) VALUES ({places})"  # noqa: S608
    select = f"SELECT {key}, {columns} FROM {table} WHERE {key} > ? ORDER BY {order}"  # noqa: S608
    last, gap = 0, 0
    while gap <= _LARGEST_GAP:
        try:
            for number, *row in damaged.execute(select, (last + gap,)):
                last, gap = number, 0
                with contextlib.suppress(sqlite3.IntegrityError):  # a value of the wrong kind: the row is broken
                    writer.execute(insert, row)
            return
        except _BROKEN as error:
            if not is_damage(error):
                raise
            gap = max(1, 2 * gap)  # reading on behind the broken page, wherever that is
