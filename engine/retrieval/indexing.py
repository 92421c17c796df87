"""Documents into the index: only what changed, a few hundred chunks a transaction, and resumable when killed.

A file is known by the sha256 of its bytes and of the way it is read. Work that was cut off is taken up where it
stopped, because a document always falls into the same chunks.
"""

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from genchat.engine.errors import DocumentNotFound, DocumentsError
from genchat.engine.retrieval.chunking import Chunk
from genchat.engine.retrieval.database import writing
from genchat.engine.retrieval.reading import KINDS, Reading, kind_of, read_bytes, read_document
from genchat.engine.retrieval.schema import count_change
from genchat.engine.retrieval.searchable import Form, searchable
from genchat.engine.retrieval.tabular import delimiter_of
from genchat.engine.retrieval.terms import LANGUAGES, Language, detect_language, stemmer

Outcome = Literal["added", "updated", "unchanged", "vanished", "failed", "reading"]
BATCH = 400  # chunks a transaction: the history waits for its turn to write
_READING_VERSION = "6"  # raised when the same file would fall into other chunks or stems
_HIDDEN = "."


@dataclass(frozen=True, slots=True)
class Progress:
    """What happened to one document, or with "reading" how far it is. `done` counts documents of `total`."""

    outcome: Outcome
    name: str
    done: int
    total: int
    chunks: int = 0
    chunks_total: int = 0
    problem: DocumentsError | None = None
    encoding: str = "utf-8"


@dataclass(frozen=True, slots=True)
class Source:
    """A document to be read: where it is, how it is called, and its bytes if they are at hand already."""

    path: str
    name: str
    file: Path | None = None
    content: bytes | None = None
    outside: bool = False  # a link that leads out of the folder it was found in


def found_sources(path: Path) -> list[Source]:
    """The documents under `path`: itself if it is a file, else all files of a readable kind below the folder.

    Hidden files and folders are left out, and links that lead out of the folder are not read.

    Raises DocumentsError for a path that is not there.
    """
    if not path.is_dir():
        if not path.exists():
            raise DocumentNotFound("document_path_missing", name=str(path))
        return [Source(stored_path(path), stored_text(path.name), path)]
    found = []
    root = path.resolve()
    for folder, folders, files in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith(_HIDDEN))
        for name in sorted(files):
            file = Path(folder, name)
            if not name.startswith(_HIDDEN) and kind_of(file) is not None:
                outside = file.is_symlink() and not _resolved(file).is_relative_to(root)
                name_here = stored_text(str(file.relative_to(path)))
                found.append(Source(stored_path(file), name_here, file, outside=outside))
    return found


def _resolved(file: Path) -> Path:
    """Where a link leads; itself where that cannot be told."""
    try:
        return file.resolve()
    except (OSError, RuntimeError):
        return file


def stored_path(path: Path) -> str:
    """How a path is written in the index."""
    return stored_text(str(path.absolute()))


