"""Keeping the file sound, small and free of what was deleted."""

import sqlite3
from pathlib import Path

from genchat.engine.errors import HistoryError
from genchat.engine.history.connections import Connections
from genchat.engine.history.failures import is_damage
from genchat.engine.history.opening import back_up
from genchat.engine.history.records import CheckReport
from genchat.engine.history.schema import SEARCH_TABLES

_MERGE_PAGES = 500  # of the search index, rewritten in one go while others wait


def delete_conversation(connection: sqlite3.Connection, conversation: str) -> None:
    """The conversation is deleted within a transaction. Vocabularies that no run uses any more go too."""
    connection.execute("DELETE FROM message WHERE conversation = ?", (conversation,))
    connection.execute("DELETE FROM conversation WHERE id = ?", (conversation,))
    delete_unused_vocabularies(connection)


def delete_unused_vocabularies(connection: sqlite3.Connection) -> None:
    """Vocabularies that no run uses any more are deleted within a transaction."""
    connection.execute(
        "DELETE FROM vocabulary WHERE NOT EXISTS (SELECT 1 FROM run WHERE run.vocabulary = vocabulary.digest)"
    )


def erase_remains(connections: Connections) -> None:
    """Take deleted words out of the search index and the write-ahead log.

    SQLite's secure_delete clears the tables at once; the index keeps deleted words until its segments are merged.
    Merging goes in steps, so that a reply being recorded meanwhile waits for one step at most.
    """
    for table in SEARCH_TABLES:
        pages = -_MERGE_PAGES  # negative: first make one piece of all segments
        while connections.write(lambda connection, table=table, pages=pages: _merge(connection, table, pages)):  # type: ignore[misc]
            pages = _MERGE_PAGES
    connections.write(_empty_log, transaction=False)


def _merge(connection: sqlite3.Connection, table: str, pages: int) -> bool:
    """One step of merging; whether there was anything to do."""
    before = connection.total_changes
    connection.execute(f"INSERT INTO {table}({table}, rank) VALUES ('merge', ?)", (pages,))  # noqa: S608
    return connection.total_changes - before >= 2  # as FTS5 documents it


def _empty_log(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def backup(connections: Connections, target: Path) -> None:
    """See History.backup."""
    if target.exists():
        raise HistoryError("backup_exists", path=str(target))

    def work(connection: sqlite3.Connection) -> None:
        try:
            back_up(connection, target)
        except OSError as error:  # of the copy, so the history must not be named
            raise HistoryError("backup_not_written", path=str(target), reason=error.strerror or error) from None

    connections.write(work, transaction=False)


def check(connections: Connections) -> CheckReport:
    """See History.check."""

    def work(connection: sqlite3.Connection) -> CheckReport:
        try:
            return _examine(connection)
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            if not is_damage(error):
                raise
            return CheckReport((str(error),), 0, 0, 0, 0, 0)

    return connections.write(work, transaction=False)


def _examine(connection: sqlite3.Connection) -> CheckReport:
    problems = [str(row[0]) for row in connection.execute("PRAGMA quick_check") if row[0] != "ok"]
    problems += [f"{row[0]}: {row[2]}" for row in connection.execute("PRAGMA foreign_key_check")]
    for table in SEARCH_TABLES:
        problems += _search_problems(connection, table)
    conversations, messages, trace_bytes, trace_tokens = connection.execute(
        "SELECT (SELECT count(*) FROM conversation), (SELECT count(*) FROM message),"
        " (SELECT coalesce(sum(length(data)), 0) FROM trace), (SELECT coalesce(sum(tokens), 0) FROM trace)"
    ).fetchone()
    return CheckReport(tuple(problems), conversations, messages, _size(connection), trace_bytes, trace_tokens)


def _search_problems(connection: sqlite3.Connection, table: str) -> list[str]:
    try:
        connection.execute(f"INSERT INTO {table}({table}, rank) VALUES ('integrity-check', 1)")  # noqa: S608
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        return [f"{table}: {error}"]
    return []


def purge(connections: Connections) -> int:
    """See History.purge."""

    def work(connection: sqlite3.Connection) -> int:
        before = _size(connection)
        for table in SEARCH_TABLES:
            connection.execute(f"INSERT INTO {table}({table}) VALUES ('rebuild')")  # noqa: S608
        connection.execute("VACUUM")
        _empty_log(connection)
        return max(0, before - _size(connection))

    return connections.write(work, transaction=False)


def _size(connection: sqlite3.Connection) -> int:
    (count,) = connection.execute("PRAGMA page_count").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    return int(count) * int(size)
