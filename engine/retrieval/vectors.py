"""Vectors of chunks: kept as float32 blobs beside the text they belong to, searched by brute force in numpy.

A vector belongs to the content of a chunk (its digest), to one embedder and to one version of it. So a document that is
indexed again is embedded only where it changed, and another model or version embeds everything anew.
"""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genchat.engine.contract import Embedder, StopSignal
from genchat.engine.distribution import FloatArray
from genchat.engine.errors import DocumentsError
from genchat.engine.retrieval.database import writing
from genchat.engine.retrieval.library import Library
from genchat.engine.retrieval.schema import change_number, count_change
from genchat.engine.retrieval.searchable import Form, shown_text

_LARGEST_BATCH = 256
_SAMPLE = 2000  # vectors that show what is usual
_FEW = 8
_READY = (
    "FROM docs_chunk c JOIN docs_document d ON d.id = c.document JOIN docs_collection k ON k.id = d.collection"
    " WHERE d.state = 'ready' AND (:collection IS NULL OR d.collection = :collection)"
    " AND NOT (:remote AND k.local_only)"
)
_HAS_VECTOR = (
    " EXISTS (SELECT 1 FROM docs_vector v INDEXED BY docs_vector_known"
    " WHERE v.digest = c.digest AND v.embedder = :embedder AND v.version = :version AND v.dimension = :dimension)"
)


@dataclass(frozen=True, slots=True)
class Embedded:
    """How many of the chunks have a vector of the embedder in use."""

    done: int
    total: int

    @property
    def complete(self) -> bool:
        """Whether all of them have one."""
        return self.done >= self.total


@dataclass(frozen=True)
class _Matrix:
    """The vectors at one state of the index: `rows` float32 [n, dimension], one for each different content.

    `chunks` int64 [m], ascending, and `places` int64 [m]: which row is theirs.
    """

    key: tuple[object, ...]
    chunks: NDArray[np.int64]
    places: NDArray[np.int64]
    rows: FloatArray


def embedded(connection: sqlite3.Connection, embedder: Embedder, collection: int | None = None) -> Embedded:
    """How far the embedding is. Collections kept local do not count for a remote embedder."""
    values = _values(embedder, collection)
    total = connection.execute(f"SELECT count(*) {_READY}", values).fetchone()[0]
    done = connection.execute(f"SELECT count(*) {_READY} AND {_HAS_VECTOR}", values).fetchone()[0]
    return Embedded(int(done), int(total))


def embed_missing(
    library: Library, embedder: Embedder, collection: int | None = None, should_stop: StopSignal | None = None
) -> Iterator[Embedded]:
    """Embed what has no vector yet, a batch at a time; each batch is kept, so stopping loses nothing.

    When all is done the vectors of other versions of this embedder go.
    Raises RemoteError, or DocumentsError where the embedder gives something other than it promised.
    """
    batch = max(1, min(embedder.batch, _LARGEST_BATCH))
    while True:
        with library.reading() as connection:
            progress = embedded(connection, embedder, collection)
            missing = _missing(connection, embedder, collection)
        yield progress
        if not missing:
            _forget_others(library, embedder)
            return
        for start in range(0, len(missing), batch):
            if should_stop is not None and should_stop():
                return
            part = missing[start : start + batch]
            _embed(library, embedder, [chunk for chunk, _ in part])
            progress = Embedded(progress.done + sum(alike for _, alike in part), progress.total)
            if start + batch < len(missing):
                yield progress


def _missing(connection: sqlite3.Connection, embedder: Embedder, collection: int | None) -> list[tuple[int, int]]:
    """A chunk of each content that has no vector yet, and how many chunks hold the same."""
    return connection.execute(
        f"SELECT min(c.id), count(*) {_READY} AND NOT {_HAS_VECTOR} GROUP BY c.digest ORDER BY min(c.id)",
        _values(embedder, collection),
    ).fetchall()


