"""What the tests of the history need: a clock that is set by hand, runs, replies of a small model."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from genchat.engine.contract import Event, ReplySettings, Step
from genchat.engine.conversation import Message, Role
from genchat.engine.distribution import unknown
from genchat.engine.history import HistoryStore, RunStart, StoredMessage
from genchat.engine.local_backend import LocalBackend
from genchat.engine.sampling import SamplingSettings
from tests.fakes import HashModel

GOOGLE_KEY = "AIza" + "Sy0123456789abcdefghijklmnopqrstuvwx"


class Clock:
    """Seconds and time of day, standing still until moved."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime(2026, 11, 21, tzinfo=UTC) + timedelta(seconds=self.seconds)


def backend() -> LocalBackend:
    return LocalBackend(HashModel())


def settings(tokens: int = 20) -> ReplySettings:
    return ReplySettings(SamplingSettings(seed=3), tokens)


def run() -> RunStart:
    return RunStart.of(backend(), settings())


def events(tokens: int = 20) -> Iterator[Event]:
    """A reply of the hash model, whose text is arbitrary bytes read as UTF-8."""
    return backend().reply([Message(Role.USER, "hi")], settings(tokens))


def words(text: str) -> Iterator[Step]:
    """The steps of a backend that shows no tokens: one a word, its space before it."""
    for index, piece in enumerate(text.split(" ")):
        nothing = unknown("history.not_recorded")
        yield Step(index, None, piece if index == 0 else " " + piece, None, nothing, nothing)


def ask(store: HistoryStore, text: str = "Olá, tudo bem?") -> StoredMessage:
    """A new conversation with its first message."""
    return store.add_message(store.new_conversation(), Role.USER, text, None)


def answer(store: HistoryStore, question: StoredMessage, text: str = "Tudo ótimo.") -> StoredMessage:
    recorder = store.begin_reply(question, run())
    for step in words(text):
        recorder.add(step)
    return recorder.finish("done")


def bytes_on_disk(path: Path) -> bytes:
    """The file and its write-ahead log."""
    log = path.with_name(path.name + "-wal")
    return path.read_bytes() + (log.read_bytes() if log.exists() else b"")
