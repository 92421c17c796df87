"""The tables of documents, in the same file as the history, all names beginning with `docs_`.

A document is written as a new row in the state "reading" and becomes "ready" when all its chunks are in; the row it
replaces becomes "gone" in the same transaction. Whoever searches sees the old one or the new one, and work that was cut
off is found by its state.
"""

import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

APPLICATION_ID = 0x67636874  # "gcht", the mark of every genchat file
_SET = "genchat documents"

_STATEMENTS = (
    """CREATE TABLE docs_collection(
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        created TEXT NOT NULL,
        removed INTEGER NOT NULL DEFAULT 0,    -- a shipped collection that the person took away stays away
        local_only INTEGER NOT NULL DEFAULT 0  -- its text never leaves this machine
    ) STRICT""",
    """CREATE TABLE docs_document(
        id INTEGER PRIMARY KEY,
        collection INTEGER NOT NULL REFERENCES docs_collection(id) ON DELETE CASCADE,
        path TEXT NOT NULL,
        name TEXT NOT NULL,
        state TEXT NOT NULL CHECK(state IN ('reading', 'ready', 'gone')),
        digest TEXT NOT NULL,                  -- sha256 of the file and of the way it is read
        bytes INTEGER NOT NULL,
        kind TEXT NOT NULL,
        encoding TEXT NOT NULL,
        language TEXT NOT NULL,
        columns TEXT NOT NULL CHECK(json_valid(columns)),
        delimiter TEXT NOT NULL,
        chunks INTEGER NOT NULL DEFAULT 0,
        words INTEGER NOT NULL DEFAULT 0,
        indexed TEXT NOT NULL
    ) STRICT""",
    "CREATE UNIQUE INDEX docs_document_ready ON docs_document(collection, path) WHERE state = 'ready'",
    "CREATE INDEX docs_document_state ON docs_document(state)",
    """CREATE TABLE docs_chunk(
        id INTEGER PRIMARY KEY,
        document INTEGER NOT NULL REFERENCES docs_document(id) ON DELETE CASCADE,
        ordinal INTEGER NOT NULL,
        start INTEGER NOT NULL,                -- character offsets in the text of the document
        end INTEGER NOT NULL,
        line INTEGER NOT NULL,
        heading TEXT NOT NULL CHECK(json_valid(heading)),
        text TEXT NOT NULL,
        digest BLOB NOT NULL,                  -- of heading and text: what its vector belongs to
        title_stems TEXT NOT NULL,
        stems TEXT NOT NULL,
        UNIQUE(document, ordinal)
    ) STRICT""",
    "CREATE INDEX docs_chunk_digest ON docs_chunk(digest)",
    # The stems are made in Python, so the tokenizer only has to part them at spaces.
    """CREATE VIRTUAL TABLE docs_search USING fts5(
        title_stems, stems, content='docs_chunk', content_rowid='id', tokenize="unicode61 remove_diacritics 0")""",
    """CREATE TRIGGER docs_chunk_inserted AFTER INSERT ON docs_chunk BEGIN
        INSERT INTO docs_search(rowid, title_stems, stems) VALUES (new.id, new.title_stems, new.stems);
    END""",
    """CREATE TRIGGER docs_chunk_deleted AFTER DELETE ON docs_chunk BEGIN
        INSERT INTO docs_search(docs_search, rowid, title_stems, stems)
        VALUES ('delete', old.id, old.title_stems, old.stems);
    END""",
    "CREATE VIRTUAL TABLE docs_stem USING fts5vocab('docs_search', 'row')",
    # Folded words, for questions with a word that no document has.
    "CREATE TABLE docs_word(id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE, written TEXT NOT NULL) STRICT",
    "CREATE VIRTUAL TABLE docs_trigram USING fts5(word, content='docs_word', content_rowid='id', tokenize='trigram')",
    """CREATE TRIGGER docs_word_inserted AFTER INSERT ON docs_word BEGIN
        INSERT INTO docs_trigram(rowid, word) VALUES (new.id, new.word);
    END""",
    """CREATE TRIGGER docs_word_deleted AFTER DELETE ON docs_word BEGIN
        INSERT INTO docs_trigram(docs_trigram, rowid, word) VALUES ('delete', old.id, old.word);
    END""",
    """CREATE TABLE docs_vector(
        digest BLOB NOT NULL,
        embedder TEXT NOT NULL,
        version TEXT NOT NULL,
        dimension INTEGER NOT NULL,
        data BLOB NOT NULL,                    -- little-endian float32
        PRIMARY KEY(digest, embedder, version)
    ) STRICT, WITHOUT ROWID""",
    # Grows with every change of chunks or vectors, so that what is held in memory is known to be old.
    "CREATE TABLE docs_change(number INTEGER NOT NULL) STRICT",
    "INSERT INTO docs_change VALUES (0)",
)


def _first_version(database: "Database") -> None:
    for statement in _STATEMENTS:
        database.execute(statement)


def _vectors_known(database: "Database") -> None:
    """Whether a chunk has a vector is asked for every chunk, and must read neither the texts nor the vectors."""
    database.execute("CREATE INDEX docs_vector_known ON docs_vector(embedder, version, dimension, digest)")
    database.execute("CREATE INDEX docs_chunk_content ON docs_chunk(document, digest)")


_MIGRATIONS = (_first_version, _vectors_known)


def is_current(connection: sqlite3.Connection) -> bool:
    """Whether nothing is left to do. Asks two small questions and imports nothing."""
    known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'").fetchone()
    if known is None:
        return False
    row = connection.execute("SELECT count(*) FROM _sqlite_migrations WHERE migration_set = ?", (_SET,)).fetchone()
    return int(row[0]) >= len(_MIGRATIONS)


def count_change(connection: sqlite3.Connection) -> None:
    """Say that chunks or vectors are being changed, inside the transaction that does."""
    connection.execute("UPDATE docs_change SET number = number + 1")


def change_number(connection: sqlite3.Connection) -> int:
    """Differs from an earlier answer when chunks or vectors were changed since."""
    return int(connection.execute("SELECT number FROM docs_change").fetchone()[0])


def migrate(connection: sqlite3.Connection) -> None:
    """Make the tables, all or nothing; safe when several processes start at once."""
    from sqlite_utils import Database
    from sqlite_utils.migrations import Migrations

    listed = Migrations(_SET)
    for migration in _MIGRATIONS:
        listed(name=migration.__name__.lstrip("_"))(migration)
    connection.execute("BEGIN IMMEDIATE")
    try:
        empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
        listed.apply(Database(connection))
        if empty:
            # The history knows its file by this number.
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