def _embed(library: Library, embedder: Embedder, chunks: list[int]) -> None:
    """Make and keep the vectors of `chunks`; those that are gone meanwhile, or now kept local, are left out."""
    with library.reading() as connection:
        rows = connection.execute(
            f"SELECT c.digest, c.heading, c.text, d.kind, d.columns, d.delimiter {_READY}"  # noqa: S608
            " AND c.id IN (SELECT value FROM json_each(:chunks)) ORDER BY c.id",
            _values(embedder, None) | {"chunks": json.dumps(chunks)},
        ).fetchall()
    if not rows:
        return
    texts = [shown_text(row[2], Form(row[3], tuple(json.loads(row[4])), row[5])) for row in rows]
    titles = [" › ".join(json.loads(row[1])) for row in rows]
    made = embedder.embed_passages(texts, titles)
    if made.shape != (len(rows), embedder.dimension) or not np.isfinite(made).all():
        raise DocumentsError("embedder_failed", name=embedder.name, reason=f"shape {made.shape}")
    with library.changing() as connection, writing(connection):
        connection.executemany(
            "INSERT OR REPLACE INTO docs_vector(digest, embedder, version, dimension, data) VALUES (?, ?, ?, ?, ?)",
            [
                (row[0], embedder.name, embedder.version, embedder.dimension, vector.astype("<f4").tobytes())
                for row, vector in zip(rows, made, strict=True)
            ],
        )
        count_change(connection)


def _forget_others(library: Library, embedder: Embedder) -> None:
    """Delete the vectors of other versions of this embedder."""
    with library.changing() as connection, writing(connection):
        deleted = connection.execute(
            "DELETE FROM docs_vector WHERE embedder = ? AND version <> ?", (embedder.name, embedder.version)
        ).rowcount
        if deleted:
            count_change(connection)


class VectorSearch:
    """Nearest chunks by dot product; the vectors are read once and again when the index has changed."""

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder
        self._matrix: _Matrix | None = None

    def nearest(
        self, connection: sqlite3.Connection, vector: FloatArray, collection: int | None, limit: int
    ) -> dict[int, float]:
        """Chunk -> cosine of the `limit` nearest."""
        matrix = self._current(connection, collection)
        if not len(matrix.chunks):
            return {}
        cosines = (matrix.rows @ vector)[matrix.places]
        count = min(limit, len(cosines))
        best = np.argpartition(-cosines, count - 1)[:count]
        return {int(matrix.chunks[place]): float(cosines[place]) for place in best}

    def usual(self, connection: sqlite3.Connection, vector: FloatArray, collection: int | None) -> float:
        """The cosine that a question has with passages about other things: that of the middle one; 1 without any."""
        matrix = self._current(connection, collection)
        step = max(1, len(matrix.rows) // _SAMPLE)
        cosines = matrix.rows[::step] @ vector
        if not len(cosines):
            return 1.0
        return float(np.median(cosines) if len(cosines) >= _FEW else cosines.min())

    def cosines(
        self, connection: sqlite3.Connection, vector: FloatArray, collection: int | None, chunks: list[int]
    ) -> dict[int, float]:
        """Chunk -> cosine, for those of `chunks` that have a vector."""
        matrix = self._current(connection, collection)
        if not len(matrix.chunks):
            return {}
        found = np.minimum(np.searchsorted(matrix.chunks, chunks), len(matrix.chunks) - 1).tolist()
        known = [(chunk, place) for chunk, place in zip(chunks, found, strict=True) if matrix.chunks[place] == chunk]
        return {chunk: float(matrix.rows[matrix.places[place]] @ vector) for chunk, place in known}

    def _current(self, connection: sqlite3.Connection, collection: int | None) -> _Matrix:
        key = (change_number(connection), collection)
        if self._matrix is None or self._matrix.key != key:
            self._matrix = self._read(connection, collection, key)
        return self._matrix

    def _read(self, connection: sqlite3.Connection, collection: int | None, key: tuple[object, ...]) -> _Matrix:
        values = _values(self.embedder, collection)
        dimension = self.embedder.dimension
        found = f"SELECT c.id, c.digest {_READY} AND {_HAS_VECTOR} ORDER BY c.id"
        wanted = connection.execute(found, values).fetchall()
        numbers = {digest: number for number, digest in enumerate(dict.fromkeys(digest for _, digest in wanted))}
        rows = np.zeros((len(numbers), dimension), dtype=np.float32)
        # In the order in which the file holds them: looked up one by one they take ten times as long.
        kept = connection.execute(
            "SELECT digest, data FROM docs_vector"
            " WHERE embedder = :embedder AND version = :version AND dimension = :dimension",
            values,
        )
        for digest, data in kept:
            number = numbers.get(digest)
            if number is not None and len(data) == 4 * dimension:
                rows[number] = np.frombuffer(data, dtype="<f4")
        chunks = np.array([chunk for chunk, _ in wanted], dtype=np.int64)
        return _Matrix(key, chunks, np.array([numbers[digest] for _, digest in wanted], dtype=np.int64), rows)


def _values(embedder: Embedder, collection: int | None) -> dict[str, object]:
    return {
        "collection": collection,
        "remote": embedder.remote,
        "embedder": embedder.name,
        "version": embedder.version,
        "dimension": embedder.dimension,
    }