def stored_text(name: str) -> str:
    """A file name as UTF-8: bytes that are none are written out."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


class Indexer:
    """Writes documents of one collection into the index."""

    def __init__(self, connection: sqlite3.Connection, collection: int) -> None:
        self._connection = connection
        self._collection = collection

    def add(self, sources: Sequence[Source]) -> Iterator[Progress]:
        """Index what is new or changed. One document that cannot be read does not keep the others out."""
        self.purge()
        for done, source in enumerate(sources):
            try:
                yield from self._one(source, done, len(sources))
            except DocumentsError as error:
                yield Progress("failed", source.name, done + 1, len(sources), problem=error)

    def vanish(self, documents: Iterable[tuple[int, str]]) -> Iterator[Progress]:
        """Take documents (id, name) out whose files are gone."""
        gone = list(documents)
        for done, (document, name) in enumerate(gone):
            self.discard([document])
            yield Progress("vanished", name, done + 1, len(gone))

    def discard(self, documents: Sequence[int]) -> None:
        """Take documents out of the index, with the words and vectors only they had."""
        with writing(self._connection):
            self._connection.executemany(
                "UPDATE docs_document SET state = 'gone' WHERE id = ?", [(document,) for document in documents]
            )
            count_change(self._connection)
        self.purge()

    def _one(self, source: Source, done: int, total: int) -> Iterator[Progress]:
        if source.outside:
            raise DocumentsError("document_outside", name=source.name)
        content = read_bytes(source.file) if source.content is None and source.file is not None else source.content
        if content is None:
            raise DocumentsError("document_missing", name=source.name)
        digest = _digest(source, content)
        known = self._connection.execute(
            "SELECT digest, chunks FROM docs_document WHERE collection = ? AND path = ? AND state = 'ready'",
            (self._collection, source.path),
        ).fetchone()
        if known is not None and known[0] == digest:
            yield Progress("unchanged", source.name, done + 1, total, known[1], known[1])
            return
        reading = read_document(source.name, content)
        language = detect_language(reading.text)
        document = self._begin(source, digest, len(content), reading, language)
        if document is None:
            yield Progress("unchanged", source.name, done + 1, total, len(reading.chunks), len(reading.chunks))
            return
        written = self._written(document)
        form = form_of(reading)
        for start in range(written, len(reading.chunks), BATCH):
            yield Progress("reading", source.name, done, total, start, len(reading.chunks))
            self._write(document, reading, start, source.name, form, language)
        self._finish(document, source)
        self.purge()
        outcome: Outcome = "added" if known is None else "updated"
        count = len(reading.chunks)
        yield Progress(outcome, source.name, done + 1, total, count, count, encoding=reading.encoding)

    def _begin(self, source: Source, digest: str, size: int, reading: Reading, language: Language) -> int | None:
        """The row of the document; one that was begun before and holds the same is taken up again.

        None where another process has finished the same meanwhile.
        """
        with writing(self._connection):
            done = self._connection.execute(
                "SELECT 1 FROM docs_document WHERE collection = ? AND path = ? AND state = 'ready' AND digest = ?",
                (self._collection, source.path, digest),
            ).fetchone()
            if done is not None:
                return None
            begun = self._connection.execute(
                "SELECT id FROM docs_document WHERE collection = ? AND path = ? AND state = 'reading' AND digest = ?",
                (self._collection, source.path, digest),
            ).fetchone()
            self._connection.execute(
                "UPDATE docs_document SET state = 'gone'"
                " WHERE collection = ? AND path = ? AND state = 'reading' AND digest <> ?",
                (self._collection, source.path, digest),
            )
            if begun is not None:
                return int(begun[0])
            form = form_of(reading)
            row = self._connection.execute(
                "INSERT INTO docs_document(collection, path, name, state, digest, bytes, kind, encoding, language,"
                " columns, delimiter, indexed) VALUES (?, ?, ?, 'reading', ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    self._collection,
                    source.path,
                    source.name,
                    digest,
                    size,
                    form.kind,
                    reading.encoding,
                    language,
                    json.dumps(form.columns, ensure_ascii=False),
                    form.delimiter,
                    datetime.now(UTC).isoformat(timespec="seconds"),
                ),
            )
            return int(row.lastrowid or 0)

    def _written(self, document: int) -> int:
        row = self._connection.execute("SELECT count(*) FROM docs_chunk WHERE document = ?", (document,)).fetchone()
        return int(row[0])

    def _write(self, document: int, reading: Reading, start: int, name: str, form: Form, language: Language) -> None:
        rows, words, count = [], dict[str, str](), 0
        for ordinal, chunk in enumerate(reading.chunks[start : start + BATCH], start):
            text = _clean(reading.text[chunk.start : chunk.end])
            found = searchable(text, name, chunk.heading, form, language)
            words |= found.words
            count += len(found.stems)
            stems = (found.digest, " ".join(found.title_stems), " ".join(found.stems))
            rows.append((*_row(document, ordinal, chunk, text), *stems))
        with writing(self._connection):
            inserted = self._connection.executemany(
                "INSERT OR IGNORE INTO docs_chunk(document, ordinal, start, end, line, heading, text, digest,"
                " title_stems, stems) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            ).rowcount
            self._connection.executemany(
                "INSERT OR IGNORE INTO docs_word(word, written) VALUES (?, ?)", sorted(words.items())
            )
            self._connection.execute(
                "UPDATE docs_document SET chunks = chunks + ?, words = words + ? WHERE id = ?",
                (inserted, count * inserted // max(len(rows), 1), document),
            )

    def _finish(self, document: int, source: Source) -> None:
        with writing(self._connection):
            self._connection.execute(
                "UPDATE docs_document SET state = 'gone'"
                " WHERE collection = ? AND path = ? AND state = 'ready' AND id <> ?",
                (self._collection, source.path, document),
            )
            self._connection.execute(
                "UPDATE docs_document SET state = 'ready' WHERE id = ? AND state = 'reading'", (document,)
            )
            count_change(self._connection)

    def purge(self) -> None:
        """Delete what is gone, a batch a transaction, with the words and vectors that only it had."""
        gone = self._connection.execute("SELECT id FROM docs_document WHERE state = 'gone'").fetchall()
        for (document,) in gone:
            while rows := self._connection.execute(
                "SELECT id, digest FROM docs_chunk WHERE document = ? LIMIT ?", (document, BATCH)
            ).fetchall():
                self._delete(rows)
            with writing(self._connection):
                self._connection.execute("DELETE FROM docs_document WHERE id = ?", (document,))
        if gone:
            self._forget_words()

    def _delete(self, rows: Sequence[tuple[int, bytes]]) -> None:
        with writing(self._connection):
            self._connection.executemany("DELETE FROM docs_chunk WHERE id = ?", [(chunk,) for chunk, _ in rows])
            self._connection.executemany(
                "DELETE FROM docs_vector WHERE digest = ?1 AND NOT EXISTS (SELECT 1 FROM docs_chunk WHERE digest = ?1)",
                [(digest,) for _, digest in rows],
            )

    def _forget_words(self) -> None:
        """Take out the words whose stems no document has any more."""
        stems = {stem for (stem,) in self._connection.execute("SELECT term FROM docs_stem")}
        stemmers = [stemmer(language) for language in LANGUAGES]
        words = self._connection.execute("SELECT id, word FROM docs_word").fetchall()
        gone = [(number,) for number, word in words if not any(of(word) in stems for of in stemmers)]
        for start in range(0, len(gone), BATCH):
            with writing(self._connection):
                self._connection.executemany("DELETE FROM docs_word WHERE id = ?", gone[start : start + BATCH])


def form_of(reading: Reading) -> Form:
    """How the chunks of a document are to be shown and searched."""
    return Form(reading.kind, reading.columns, delimiter_of(reading.text) if reading.kind == "csv" else "")


def _digest(source: Source, content: bytes) -> str:
    kind = KINDS.get(Path(source.name).suffix.lower(), "")
    return hashlib.sha256(f"{_READING_VERSION} {kind} {source.name}\n".encode() + content).hexdigest()


def _row(document: int, ordinal: int, chunk: Chunk, text: str) -> tuple[object, ...]:
    heading = json.dumps([_clean(part) for part in chunk.heading], ensure_ascii=False)
    return (document, ordinal, chunk.start, chunk.end, chunk.line, heading, text)


def _clean(text: str) -> str:
    """Text that SQLite can hold: a lone surrogate, as JSON escapes can bring, has no UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")
