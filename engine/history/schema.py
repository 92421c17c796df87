"""The tables of the history file and how an older file becomes a newer one.

sqlite-utils keeps the list of migrations; genchat runs them inside BEGIN IMMEDIATE, because two processes that start
at once would otherwise lock each other out. `PRAGMA user_version` says which version wrote the file last, so that the
usual start (nothing to do) asks one number and imports nothing.
"""

import sqlite3
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

APPLICATION_ID = 0x67636874  # "gcht": tells a history from any other SQLite file

Migration = Callable[["Database"], None]

_TABLES = (
    """CREATE TABLE process(
        id INTEGER PRIMARY KEY,
        place TEXT NOT NULL,      -- machine and process namespace that pid belongs to
        pid INTEGER NOT NULL,
        started TEXT NOT NULL,    -- tells this process from a later one of the same pid
        seen TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE conversation(
        number INTEGER PRIMARY KEY,  -- what the search index points at
        id TEXT NOT NULL UNIQUE,
        title TEXT NOT NULL,
        kind TEXT NOT NULL CHECK(kind IN ('chat', 'text')),
        created TEXT NOT NULL,
        updated TEXT NOT NULL,
        head INTEGER              -- message at the end of the branch that is shown
    ) STRICT""",
    "CREATE INDEX conversation_updated ON conversation(updated, id)",
    """CREATE TABLE message(
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        conversation TEXT NOT NULL REFERENCES conversation(id) ON DELETE CASCADE,
        parent INTEGER REFERENCES message(id) DEFERRABLE INITIALLY DEFERRED,
        role TEXT NOT NULL CHECK(role IN ('system', 'user', 'assistant')),
        text TEXT NOT NULL,
        status TEXT NOT NULL CHECK(status IN ('streaming', 'done', 'stopped', 'error', 'interrupted')),
        created TEXT NOT NULL,
        process INTEGER REFERENCES process(id) ON DELETE SET NULL
    ) STRICT""",
    "CREATE INDEX message_parent ON message(parent, conversation)",
    "CREATE INDEX message_conversation ON message(conversation, id)",
    "CREATE INDEX message_process ON message(process) WHERE process IS NOT NULL",
    "CREATE TABLE vocabulary(digest TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT",
    """CREATE TABLE run(
        message INTEGER PRIMARY KEY REFERENCES message(id) ON DELETE CASCADE,
        family TEXT NOT NULL,
        model TEXT NOT NULL,
        checksum TEXT NOT NULL,
        settings TEXT NOT NULL,
        seed TEXT,                -- decimal: a seed may be larger than 64 bits
        version TEXT NOT NULL,
        vocabulary TEXT REFERENCES vocabulary(digest),
        prompt_tokens INTEGER,
        completion_tokens INTEGER,
        seconds_to_first REAL,
        seconds REAL,
        finish_reason TEXT,
        detail TEXT NOT NULL DEFAULT '',
        error TEXT NOT NULL DEFAULT '',
        notices TEXT NOT NULL DEFAULT '[]',
        retriever TEXT,
        missing TEXT
    ) STRICT""",
    "CREATE INDEX run_vocabulary ON run(vocabulary)",
    """CREATE TABLE trace(
        message INTEGER PRIMARY KEY REFERENCES message(id) ON DELETE CASCADE,
        tokens INTEGER NOT NULL,
        codec INTEGER NOT NULL,
        data BLOB NOT NULL
    ) STRICT""",
    """CREATE TABLE citation(
        message INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        source TEXT NOT NULL,
        locator TEXT NOT NULL,
        text TEXT NOT NULL,
        score REAL NOT NULL,
        detail TEXT NOT NULL,
        PRIMARY KEY(message, number)
    ) STRICT, WITHOUT ROWID""",
)

# A reply is indexed when it is finished, not at every checkpoint; the view lets FTS5 rebuild and check just those.
_SEARCH = (
    "CREATE VIEW finished_message AS SELECT id, text FROM message WHERE status <> 'streaming'",
    """CREATE VIRTUAL TABLE message_search USING fts5(
        text, content='finished_message', content_rowid='id', prefix='1 2 3',
        tokenize="unicode61 remove_diacritics 2")""",
    """CREATE TRIGGER message_inserted AFTER INSERT ON message WHEN new.status <> 'streaming' BEGIN
        INSERT INTO message_search(rowid, text) VALUES (new.id, new.text);
    END""",
    """CREATE TRIGGER message_finished AFTER UPDATE OF text, status ON message
        WHEN old.status = 'streaming' AND new.status <> 'streaming' BEGIN
        INSERT INTO message_search(rowid, text) VALUES (new.id, new.text);
    END""",
    """CREATE TRIGGER message_changed AFTER UPDATE OF text, status ON message WHEN old.status <> 'streaming' BEGIN
        INSERT INTO message_search(message_search, rowid, text) VALUES ('delete', old.id, old.text);
        INSERT INTO message_search(rowid, text) SELECT new.id, new.text WHERE new.status <> 'streaming';
    END""",
    """CREATE TRIGGER message_deleted AFTER DELETE ON message WHEN old.status <> 'streaming' BEGIN
        INSERT INTO message_search(message_search, rowid, text) VALUES ('delete', old.id, old.text);
    END""",
    """CREATE VIRTUAL TABLE title_search USING fts5(
        title, content='conversation', content_rowid='number', prefix='1 2 3',
        tokenize="unicode61 remove_diacritics 2")""",
    """CREATE TRIGGER title_inserted AFTER INSERT ON conversation BEGIN
        INSERT INTO title_search(rowid, title) VALUES (new.number, new.title);
    END""",
    """CREATE TRIGGER title_changed AFTER UPDATE OF title ON conversation BEGIN
        INSERT INTO title_search(title_search, rowid, title) VALUES ('delete', old.number, old.title);
        INSERT INTO title_search(rowid, title) VALUES (new.number, new.title);
    END""",
    """CREATE TRIGGER title_deleted AFTER DELETE ON conversation BEGIN
        INSERT INTO title_search(title_search, rowid, title) VALUES ('delete', old.number, old.title);
    END""",
)
SEARCH_TABLES = ("message_search", "title_search")


def first_version(database: "Database") -> None:
    """This migration makes everything of version 1."""
    for statement in _TABLES + _SEARCH:
        database.execute(statement)


def message_data(database: "Database") -> None:
    """Version 2: what a backend keeps beside a message, as JSON; null for most (see engine.contract.MessageData)."""
    database.execute("ALTER TABLE message ADD COLUMN data TEXT")


def system_prompts(database: "Database") -> None:
    """Version 3: the system prompt of a conversation, and what each reply was really given; empty for none."""
    for table in ("conversation", "run"):
        database.execute(f"ALTER TABLE {table} ADD COLUMN system TEXT NOT NULL DEFAULT ''")


# The version of a file is how many of them it has been through.
MIGRATIONS: tuple[Migration, ...] = (first_version, message_data, system_prompts)


def version_of(connection: sqlite3.Connection) -> int:
    """The version is how many migrations the file has been through; 0 for a new one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring the file up to the last of `migrations`, all or nothing; safe when several processes start at once."""
    from sqlite_utils import Database
    from sqlite_utils.migrations import Migrations

    listed = Migrations("genchat")
    for migration in migrations:
        listed()(migration)
    connection.execute("BEGIN IMMEDIATE")
    try:
        listed.apply(Database(connection))
        connection.execute(f"PRAGMA user_version = {len(migrations)}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
