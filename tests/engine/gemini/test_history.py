"""A reply of Gemini read again from the history: text, tokens with labels, notices, and no key."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from genchat.engine.contract import ReplySettings
from genchat.engine.conversation import Message, Role
from genchat.engine.gemini.backend import GeminiBackend
from genchat.engine.gemini.connection import Connection
from genchat.engine.history.records import RunStart
from genchat.engine.history.store import HistoryStore
from genchat.engine.text import decode_bytes
from tests.engine.gemini.conftest import KEY
from tests.gemini_server.answers import TEXT, TOKEN_TEXT, TOKENS

Connect = Callable[..., Connection]


@pytest.mark.parametrize("model", ["with-logprobs", "logprobs-without-ids", "gemini-flash-latest", "cut"])
def test_a_kept_reply_says_what_was_said(connect: Connect, tmp_path: Path, model: str) -> None:
    backend = GeminiBackend(connect(), model, told_folder=tmp_path, probabilities=model != "cut")
    with closing(HistoryStore.open(tmp_path / "history.db")) as history:
        question = history.add_message(history.new_conversation("chat"), Role.USER, f"oi {KEY}", None)
        recorder = history.begin_reply(question, RunStart.of(backend, ReplySettings()))
        for event in backend.reply([Message(Role.USER, "oi")], ReplySettings()):
            recorder.add(event)
        stored = recorder.finish()
        trace = history.trace(stored.id)
        run = history.run(stored.id)
    assert trace is not None
    assert run is not None
    assert "gemini.other_address" in [notice.key for notice in run.notices]
    assert "".join(step.text for step in trace) == stored.text
    assert KEY.encode() not in (tmp_path / "history.db").read_bytes()
    if model in ("with-logprobs", "logprobs-without-ids"):
        assert stored.text == TOKEN_TEXT
        assert trace.vocabulary is not None
        labels = [decode_bytes(trace.vocabulary.token_bytes(step.token or 0)) for step in trace]
        assert labels == [text for text, _, _ in TOKENS]
        assert [step.log_prob for step in trace] == [value for _, _, value in TOKENS]
    elif model == "cut":
        assert TEXT.startswith(stored.text)
        assert (stored.status, run.finish_reason) == ("error", "cut")
    else:
        assert stored.text == TEXT
