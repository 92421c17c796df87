"""Who answers from the documents, by the settings, the key and what is installed."""

import json
from pathlib import Path

import pytest

from genchat.engine.answering.extractive import ExtractiveBackend
from genchat.engine.answering.opening import AUTO, NONE, chosen_model, open_embedder, open_library
from genchat.engine.answering.rag_backend import RagBackend
from genchat.engine.contract import Passages, ReplySettings
from genchat.engine.conversation import Message, Role
from genchat.engine.errors import DocumentsError, SettingsError
from genchat.engine.paths import paths
from genchat.engine.registry import Registry
from genchat.engine.settings import DocumentsChoices, Settings

KEY = "AIzaSy" + "x" * 33


def settings(**choices: object) -> Settings:
    return Settings(documents=DocumentsChoices(**choices))  # type: ignore[arg-type]


def registry(chosen: Settings) -> Registry:
    return Registry(paths(), chosen)


def imported_model(name: str) -> None:
    folder = paths().models / name
    folder.mkdir(parents=True)
    card = {
        "name": name,
        "family": "gpt",
        "created": "2026-01-01T00:00:00Z",
        "command": "genchat import /x",
        "chat": True,
        "format": 1,
    }
    (folder / "card.json").write_text(json.dumps(card))


def test_without_key_and_model_the_documents_are_quoted() -> None:
    chosen = settings()
    assert chosen_model(registry(chosen), chosen, paths()) is None
    backend = registry(chosen).open("documents")
    assert isinstance(backend, ExtractiveBackend)
    events = list(backend.reply([Message(Role.USER, "Posso treinar em jejum?")], ReplySettings()))
    assert isinstance(events[0], Passages)


def test_with_a_key_gemini_answers_unless_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    chosen = settings()
    assert chosen_model(registry(chosen), chosen, paths()) == "gemini"
    backend = registry(chosen).open("documents")
    assert isinstance(backend, RagBackend)
    assert backend.capabilities.remote
    offline = Settings(offline=True)
    assert chosen_model(registry(offline), offline, paths()) is None


def test_an_imported_chat_model_comes_before_quotations() -> None:
    imported_model("smol")
    chosen = settings()
    assert chosen_model(registry(chosen), chosen, paths()) == "smol"
    only_quotations = settings(model=NONE)
    assert chosen_model(registry(only_quotations), only_quotations, paths()) is None


def test_the_model_of_the_settings_answers() -> None:
    chosen = settings(model="ngram")
    assert chosen_model(registry(chosen), chosen, paths()) == "ngram"
    for name in ("documents", "documents+docs"):
        asking_itself = settings(model=name)
        with pytest.raises(SettingsError):
            chosen_model(registry(asking_itself), asking_itself, paths())


def test_any_model_answers_from_the_documents_by_its_name_with_docs() -> None:
    backend = registry(settings()).open("gemini+docs")
    assert isinstance(backend, RagBackend)
    assert backend.info.name.endswith("+docs")
    assert backend.without_documents.info.family == "gemini"


def test_the_default_is_to_choose_and_to_look_everywhere() -> None:
    assert Settings().documents == DocumentsChoices(AUTO, "none", "", 5)


def test_embedders_by_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    assert open_embedder(settings(), paths()) is None
    remote = open_embedder(settings(embedder="gemini"), paths())
    assert remote is not None
    assert remote.remote
    assert open_embedder(Settings(offline=True, documents=DocumentsChoices(embedder="gemini")), paths()) is None


def test_the_documents_stand_in_the_history_file() -> None:
    with open_library(paths()) as library:
        assert library.path == paths().history
        assert library.collection("fitness").documents == 14


def test_a_file_that_is_no_database_is_told() -> None:
    file = Path(paths().history)
    file.parent.mkdir(parents=True)
    file.write_bytes(b"nonsense" * 1000)
    with pytest.raises(DocumentsError):
        open_library(paths())
