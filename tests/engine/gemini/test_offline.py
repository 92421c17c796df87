"""GENCHAT_OFFLINE=1 opens no socket."""

import socket
from pathlib import Path
from typing import Any, NoReturn

import pytest

from genchat.engine.contract import ReplySettings
from genchat.engine.conversation import Message, Role
from genchat.engine.gemini.backend import open_backend
from genchat.engine.gemini.connection import list_models, open_connection
from genchat.engine.gemini.embedder import open_embedder
from genchat.engine.gemini.errors import GeminiError
from genchat.engine.paths import paths
from genchat.engine.settings import Settings, load_settings
from tests.gemini_server import GeminiServer

TALK = (Message(Role.USER, "oi"),)


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> NoReturn:
        raise AssertionError("a socket was opened")

    for name in ("connect", "connect_ex", "sendto", "bind"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def settings_of(monkeypatch: pytest.MonkeyPatch, server: GeminiServer, offline: str) -> Settings:
    monkeypatch.setenv("GENCHAT_OFFLINE", offline)
    monkeypatch.setenv("GENCHAT_GEMINI_ADDRESS", server.url)
    monkeypatch.setenv("GEMINI_API_KEY", "a-key-of-the-tests-0123456789")
    return load_settings(Path("does-not-exist"))


def test_offline_means_that_nothing_is_asked(
    monkeypatch: pytest.MonkeyPatch, server: GeminiServer, no_sockets: None
) -> None:
    settings = settings_of(monkeypatch, server, "1")
    backend = open_backend(settings, paths())
    embedder = open_embedder(settings, paths())
    for work in (
        lambda: list(backend.reply(TALK, ReplySettings())),
        lambda: list(backend.complete("oi", ReplySettings())),
        lambda: backend.count_tokens(TALK),
        lambda: embedder.embed_question("oi"),
        lambda: embedder.embed_passages(["oi"], [""]),
        lambda: list_models(open_connection(settings, paths())),
    ):
        with pytest.raises(GeminiError, match="GENCHAT_OFFLINE") as caught:
            work()
        assert caught.value.kind == "offline"
    assert server.requests == []


def test_the_same_work_opens_sockets_when_it_may(monkeypatch: pytest.MonkeyPatch, server: GeminiServer) -> None:
    """So that the test above can fail."""
    settings = settings_of(monkeypatch, server, "0")
    list(open_backend(settings, paths()).reply(TALK, ReplySettings()))
    assert server.requests


def test_opening_a_backend_needs_neither_key_nor_network(no_sockets: None) -> None:
    backend = open_backend(Settings(), paths())
    assert backend.info.name == "gemini-flash-latest"
    assert backend.capabilities.remote
    with pytest.raises(GeminiError, match="genchat keys set gemini") as caught:
        list(backend.reply(TALK, ReplySettings()))
    assert caught.value.kind == "no_key"
