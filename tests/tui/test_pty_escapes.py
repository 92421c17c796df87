"""The real app in a pseudo-terminal, attacked through everything it shows: no attack reaches the terminal."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyte
import pytest

from tests.tui.hostile_app import ATTACKS

pytestmark = pytest.mark.pty
ROWS, COLUMNS = 48, 158
PATIENCE = 60.0  # seconds until a condition counts as failed


class Terminal:
    """A child in a pty; `raw` is every byte it wrote, `shown` what a terminal makes of it."""

    def __init__(self, command: list[str], home: Path) -> None:
        self.raw = b""
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        environment = {
            **os.environ,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "GENCHAT_HOME": str(home),
            "GENCHAT_LANGUAGE": "en",
        }
        self.child = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)

    def press(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def shown(self) -> str:
        return "\n".join(self._screen.display)

    def until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, self.shown()
            if not self._read():
                assert condition(), self.shown()
                return

    def _read(self) -> bool:
        if not select.select([self.master], [], [], 0.1)[0]:
            return True
        try:
            data = os.read(self.master, 65536)
        except OSError:  # the child has closed its side
            return False
        self.raw += data
        self._stream.feed(data)
        return bool(data)

    def wait(self) -> int:
        """Read until the child has gone."""
        while self._read():
            if self.child.poll() is not None and not select.select([self.master], [], [], 0)[0]:
                break
        return self.child.wait(PATIENCE)

    def close(self) -> None:
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        os.close(self.master)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    running = Terminal([sys.executable, "-m", "tests.tui.hostile_app", str(tmp_path)], tmp_path / "home")
    yield running
    running.close()


STEPS = (  # keys, what must stand there afterwards, what must be gone
    ("oi\r", "sources by", "type a message\x00"),
    ("\x1bOQ", "Choose a model", "\x00"),  # F2: names and descriptions of models
    ("\x1b", "type a message", "Choose a model"),
    ("\x1bOS", "End newest", "\x00"),  # F4: labels of tokens, evidence
    ("\x1b[D\x1b[D\x1b[D", "token 170", "token 173"),
    ("\x1b", "Enter send", "End newest"),
    ("\x06", "Search the conversations", "\x00"),
    ("PWNED", "PWNED  ", "\x00"),  # finds hostile rows
    ("\x1b", "Enter send", "Search the conversations"),
    ("\x02", "F1 help", "today"),  # hides the list
    ("\x02", "rename", "\x00"),  # and shows it again
    ("r", "Rename the conversation", "\x00"),  # a hostile title in a field
    ("\x1b", "F1 help", "Rename the conversation"),
    ("d", "Delete the conversation?", "\x00"),
    ("n", "F1 help", "Delete the conversation?"),
    ("\x1b[B\r", "F1 help", "sources by"),  # opens the hostile conversation
    ("\x1b", "Enter send", "rename"),
    ("\x1b[18~", "PWNED", "\x00"),  # F7: a hostile message in the prompt
    ("\x1b", "Enter send", "\x00"),
    ("\x1b[200~\x9b31337m\u202eDENWP\u202c\u200b pasted\x1b[201~", "pasted", "\x00"),
    ("\x15", "type a message", "pasted"),
    ("oi\r", "cannot be read", "\x00"),  # the model fails with a hostile error
    ("\x10", "Type a command", "\x00"),  # palette with hostile names
    ("switch", "Switch", "\x00"),
    ("\x1b", "Enter send", "Switch"),
)


def test_no_attack_reaches_the_terminal(terminal: Terminal) -> None:
    terminal.until(lambda: "type a message" in terminal.shown())
    for keys, there, gone in STEPS:
        terminal.press(keys)
        terminal.until(lambda there=there, gone=gone: there in terminal.shown() and gone not in terminal.shown())  # type: ignore[misc]
        if "oi" in keys:
            assert "[@click=app.quit]hi[/]" in terminal.shown()
    terminal.press("\x11")
    assert terminal.wait() == 0
    for attack in ATTACKS:
        assert attack.encode() not in terminal.raw, attack
    for byte in ("\x9b", "\x9d", "\x90", "\u202e"):
        assert byte.encode() not in terminal.raw
