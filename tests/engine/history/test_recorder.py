"""Checkpoints by the clock, never waiting, never raising; keys never written; a full disk said and survived."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from genchat.engine.contract import Step
from genchat.engine.distribution import NoDistribution
from genchat.engine.errors import HistoryError
from genchat.engine.history import HistoryStore, NullHistory
from genchat.engine.history.protocol import ReplyRecorder
from genchat.engine.history.stored_text import redact_pieces
from genchat.engine.redaction import MARK
from tests.engine.history.makers import GOOGLE_KEY, Clock, answer, ask, bytes_on_disk, events, run, words


def settle(store: HistoryStore) -> None:
    """Wait until what is queued is written."""
    store._connections.write(lambda connection: None)


def test_checkpoints_follow_the_clock(store: HistoryStore, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store._connections, "later", lambda seconds, call: None)
    recorder = store.begin_reply(ask(store), run())
    seen = []
    for step in words("um dois três quatro cinco seis"):
        clock.seconds += 0.2
        recorder.add(step)
        settle(store)
        seen.append(store.message(recorder.message.id).text)
    assert seen == ["", "", "um dois três", "um dois três", "um dois três", "um dois três quatro cinco seis"]
    assert store.message(recorder.message.id).status == "streaming"


def test_what_came_before_a_silence_is_written_though_nothing_comes_after_it(store: HistoryStore) -> None:
    recorder = store.begin_reply(ask(store), run())
    written = threading.Event()
    later = store._connections.later

    def at_once(seconds: float, call: Callable[[], None]) -> None:
        later(0.0, call)
        later(0.0, written.set)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store._connections, "later", at_once)
        for step in words("um dois três"):
            recorder.add(step)
    assert written.wait(10)
    settle(store)
    assert store.message(recorder.message.id).text.startswith("um")
    recorder.finish()


def test_what_is_to_be_done_later_is_done_in_its_order_between_other_work(store: HistoryStore) -> None:
    done: list[str] = []
    over = threading.Event()
    store._connections.later(0.03, over.set)
    store._connections.later(0.02, lambda: done.append("second"))
    store._connections.later(0.01, lambda: done.append("first"))
    settle(store)
    assert over.wait(10)
    assert done == ["first", "second"]


def test_text_and_trace_of_a_checkpoint_fit_together(store: HistoryStore) -> None:
    recorder = store.begin_reply(ask(store), run())
    for event in events(40):
        recorder.add(event)
        recorder.checkpoint()
        settle(store)
        message = store.message(recorder.message.id)
        trace = store.trace(message.id)
        assert trace is not None
        assert message.text.startswith("".join(step.text for step in trace))
    assert recorder.problem is None


def test_a_checkpoint_does_not_wait_for_the_disk(store: HistoryStore) -> None:
    """With the writer held up, checkpoints return, and the ones that would pile up are left out."""
    recorder = store.begin_reply(ask(store), run())
    held, release = threading.Event(), threading.Event()

    def hold(connection: sqlite3.Connection) -> None:
        held.set()
        release.wait()

    store._connections.submit(hold, transaction=False)
    held.wait()
    for step in words("a b c d e f"):
        recorder.add(step)
        recorder.checkpoint()
    queued = store._connections._jobs.qsize()
    release.set()
    assert queued == 2  # one checkpoint, and the one that comes by time
    assert recorder.finish("done").text == "a b c d e f"


def test_a_pasted_key_is_nowhere_in_the_file(path: Path) -> None:
    literal = "only-this-process-knows-it"
    with HistoryStore.open(path, secrets=lambda: [literal]) as store:
        question = ask(store, f"my key is {GOOGLE_KEY}, and {literal}.")
        assert question.text == f"my key is {MARK}, and {MARK}."
        assert GOOGLE_KEY not in store.conversation(question.conversation).title
        store.rename(question.conversation, GOOGLE_KEY)
        recorder = store.begin_reply(question, run())
        for step in words(f"you said {GOOGLE_KEY} and {literal} to me"):
            recorder.add(step)
            recorder.checkpoint()
            settle(store)
        message = recorder.finish("error", f"400 for https://host/?key={GOOGLE_KEY} {literal}")
        assert message.text == f"you said {MARK} and {MARK} to me"
        kept = store.run(message.id)
        assert kept is not None
        assert kept.error == f"400 for https://host/?key={MARK} {MARK}"
        exported = store.export(question.conversation, "json")
        for secret in (GOOGLE_KEY, literal):
            assert secret not in exported
            assert secret.encode() not in bytes_on_disk(path)
        assert b"AIza" not in bytes_on_disk(path)


def test_a_key_spelled_token_by_token_is_hidden_in_the_trace_too(store: HistoryStore) -> None:
    prefix, suffix = "key: ", " ok"
    recorder = store.begin_reply(ask(store), run())
    live = next(event for event in events(3) if isinstance(event, Step))
    for position, character in enumerate(prefix + GOOGLE_KEY + suffix):
        recorder.add(Step(position, ord(character), character, -1.0, live.raw, live.drawn_from, live.draw))
    message = recorder.finish("done")
    assert message.text == prefix + MARK + suffix
    trace = store.trace(message.id)
    assert trace is not None
    assert "".join(step.text for step in trace) == message.text
    inside = range(len(prefix), len(prefix) + len(GOOGLE_KEY))
    assert [trace[index].token for index in inside] == [None] * len(GOOGLE_KEY)
    for index in inside:
        assert isinstance(trace[index].raw, NoDistribution)
        assert trace[index].raw.top(5) == []
    assert [trace[index].token for index in range(len(prefix))] == [ord(character) for character in prefix]
    assert trace[-1].text == "k"
    assert trace[-1].raw.top(1)


def test_pieces_keep_step_when_a_key_ends_inside_one() -> None:
    text, lengths, hidden = redact_pieces(["see AI", "", "za" + "x" * 20, "y" * 20 + " end", "."], ())
    assert text == f"see {MARK} end."
    assert lengths == [4 + len(MARK), 0, 0, 4, 1]
    assert hidden == {0, 1, 2, 3}


def full(store: HistoryStore) -> None:
    """Let the file grow no further: what SQLite sees when the disk is full."""

    def limit(connection: sqlite3.Connection) -> None:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")

    store._connections.write(limit, transaction=False)


@pytest.fixture
def filled(store: HistoryStore) -> tuple[HistoryStore, ReplyRecorder]:
    answer(store, ask(store, "antes"))
    recorder = store.begin_reply(ask(store, "cheio"), run())
    full(store)
    return store, recorder


def test_a_full_disk_is_said_loses_nothing_and_lets_the_reply_go_on(filled: tuple[HistoryStore, ReplyRecorder]) -> None:
    store, recorder = filled
    with pytest.raises(HistoryError, match="disk is full"):
        ask(store, "x" * 200_000)
    for step in words("palavra " * 5000):
        recorder.add(step)
        if step.position % 500 == 0:
            recorder.checkpoint()
            settle(store)
    assert isinstance(recorder.problem, HistoryError)
    assert recorder.problem.key == "history_disk_full"
    with pytest.raises(HistoryError, match="disk is full"):
        recorder.finish("done")
    assert [hit.excerpt for hit in store.search("antes")] == ["antes"]
    assert store.check().sound
    # Room again: what was collected is still there.
    store._connections.write(lambda connection: connection.execute("PRAGMA max_page_count = 100000"), transaction=False)
    assert len(recorder.finish("done").text) == len("palavra " * 5000)
    assert recorder.problem is None
    assert store.check().sound


@pytest.mark.parametrize("room", [0, 1, 2, 4, 8, 16])
def test_the_disk_may_be_full_at_any_point_of_a_first_start(path: Path, room: int) -> None:
    """Every number of pages, until it is enough: either a sound file or none that is half made."""
    with HistoryStore.open(path) as store:

        def limit(connection: sqlite3.Connection) -> None:
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            connection.execute(f"PRAGMA max_page_count = {pages + room}")

        store._connections.write(limit, transaction=False)
        kept = 0

        def talk() -> None:
            nonlocal kept
            while True:
                answer(store, ask(store, f"pergunta {kept} " + "x" * 500))
                kept += 1

        with pytest.raises(HistoryError, match="disk is full"):
            talk()
    with HistoryStore.open(path) as store:
        assert store.check().sound
        assert store.check().messages in (2 * kept, 2 * kept + 1)
        assert {message.status for listed in store.conversations() for message in store.tree(listed.id)} <= {
            "done",
            "interrupted",
        }


def test_a_chat_goes_on_without_a_file() -> None:
    with NullHistory() as history:
        question = ask(history)
        recorder = history.begin_reply(question, run())
        for event in events(10):
            recorder.add(event)
        message = recorder.finish()
        assert history.trace(message.id) is not None
        assert history.search("tudo")
        assert history.path is None
        assert history.copies() == ()
