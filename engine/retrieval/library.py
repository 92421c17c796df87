"""The documents of one person: collections, what is in them, adding and taking away."""

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from genchat.engine.errors import DocumentsError
from genchat.engine.retrieval.database import as_documents_error, open_database, writing
from genchat.engine.retrieval.indexing import Indexer, Progress, Source, found_sources, stored_path
from genchat.engine.retrieval.searchable import Form, shown_text
from genchat.engine.text import safe_line

if TYPE_CHECKING:
    from genchat.corpora.loader import Kind

# The collections that come with genchat, and the kinds of text in each.
SHIPPED: Mapping[str, tuple["Kind", ...]] = {"fitness": ("fitness",), "course": ("explanations", "glossary")}
DEFAULT = "documents"  # where documents go when no collection is named
_SHIPPED_PATH = "corpora:"


@dataclass(frozen=True, slots=True)
class Collection:
    """A named set of documents. `local_only`: its text never leaves this machine."""

    id: int
    name: str
    documents: int
    chunks: int
    local_only: bool


@dataclass(frozen=True, slots=True)
class Document:
    """A document in the index. All strings are untrusted."""

    id: int
    collection: str
    path: str
    name: str
    kind: str
    encoding: str
    language: str
    bytes: int
    chunks: int
    indexed: str


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk of a document: its place, and its text as a person reads it."""

    ordinal: int
    start: int
    end: int
    line: int
    heading: tuple[str, ...]
    text: str


class Library:
    """Opens the file at `path` (made if need be). One connection, used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = open_database(path)
        self._turn = threading.RLock()

    def __enter__(self) -> "Library":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        with self._turn:
            self._connection.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, in one consistent state of the file. Raises DocumentsError."""
        with self._turn, as_documents_error(self.path):
            if self._connection.in_transaction:
                yield self._connection
                return
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """The connection, for work that makes its own transactions. Raises DocumentsError."""
        with self._turn, as_documents_error(self.path):
            yield self._connection

    # -- what is there ------------------------------------------------------------------------------------------

    def collections(self) -> list[Collection]:
        """All collections, by name."""
        with self.reading() as connection:
            rows = connection.execute(
                "SELECT c.id, c.name, count(d.id), coalesce(sum(d.chunks), 0), c.local_only FROM docs_collection c"
                " LEFT JOIN docs_document d ON d.collection = c.id AND d.state = 'ready'"
                " WHERE NOT c.removed GROUP BY c.id ORDER BY c.name"
            ).fetchall()
        return [Collection(row[0], row[1], row[2], row[3], bool(row[4])) for row in rows]

    def collection(self, name: str) -> Collection:
        """One of them. Raises DocumentsError."""
        found = next((each for each in self.collections() if each.name == name), None)
        if found is None:
            names = ", ".join(each.name for each in self.collections()) or "–"
            raise DocumentsError("collection_unknown", name=name, names=names)
        return found

    def documents(self, collection: str | None = None) -> list[Document]:
        """All documents that can be searched, or those of one collection."""
        with self.reading() as connection:
            rows = connection.execute(
                "SELECT d.id, c.name, d.path, d.name, d.kind, d.encoding, d.language, d.bytes, d.chunks, d.indexed"
                " FROM docs_document d JOIN docs_collection c ON c.id = d.collection"
                " WHERE d.state = 'ready' AND (?1 IS NULL OR c.name = ?1) ORDER BY c.name, d.name, d.id",
                (collection,),
            ).fetchall()
        return [Document(*row) for row in rows]

    def find(self, wanted: str) -> list[Document]:
        """The documents whose number, name or path is `wanted`; then those whose name ends with it."""
        documents = self.documents()
        path = stored_path(Path(wanted))
        exact = [each for each in documents if wanted in (str(each.id), each.name, each.path) or each.path == path]
        return exact or [each for each in documents if each.name.endswith("/" + wanted)]

    def chunks(self, document: Document) -> Iterator[StoredChunk]:
        """The chunks of a document in order, texts as a person reads them."""
        with self.reading() as connection:
            form = connection.execute(
                "SELECT kind, columns, delimiter FROM docs_document WHERE id = ?", (document.id,)
            ).fetchone()
            rows = connection.execute(
                "SELECT ordinal, start, end, line, heading, text FROM docs_chunk WHERE document = ? ORDER BY ordinal",
                (document.id,),
            ).fetchall()
        if form is not None:
            shape = Form(form[0], tuple(json.loads(form[1])), form[2])
            for ordinal, start, end, line, heading, text in rows:
                yield StoredChunk(ordinal, start, end, line, tuple(json.loads(heading)), shown_text(text, shape))

    def a_question(self, collection: str | None = None) -> str:
        """A heading that is a question, as an example of what can be asked; empty where there is none. Untrusted."""
        with self.reading() as connection:
            row = connection.execute(
                "SELECT json_extract(c.heading, '$[#-1]') AS last FROM docs_chunk c"
                " JOIN docs_document d ON d.id = c.document JOIN docs_collection k ON k.id = d.collection"
                " WHERE d.state = 'ready' AND (?1 IS NULL OR k.name = ?1) AND last LIKE '%_?'"
                " ORDER BY count(*) OVER (PARTITION BY d.id) DESC, c.id LIMIT 1",
                (collection,),
            ).fetchone()
        return safe_line(str(row[0]), 80) if row is not None else ""

    # -- changing it --------------------------------------------------------------------------------------------

    def add(self, paths: Sequence[Path], collection: str = DEFAULT) -> Iterator[Progress]:
        """Index files and folders into a collection; what was under a given folder and is gone is taken out."""
        sources = [source for path in paths for source in found_sources(path)]
        unique = list({source.path: source for source in sources}.values())
        roots = [stored_path(path) for path in paths if path.is_dir()]
        with self.changing() as connection:
            number = self._collection_number(connection, collection)
            indexer = Indexer(connection, number)
            yield from indexer.add(unique)
            found = {source.path for source in unique if not source.outside}
            known = connection.execute(
                "SELECT id, name, path FROM docs_document WHERE collection = ? AND state = 'ready'", (number,)
            ).fetchall()
            yield from indexer.vanish(
                (document, name)
                for document, name, path in known
                if path not in found and any(path.startswith(root.rstrip("/") + "/") for root in roots)
            )

    def refresh(self, collection: str | None = None) -> Iterator[Progress]:
        """Look at every known file again: what changed is read anew, what vanished is taken out."""
        names = [each.name for each in self.collections()] if collection is None else [collection]
        for name in names:
            documents = [each for each in self.documents(name) if not each.path.startswith(_SHIPPED_PATH)]
            here = [each for each in documents if Path(each.path).exists()]
            with self.changing() as connection:
                indexer = Indexer(connection, self._collection_number(connection, name))
                yield from indexer.add([Source(each.path, each.name, Path(each.path)) for each in here])
                yield from indexer.vanish((each.id, each.name) for each in documents if each not in here)

    def remove_documents(self, documents: Sequence[Document]) -> None:
        """Take documents out of the index; their files stay where they are."""
        with self.changing() as connection:
            Indexer(connection, 0).discard([each.id for each in documents])

    def remove_collection(self, name: str) -> None:
        """Take a whole collection away. Raises DocumentsError for one that is not there."""
        found = self.collection(name)
        self.remove_documents(self.documents(name))
        with self.changing() as connection, writing(connection):
            if name in SHIPPED:
                connection.execute("UPDATE docs_collection SET removed = 1 WHERE id = ?", (found.id,))
            else:
                connection.execute("DELETE FROM docs_collection WHERE id = ?", (found.id,))

    def keep_local(self, name: str, local_only: bool) -> None:
        """Whether the text of a collection may be sent to a remote model."""
        found = self.collection(name)
        with self.changing() as connection, writing(connection):
            connection.execute("UPDATE docs_collection SET local_only = ? WHERE id = ?", (local_only, found.id))

    def ensure_shipped(self, again: bool = False) -> None:
        """Index the collections that come with genchat.

        One that the person took away stays away unless `again`; so does one whose name is that of a collection of
        theirs, from before there was ours.
        """
        with self.changing() as connection:
            for name, kinds in SHIPPED.items():
                row = connection.execute(
                    "SELECT removed, EXISTS (SELECT 1 FROM docs_document WHERE collection = c.id)"
                    " AND NOT EXISTS (SELECT 1 FROM docs_document WHERE collection = c.id AND path LIKE ?)"
                    " FROM docs_collection c WHERE name = ?",
                    (_SHIPPED_PATH + "%", name),
                ).fetchone()
                if row is None or (not row[1] and (again or not row[0])):
                    self._index_shipped(connection, name, kinds)

    def _index_shipped(self, connection: sqlite3.Connection, name: str, kinds: tuple["Kind", ...]) -> None:
        from genchat.corpora import documents

        number = self._collection_number(connection, name)
        shipped = [
            Source(_SHIPPED_PATH + each.source, Path(each.source).name, content=each.text.encode())
            for kind in kinds
            for each in documents(kind)
        ]
        indexer = Indexer(connection, number)
        for progress in indexer.add(shipped):
            if progress.problem is not None:
                raise progress.problem
        paths = {source.path for source in shipped}
        known = connection.execute(
            "SELECT id, path FROM docs_document WHERE collection = ? AND state = 'ready' AND path LIKE ?",
            (number, _SHIPPED_PATH + "%"),
        ).fetchall()
        old = [document for document, path in known if path not in paths]
        if old:
            indexer.discard(old)

    def _collection_number(self, connection: sqlite3.Connection, name: str) -> int:
        if not name.strip() or name != name.strip() or not name.isprintable() or len(name) > 64:
            raise DocumentsError("collection_name_invalid", name=name)
        with writing(connection):
            connection.execute(
                "INSERT INTO docs_collection(name, created) VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET removed = 0",
                (name, datetime.now(UTC).isoformat(timespec="seconds")),
            )
            row = connection.execute("SELECT id FROM docs_collection WHERE name = ?", (name,)).fetchone()
        return int(row[0])
