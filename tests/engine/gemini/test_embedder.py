"""Vectors by Gemini: the convention of each model, batches, length 1, and answers that do not fit."""

from collections.abc import Callable

import numpy as np
import pytest

from genchat.engine.contract import Embedder
from genchat.engine.gemini.connection import Connection
from genchat.engine.gemini.embedder import BATCH, GeminiEmbedder
from genchat.engine.gemini.errors import GeminiError
from tests.gemini_server import GeminiServer
from tests.gemini_server.server import Logged

Connect = Callable[..., Connection]


def texts_in(logged: Logged) -> list[str]:
    return [request["content"]["parts"][0]["text"] for request in logged.body["requests"]]


def test_it_is_an_embedder(connect: Connect) -> None:
    embedder: Embedder = GeminiEmbedder(connect(), "gemini-embedding-001", 128)
    assert (embedder.name, embedder.dimension, embedder.remote) == ("gemini-embedding-001", 128, True)
    question = embedder.embed_question("o que é um token?")
    passages = embedder.embed_passages(["um", "dois"], ["", "Números"])
    assert question.dtype == passages.dtype == np.float32
    assert (question.shape, passages.shape) == ((128,), (2, 128))
    np.testing.assert_allclose(np.linalg.norm([question, *passages], axis=1), 1, rtol=1e-6)


def test_the_first_model_is_told_by_task(connect: Connect, server: GeminiServer) -> None:
    embedder = GeminiEmbedder(connect(), "gemini-embedding-001", 128)
    embedder.embed_question("pergunta")
    embedder.embed_passages(["texto", "outro"], ["", "Título"])
    asked, given = server.requests
    assert (texts_in(asked), asked.body["requests"][0]["taskType"]) == (["pergunta"], "RETRIEVAL_QUERY")
    assert texts_in(given) == ["texto", "Título\noutro"]
    assert {request["taskType"] for request in given.body["requests"]} == {"RETRIEVAL_DOCUMENT"}


def test_the_second_model_is_told_in_the_text(connect: Connect, server: GeminiServer) -> None:
    embedder = GeminiEmbedder(connect(), "gemini-embedding-2", 128)
    embedder.embed_question("pergunta")
    embedder.embed_passages(["texto", "outro"], ["", "Título"])
    asked, given = server.requests
    assert texts_in(asked) == ["task: search result | query: pergunta"]
    assert texts_in(given) == ["title: none | text: texto", "title: Título | text: outro"]
    assert not any("taskType" in request for logged in server.requests for request in logged.body["requests"])


def test_versions_tell_the_conventions_apart(connect: Connect) -> None:
    versions = {GeminiEmbedder(connect(), f"gemini-embedding-{name}", 128).version for name in ("001", "2")}
    assert len(versions) == 2


def test_many_texts_go_in_batches_and_come_back_in_order(connect: Connect, server: GeminiServer) -> None:
    embedder = GeminiEmbedder(connect(), "gemini-embedding-2", 128)
    texts = [f"texto {number}" for number in range(2 * BATCH + 3)]
    together = embedder.embed_passages(texts, [""] * len(texts))
    assert [len(logged.body["requests"]) for logged in server.requests] == [BATCH, BATCH, 3]
    alone = embedder.embed_passages(texts[-1:], [""])
    np.testing.assert_allclose(together[-1], alone[0], rtol=1e-6)


def test_broken_text_is_still_a_text(connect: Connect, server: GeminiServer) -> None:
    GeminiEmbedder(connect(), "gemini-embedding-2", 128).embed_passages(["ol\udce1"], [""])
    assert texts_in(server.requests[-1]) == ["title: none | text: ol?"]


def test_nothing_to_embed_asks_nothing(connect: Connect, server: GeminiServer) -> None:
    assert GeminiEmbedder(connect(), "gemini-embedding-2", 128).embed_passages([], []).shape == (0, 128)
    assert server.requests == []


@pytest.mark.parametrize("model", ["embedding-that-loses-one", "embedding-of-zeros"])
def test_vectors_that_do_not_fit_are_refused(connect: Connect, model: str) -> None:
    with pytest.raises(GeminiError, match="cannot be used") as caught:
        GeminiEmbedder(connect(), model, 128).embed_passages(["um", "dois"], ["", ""])
    assert caught.value.kind == "bad_reply"


def test_a_busy_service_is_told(connect: Connect) -> None:
    with pytest.raises(GeminiError) as caught:
        GeminiEmbedder(connect(), "embedding-too-busy", 128).embed_question("oi")
    assert caught.value.kind == "quota"
