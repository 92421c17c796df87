"""A reply in its worker thread: condensed, woken for once, stopped within a token, every failure said."""

import threading
from pathlib import Path

import pytest

from genchat.engine.contract import ENDING_OF, Backend, Event, FinishReason, ReplySettings
from genchat.engine.conversation import Message, Role
from genchat.engine.errors import RemoteError
from genchat.engine.sampling import SamplingSettings
from genchat.tui.chat.dialogue import Status, Turn
from genchat.tui.chat.reply_stream import Batch, HistoryListener, ReplyListener, ReplyStream, Request
from tests.tui.support import GREEDY, Failing, Gated, script, store


def _stream(backend: Backend, listener: ReplyListener | None = None, pace: float = 0.0) -> ReplyStream:
    request = Request((Message(Role.USER, "hi"),), GREEDY)
    return ReplyStream(request, lambda: backend, threading.Lock(), listener, pace)


def _run(stream: ReplyStream) -> tuple[Batch, int]:
    woken: list[int] = []
    stream.run(lambda: woken.append(1), lambda: False)
    return stream.drain(), len(woken)


def test_everything_arrives_and_the_screen_is_woken_once() -> None:
    batch, woken = _run(_stream(script("olá, mundo")()))
    assert batch.text == "olá, mundo"
    assert batch.status is Status.DONE
    assert "".join(record.text for record in batch.records) == "olá, mundo"
    assert woken == 1


def test_it_is_woken_again_after_a_drain() -> None:
    stream = _stream(script("ab")())
    drained: list[Batch] = []
    stream.run(lambda: drained.append(stream.drain()), lambda: False)
    assert len(drained) > 2
    assert "".join(batch.text for batch in drained) == "ab"


def test_stop_takes_effect_within_one_token() -> None:
    backend = script("a long story without an end")()
    stream = _stream(backend)
    seen: list[str] = []

    class Stopper(ReplyListener):
        def received(self, event: Event) -> None:
            seen.append(type(event).__name__)
            if len(seen) == 3:
                stream.stop()

    stream._listener = Stopper()
    batch, _ = _run(stream)
    assert batch.status is Status.STOPPED
    assert seen == ["Step", "Step", "Step", "Finish"]
    assert batch.text == "a l"


def test_a_stop_before_the_first_token_gives_an_empty_stopped_reply() -> None:
    stream = _stream(Gated())
    stream.stop()
    batch, _ = _run(stream)
    assert (batch.status, batch.text) == (Status.STOPPED, "")


def test_a_known_error_is_said_in_its_own_words_and_the_text_is_kept() -> None:
    batch, _ = _run(_stream(Failing(RemoteError("cannot_score", backend="\x1b[2Jx"))))
    assert batch.status is Status.ERROR
    assert batch.text == "so far "
    assert "cannot score" in batch.error
    assert "\x1b" not in batch.error


def test_an_unknown_error_is_said_too() -> None:
    batch, _ = _run(_stream(Failing(ZeroDivisionError("\x1b]0;title\x07"))))
    assert batch.status is Status.ERROR
    assert "ZeroDivisionError" in batch.error
    assert "\x1b" not in batch.error


def test_the_listener_hears_everything_and_the_end_once() -> None:
    calls: list[str] = []

    class Diary(ReplyListener):
        def started(self, backend: Backend) -> None:
            calls.append(backend.info.name)

        def received(self, event: Event) -> None:
            calls.append(type(event).__name__)

        def ended(self, status: Status, error: str) -> None:
            calls.append(status.value)

    _run(_stream(script("a")(), Diary()))
    assert calls == ["script", "Step", "Step", "Finish", "done"]


def test_free_text_goes_on_from_the_text() -> None:
    request = Request((), ReplySettings(SamplingSettings(temperature=0), 3), "Era")
    stream = ReplyStream(request, script(" uma vez"), threading.Lock())
    batch, _ = _run(stream)
    assert batch.text == " um"
    assert batch.status is Status.LENGTH


def test_a_pace_does_not_hold_up_a_stop() -> None:
    stream = _stream(script("abc")(), pace=0.001)
    stream.run(stream.stop, lambda: False)
    assert stream.drain().status is Status.STOPPED


def test_the_history_keeps_the_reply_with_its_end(tmp_path: Path) -> None:
    with store(tmp_path) as history:
        conversation = history.new_conversation()
        question = history.add_message(conversation, Role.USER, "hi", None)
        turn = Turn(Role.ASSISTANT)
        _run(_stream(script("a")(), HistoryListener(history, question.id, turn, GREEDY)))
        assert turn.stored is not None
        kept = history.message(turn.stored)
        assert (kept.text, kept.status, kept.parent, turn.notes) == ("a", "done", question.id, [])


def test_a_question_that_left_the_history_meanwhile_is_a_note_beside_the_reply(tmp_path: Path) -> None:
    with store(tmp_path) as history:
        conversation = history.new_conversation()
        question = history.add_message(conversation, Role.USER, "hi", None)
        history.delete(conversation.id)
        turn = Turn(Role.ASSISTANT)
        batch, _ = _run(_stream(script("a")(), HistoryListener(history, question.id, turn, GREEDY)))
        assert (batch.text, batch.status, turn.stored, len(turn.notes)) == ("a", Status.DONE, None, 1)


@pytest.mark.parametrize(
    ("reason", "status"),
    [("end", "done"), ("stopped", "stopped"), ("length", "length"), ("blocked", "blocked"), ("cut", "cut")],
)
def test_each_reason_to_finish_is_a_status_of_the_reply(reason: FinishReason, status: str) -> None:
    assert Status.of(reason).value == status
    assert reason in ENDING_OF
