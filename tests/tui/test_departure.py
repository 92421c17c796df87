"""The screen is left by a key, a signal or a terminal that goes, while the model stalls: kept, restored, ended."""

import os
import signal
import sqlite3
import sys
import termios
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.tui.stalling_app import WORDS
from tests.tui.test_pty_escapes import PATIENCE, Terminal

pytestmark = pytest.mark.pty
WRITTEN = "".join(f"word{number} " for number in range(1, WORDS + 1))


def stored(home: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(home / "history.db")) as connection:
        return connection.execute("SELECT status, text FROM message WHERE role = 'assistant'").fetchall()


@pytest.fixture
def stalled(tmp_path: Path) -> Iterator[Terminal]:
    """A screen whose model has written fifteen words and says no more."""
    running = Terminal([sys.executable, "-m", "tests.tui.stalling_app", str(tmp_path)], tmp_path)
    running.until(lambda: "type a message" in running.shown())
    running.press("oi\r")
    running.until(lambda: f"word{WORDS}" in running.shown())
    yield running
    running.close()


def last(raw: bytes, sequence: bytes) -> int:
    return raw.rfind(b"\x1b[?" + sequence)


def assert_restored(terminal: Terminal) -> None:
    for mode in (b"1049", b"1000", b"1003"):
        assert last(terminal.raw, mode + b"l") > last(terminal.raw, mode + b"h"), mode
    assert last(terminal.raw, b"25h") > last(terminal.raw, b"25l")
    assert termios.tcgetattr(terminal.master)[3] & termios.ECHO


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130), (None, 0)]
)
def test_a_screen_that_is_left_keeps_what_was_shown_and_restores_the_terminal(
    stalled: Terminal, tmp_path: Path, number: signal.Signals | None, code: int
) -> None:
    if number is None:
        stalled.press("\x11")
    else:
        stalled.child.send_signal(number)
    assert stalled.wait() == code
    assert stored(tmp_path) == [("stopped", WRITTEN)]
    assert_restored(stalled)


def test_a_screen_whose_terminal_goes_ends_and_keeps_what_was_shown(stalled: Terminal, tmp_path: Path) -> None:
    os.close(stalled.master)
    stalled.master = os.open(os.devnull, os.O_RDONLY)
    assert stalled.child.wait(PATIENCE) == 129
    assert stored(tmp_path) == [("stopped", WRITTEN)]


def test_words_before_a_silence_outlive_a_killed_process(stalled: Terminal, tmp_path: Path) -> None:
    stalled.until(lambda: stored(tmp_path) == [("streaming", WRITTEN)])
    stalled.child.kill()
    stalled.child.wait()
    assert stored(tmp_path) == [("streaming", WRITTEN)]
