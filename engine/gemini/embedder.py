"""Texts to vectors by Gemini's embedding models, each with its own way of telling a question from a document.

gemini-embedding-001 takes the kind of text as a task type. gemini-embedding-2 ignores that and wants it written before
the text; told so, it finds far better. Vectors of the two cannot be compared. All vectors are brought to length 1.
"""

from collections.abc import Sequence

import numpy as np

from genchat.engine.distribution import FloatArray
from genchat.engine.gemini.client import EmbedRequest, Task
from genchat.engine.gemini.connection import Connection, open_connection
from genchat.engine.gemini.errors import GeminiError
from genchat.engine.gemini.requests import check_model_name, writable
from genchat.engine.paths import Paths
from genchat.engine.settings import Settings

BATCH = 20  # texts a request
_BY_TASK = ("gemini-embedding-001", "text-embedding-", "embedding-001")
_CONVENTION = 1  # raised when the same text would be written differently


def open_embedder(settings: Settings, paths: Paths) -> "GeminiEmbedder":
    """The embedder follows the settings; no SDK is loaded and no key asked for yet. Raises UsageError for a bad address
    or model name.
    """
    choices = settings.gemini
    return GeminiEmbedder(
        open_connection(settings, paths), check_model_name(choices.embedding_model), choices.embedding_dimension
    )


class GeminiEmbedder:
    """See engine.contract.Embedder."""

    remote = True
    batch = BATCH

    def __init__(self, connection: Connection, model: str, dimension: int) -> None:
        self._connection = connection
        self.name = model
        self.dimension = dimension
        self._by_task = model.startswith(_BY_TASK)

    @property
    def version(self) -> str:
        return f"{'task' if self._by_task else 'prefix'}-{_CONVENTION}"

    def embed_question(self, question: str) -> FloatArray:
        text = question if self._by_task else f"task: search result | query: {question}"
        vector: FloatArray = self._embed([text], "RETRIEVAL_QUERY")[0]
        return vector

    def embed_passages(self, texts: Sequence[str], titles: Sequence[str]) -> FloatArray:
        written = [self._passage(text, title) for text, title in zip(texts, titles, strict=True)]
        rows = [
            self._embed(written[start : start + BATCH], "RETRIEVAL_DOCUMENT") for start in range(0, len(written), BATCH)
        ]
        return np.concatenate(rows) if rows else np.empty((0, self.dimension), dtype=np.float32)

    def _passage(self, text: str, title: str) -> str:
        if self._by_task:
            return f"{title}\n{text}" if title else text
        return f"title: {title or 'none'} | text: {text}"

    def _embed(self, texts: Sequence[str], task: Task) -> FloatArray:
        """float32 [len(texts), dimension], rows of length 1."""
        request = EmbedRequest(self.name, tuple(map(writable, texts)), task if self._by_task else None, self.dimension)
        vectors = self._connection.client().embed(request)
        if len(vectors) != len(texts) or any(len(vector) != self.dimension for vector in vectors):
            shape = f"{len(vectors)} × {len(vectors[0]) if vectors else 0}"
            raise GeminiError("bad_reply", variant="vectors", model=self.name, found=shape, texts=len(texts))
        matrix = np.array(vectors, dtype=np.float64)
        lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
        if not np.all(np.isfinite(lengths) & (lengths > 0)):
            raise GeminiError("bad_reply", variant="vectors", model=self.name, found="0, NaN", texts=len(texts))
        rows: FloatArray = (matrix / lengths).astype(np.float32)
        return rows
