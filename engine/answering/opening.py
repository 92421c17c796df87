"""Who answers from the documents: Gemini where there is a key, else an imported model, else the documents themselves.

The rooms of retrieval and Gemini do not know each other; this is where they are put together.
"""

from genchat.engine.answering.extractive import ExtractiveBackend
from genchat.engine.answering.rag_backend import RagBackend
from genchat.engine.contract import Backend, Embedder
from genchat.engine.errors import SettingsError
from genchat.engine.keys import find_key
from genchat.engine.open_request import ModelOpener, OpenRequest
from genchat.engine.paths import Paths
from genchat.engine.retrieval.background import BackgroundEmbedding
from genchat.engine.retrieval.embedders import open_local_embedder
from genchat.engine.retrieval.library import Library
from genchat.engine.retrieval.retriever import Retriever
from genchat.engine.settings import Settings

AUTO = "auto"
NONE = "none"  # as the model of the documents: quotations only


def open_library(paths: Paths) -> Library:
    """The person's documents, the shipped collection among them. Raises DocumentsError."""
    library = Library(paths.history)
    try:
        library.ensure_shipped()
    except BaseException:
        library.close()
        raise
    return library


def open_embedder(settings: Settings, paths: Paths) -> Embedder | None:
    """The embedder of the settings; None for none, and for a remote one while offline. Raises DocumentsError."""
    if settings.documents.embedder != "gemini":
        return open_local_embedder(settings.documents.embedder)
    if settings.offline:
        return None
    from genchat.engine.gemini.embedder import open_embedder as open_gemini_embedder

    return open_gemini_embedder(settings, paths)


def open_retriever(settings: Settings, paths: Paths, *, embed: bool = True) -> Retriever:
    """As the settings say; with `embed`, what has no vector yet gets one in the background. Raises DocumentsError."""
    library = open_library(paths)
    embedder = open_embedder(settings, paths)
    collection = settings.documents.collection or None
    if embedder is None or not embed:
        return Retriever(library, embedder, collection)
    background = BackgroundEmbedding(paths.history, embedder)
    background.start()
    return Retriever(library, embedder, collection, background.start)


def wrap(inner: Backend, request: OpenRequest) -> Backend:
    """`inner`, answering from the documents. Raises DocumentsError."""
    retriever = open_retriever(request.settings, request.paths)
    passages = request.settings.documents.passages
    return RagBackend(inner, retriever, passages, ExtractiveBackend(retriever, passages))


def open_model(request: OpenRequest) -> Backend:
    """The documents, answered from by the model of the settings. Raises DocumentsError, and what opening a model does.

    Models too small to follow a prompt answer only when they are named.
    """
    name = chosen_model(request.models, request.settings, request.paths)
    if name is None:
        retriever = open_retriever(request.settings, request.paths)
        return ExtractiveBackend(retriever, request.settings.documents.passages)
    return wrap(request.models.open(name, request.progress), request)


def chosen_model(models: ModelOpener, settings: Settings, paths: Paths) -> str | None:
    """The name of the model that is to answer; None for quotations."""
    wanted = settings.documents.model
    if wanted == NONE:
        return None
    if wanted != AUTO:
        if wanted.startswith("documents"):
            raise SettingsError("documents_model_itself", name=wanted)
        return wanted
    if not settings.offline and find_key("gemini", paths.keys) is not None:
        return "gemini"
    imported = [entry for entry in models.models() if entry.origin == "imported" and entry.chat and not entry.problem]
    return imported[0].name if imported else None
