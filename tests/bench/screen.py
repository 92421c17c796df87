"""The screen in a real pseudo-terminal: from a key to its letter on the terminal, from the command to the first frame.

Keys are pressed while a reply streams at 500 tokens a second with the panel open, and while it streams unbridled. The
letters typed are Greek and Cyrillic and the reply is neither, so that the bytes a key caused can be told from the rest.
The first frame is compared with that of a Textual app that shows one line.
"""

import fcntl
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator, Sequence

from genchat.engine.contract import Event, ReplySettings, StopSignal
from genchat.engine.conversation import Message
from genchat.engine.history import NullHistory
from genchat.engine.local_backend import LocalBackend
from genchat.engine.sampling import SamplingSettings
from genchat.tui.app import GenchatApp
from genchat.tui.departure import Departure
from tests.bench import Row
from tests.fakes import ScriptModel
from tests.tui.support import Source

KEYS = 200
STARTS = 7
SIZE = (36, 120)
_TEXT = "a reply of many short words that goes on for as long as anyone cares to look at it. " * 800
_BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("write here")
Bare().run()
"""


class Metronome(LocalBackend):
    """Gives its tokens at a fixed rate, by the clock; a rate of 0 is as fast as it can."""

    def __init__(self, rate: float) -> None:
        super().__init__(ScriptModel(_TEXT))
        self._rate = rate

    def reply(
        self, messages: Sequence[Message], settings: ReplySettings, should_stop: StopSignal | None = None
    ) -> Iterator[Event]:
        began = time.monotonic()
        for count, event in enumerate(super().reply(messages, settings, should_stop)):
            if self._rate:
                time.sleep(max(began + count / self._rate - time.monotonic(), 0))
            yield event


class Terminal:
    """A child in a pty, read by the byte."""

    def __init__(self, command: Sequence[str], home: str) -> None:
        self.began = time.perf_counter()
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "GENCHAT_HOME": home}
        environment |= {"GENCHAT_LANGUAGE": "en", "GENCHAT_PLUGINS": "none"}
        # Compiled modules are kept, as they are for a person who starts genchat twice, but beside the measurement.
        environment |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": f"{home}/compiled"}
        self._child = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)
        self._seen = b""

    def until(self, wanted: bytes, seconds: float = 60.0) -> float:
        """Read until `wanted` has come; returns the time at which it had."""
        deadline = time.perf_counter() + seconds
        while wanted not in self._seen:
            if time.perf_counter() > deadline:
                raise TimeoutError(repr(wanted))
            if select.select([self._master], [], [], 0.05)[0]:
                self._seen = self._seen[-64:] + os.read(self._master, 65536)
        return time.perf_counter()

    def press(self, keys: str) -> float:
        """Type; returns when."""
        self._seen = b""
        now = time.perf_counter()
        os.write(self._master, keys.encode())
        return now

    def close(self) -> None:
        """End the child."""
        self._child.kill()
        self._child.wait()
        os.close(self._master)


def key_latencies(rate: float, keys: int = KEYS) -> list[float]:
    """Seconds from a key to its letter on the terminal, while a reply streams at `rate` (0: unbridled, <0: none)."""
    with tempfile.TemporaryDirectory() as home:
        terminal = Terminal([sys.executable, "-m", "tests.bench.screen", str(max(rate, 0))], home)
        try:
            terminal.until(b"rite here")
            time.sleep(1)  # what else begins at the start is no part of this
            if rate >= 0:
                terminal.press("go\r")
                terminal.until(b"streaming")
            found = []
            for number in range(keys):
                letter = chr((0x3B1, 0x430)[number // 24 % 2] + number % 24)
                pressed = terminal.press(letter)
                found.append(terminal.until(letter.encode()) - pressed)
                if number % 24 == 23:
                    terminal.press("\x15")  # empties the line; the next one is in the other alphabet
                time.sleep(0.013)  # keys come at no fixed phase of the painting
            return found
        finally:
            terminal.close()


def first_frame(command: Sequence[str], home: str) -> float:
    """Seconds from starting the process until the prompt stands on the terminal."""
    terminal = Terminal(command, home)
    try:
        return terminal.until(b"rite here") - terminal.began  # the cursor stands on the first letter
    finally:
        terminal.close()


def run() -> list[Row]:
    """Latencies and first frames."""
    rows = []
    for name, rate in (("no reply", -1.0), ("500 tokens/s", 500.0), ("unbridled", 0.0)):
        found = sorted(key_latencies(rate))
        mark = 50.0 if rate == 500.0 else None
        note = f"median {statistics.median(found) * 1e3:.1f} ms, worst {found[-1] * 1e3:.1f} ms, {len(found)} keys"
        value = found[int(0.95 * len(found))] * 1e3
        rows.append(Row(f"key to letter, p95, {name}", value, "ms", mark, "mark" if mark else "", note=note))
    with tempfile.TemporaryDirectory() as home:
        genchat = [sys.executable, "-m", "genchat"]
        plain = [sys.executable, "-c", _BARE]
        starts = [(first_frame(genchat, home), first_frame(plain, home)) for _ in range(STARTS + 1)][1:]
        ours, bare = (statistics.median(times) for times in zip(*starts, strict=True))
    rows.append(Row("first frame", ours, "s", 0.5, "mark"))
    rows.append(Row("first frame, beside a bare Textual app", ours, "s", bare, "textual"))
    return rows


def _app(rate: float) -> None:
    settings = ReplySettings(SamplingSettings(temperature=0), 60_000)
    with Departure() as departure:
        GenchatApp(Source({"script": lambda: Metronome(rate)}), NullHistory(), settings, "script").run_alone(departure)


if __name__ == "__main__":
    _app(float(sys.argv[1]) if len(sys.argv) > 1 else 500.0)
