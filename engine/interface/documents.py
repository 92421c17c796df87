"""The person's documents from Python: what there is, adding to it, passages for a question, an answer that cites."""

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from genchat.engine.contract import Notice, Passage
from genchat.engine.errors import UsageError
from genchat.engine.interface.arguments import count_of, kind_of, text_of
from genchat.engine.interface.model import Model
from genchat.engine.interface.opening import home
from genchat.engine.interface.reply import Reply
from genchat.engine.interface.tables import Rows, Table
from genchat.engine.language import say
from genchat.engine.language.numbers import decimal
from genchat.engine.paths import Paths
from genchat.engine.retrieval.indexing import Progress
from genchat.engine.retrieval.library import DEFAULT, Document
from genchat.engine.retrieval.retriever import Retrieval, Retriever
from genchat.engine.settings import Settings


class DocumentList(Rows[Document]):
    """These are the documents that can be searched."""

    def _table(self) -> Table:
        columns = ("collection", "name", "kind", "passages")
        return Table(
            tuple(say(f"interface.column_{name}") for name in columns),
            [(document.collection, document.name, document.kind, str(document.chunks)) for document in self],
            right=frozenset({3}),
        )


class Added(Rows[Progress]):
    """The rows say what happened to each file: "added", "updated", "unchanged", "vanished" or "failed" with its
    `problem`.
    """

    def _table(self) -> Table:
        columns = ("name", "outcome", "passages", "problem")
        return Table(
            tuple(say(f"interface.column_{name}") for name in columns), [_outcome(progress) for progress in self]
        )


def _outcome(progress: Progress) -> tuple[str, str, str, str]:
    return (
        progress.name,
        progress.outcome,
        str(progress.chunks),
        "" if progress.problem is None else str(progress.problem),
    )


class FoundPassages(Rows[Passage]):
    """The passages that answer a question best; `retrieval` tells how they were found."""

    def __init__(self, retrieval: Retrieval) -> None:
        super().__init__(retrieval.passages)
        self.retrieval = retrieval

    @property
    def enough(self) -> bool:
        """This is false where the best passage is only the nearest miss."""
        return self.retrieval.enough

    def _notes(self) -> tuple[str, ...]:
        notices: tuple[Notice, ...] = self.retrieval.notices
        return tuple(say(notice.key, **dict(notice.values)) for notice in notices)

    def _table(self) -> Table:
        columns = ("number", "score", "source", "place", "text")
        return Table(
            tuple(say(f"interface.column_{name}") for name in columns),
            [
                (str(passage.number), decimal(passage.score), passage.source, passage.locator, passage.text)
                for passage in self
            ],
            right=frozenset({0, 1}),
            notes=self._notes(),
        )


class Documents:
    """The index of documents. Close it, or use it in a `with` block."""

    def __init__(self, retriever: Retriever, settings: Settings, where: Paths) -> None:
        self._retriever = retriever
        self._settings = settings
        self._paths = where
        self._model: Model | None = None

    def list(self, collection: str | None = None) -> DocumentList:
        """The list is all documents, or those of one collection. Raises DocumentsError for one that does not exist."""
        library = self._retriever.library
        if collection is not None:
            library.collection(text_of(collection))
        return DocumentList(library.documents(collection))

    def add(self, *paths: str | Path, collection: str | None = None) -> Added:
        """Index files and folders; only what is new or changed is read. The row of a file that failed says why."""
        named = [Path(path) for path in _all_paths(paths)]
        name = collection or self._settings.documents.collection or DEFAULT
        events = self._retriever.library.add(named, name)
        return Added(event for event in events if event.outcome != "reading")

    def search(self, question: str, limit: int = 5) -> FoundPassages:
        """The passages that answer a question best. Raises DocumentsError for an empty question."""
        return FoundPassages(self._retriever.retrieve(text_of(question), count_of("limit", limit)))

    def answer(self, question: str, *, max_tokens: int | None = None, seed: int | None = None) -> Reply:
        """The answer of the model "documents", which names its sources: by the model of the person's settings."""
        if self._model is None:
            from genchat.engine.registry import Registry

            backend = Registry(self._paths, self._settings).open("documents")
            self._model = Model(backend, self._settings.reply_settings())
        return self._model.chat(text_of(question), max_tokens=max_tokens, seed=seed)

    def close(self) -> None:
        """Let the index go. May be called twice."""
        self._retriever.library.close()
        self._model = None

    def __enter__(self) -> "Documents":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return repr(self.list())

    def _repr_html_(self) -> str:
        return self.list()._repr_html_()


def documents() -> Documents:
    """The documents that answers rest on, those that come with genchat among them. Raises DocumentsError."""
    from genchat.engine.answering.opening import open_retriever

    where, settings = home()
    return Documents(open_retriever(settings, where, embed=False), settings, where)


def _all_paths(paths: Iterable[object]) -> Iterable[str | Path]:
    for path in paths:
        if not isinstance(path, str | Path):
            raise UsageError("path_expected", found=kind_of(path))
        yield path
