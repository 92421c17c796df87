"""Which replies count as interrupted: those of dead processes, and of no other."""

import os
import sqlite3
import subprocess
import sys
from datetime import timedelta

import pytest

from genchat.engine.history import HistoryStore
from genchat.engine.history.lease import STALE, own_identity, start_time
from genchat.engine.history.rows import stamp
from tests.engine.history.makers import Clock, ask, run, words

needs_proc = pytest.mark.skipif(start_time(os.getpid()) is None, reason="the system does not tell start times")


def leave_streaming(store: HistoryStore, host: str, pid: int, started: str, clock: Clock) -> int:
    """A half-written reply of some other process; its message."""
    recorder = store.begin_reply(ask(store), run())
    recorder.add(next(words("metade")))

    def hand_over(connection: sqlite3.Connection) -> None:
        lease = connection.execute(
            "INSERT INTO process(place, pid, started, seen) VALUES (?, ?, ?, ?) RETURNING id",
            (host, pid, started, stamp(clock.now())),
        ).fetchone()[0]
        connection.execute("UPDATE message SET process = ? WHERE id = ?", (lease, recorder.message.id))

    store._connections.write(hand_over)
    return recorder.message.id


def status_after_another_start(store: HistoryStore, message: int, clock: Clock) -> str:
    assert store.path is not None
    with HistoryStore.open(store.path, now=clock.now):
        return store.message(message).status


@needs_proc
def test_a_living_process_keeps_its_reply_however_long_it_says_nothing(store: HistoryStore, clock: Clock) -> None:
    here = own_identity()
    message = leave_streaming(store, here.host, here.pid, here.started, clock)
    clock.seconds += 10 * STALE.total_seconds()
    assert status_after_another_start(store, message, clock) == "streaming"


@needs_proc
def test_a_dead_process_leaves_its_reply_interrupted(store: HistoryStore, clock: Clock) -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    started = start_time(child.pid)
    assert started is not None
    message = leave_streaming(store, own_identity().host, child.pid, started, clock)
    assert status_after_another_start(store, message, clock) == "streaming"
    child.communicate(b"\n")
    assert status_after_another_start(store, message, clock) == "interrupted"


@needs_proc
def test_another_process_with_the_pid_of_a_dead_one_is_not_taken_for_it(store: HistoryStore, clock: Clock) -> None:
    here = own_identity()
    message = leave_streaming(store, here.host, here.pid, here.started + "0", clock)
    assert status_after_another_start(store, message, clock) == "interrupted"


@pytest.mark.parametrize(("host", "started"), [("elsewhere", "1:1"), (own_identity().host, "")])
def test_where_it_cannot_be_asked_silence_counts(store: HistoryStore, clock: Clock, host: str, started: str) -> None:
    message = leave_streaming(store, host, 1, started, clock)
    clock.seconds += STALE.total_seconds() - 1
    assert status_after_another_start(store, message, clock) == "streaming"
    clock.seconds += 2
    assert status_after_another_start(store, message, clock) == "interrupted"


def test_checkpoints_are_a_sign_of_life(store: HistoryStore, clock: Clock) -> None:
    recorder = store.begin_reply(ask(store), run())
    store._connections.write(lambda connection: connection.execute("UPDATE process SET place = 'elsewhere'"))
    for _ in range(3):
        clock.seconds += timedelta(minutes=9).total_seconds()
        recorder.add(next(words("x")))
        assert status_after_another_start(store, recorder.message.id, clock) == "streaming"
    clock.seconds += STALE.total_seconds() + 1
    assert status_after_another_start(store, recorder.message.id, clock) == "interrupted"


def test_a_reply_taken_for_dead_still_ends_as_it_should(store: HistoryStore, clock: Clock) -> None:
    recorder = store.begin_reply(ask(store), run())
    recorder.add(next(words("inteira")))
    store._connections.write(lambda connection: connection.execute("UPDATE process SET place = 'elsewhere'"))
    clock.seconds += STALE.total_seconds() + 1
    assert status_after_another_start(store, recorder.message.id, clock) == "interrupted"
    message = recorder.finish("done")
    assert (message.text, message.status) == ("inteira", "done")
    assert store.search("inteira")
    assert store.check().sound
