"""What the tests of the screen share: scripted models, a running app, waiting for a condition."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen

from genchat.engine.contract import (
    Backend,
    Capabilities,
    Event,
    Finish,
    ModelInfo,
    ReplySettings,
    Step,
    StopSignal,
    Tokenizer,
)
from genchat.engine.conversation import Message
from genchat.engine.distribution import top_k, unknown
from genchat.engine.evidence import Evidence
from genchat.engine.history import HistoryStore, NullHistory
from genchat.engine.local_backend import LocalBackend
from genchat.engine.sampling import SamplingSettings
from genchat.tui.app import GenchatApp
from genchat.tui.chat.services import Progress
from genchat.tui.keymap import ChosenKeys
from genchat.tui.screens.chat import ChatScreen
from tests.fakes import HashModel, ScriptModel

GREEDY = ReplySettings(SamplingSettings(temperature=0, seed=1))


@dataclass
class Listing:
    """See tui.services.ModelListing."""

    name: str
    family: str = "gpt"
    description: str = ""
    chat: bool = True
    problem: str = ""


@dataclass
class Source:
    """Backends by name; `opened` counts how often each was opened."""

    backends: dict[str, Callable[[], Backend]]
    listings: list[Listing] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)

    def models(self) -> Sequence[Listing]:
        return self.listings or [Listing(name) for name in self.backends]

    def open(self, name: str, progress: Progress | None = None) -> Backend:
        self.opened.append(name)
        return self.backends[name]()


def script(text: str, name: str = "script") -> Callable[[], Backend]:
    """A backend that says `text` (at temperature 0)."""
    return lambda: LocalBackend(ScriptModel(text, name))


class _NoTokens:
    """Base of backends that are not local models."""

    info = ModelInfo("remote", "gemini", 0, None, 0, "")
    capabilities = Capabilities("none", can_fork=False, can_score=False, can_explain=False, remote=True)
    tokenizer: Tokenizer | None = None

    def complete(self, text: str, settings: ReplySettings, should_stop: StopSignal | None = None) -> Iterator[Event]:
        return self.reply((), settings, should_stop)

    def reply(
        self, messages: Sequence[Message], settings: ReplySettings, should_stop: StopSignal | None = None
    ) -> Iterator[Event]:
        raise NotImplementedError

    def explain(self, messages: Sequence[Message] | str, reply_tokens: Sequence[int]) -> Evidence | None:
        return None


class Gated(_NoTokens):
    """Says "word " each time `gate` is released; ends when told to stop. Tells no probabilities."""

    def __init__(self) -> None:
        self.gate = threading.Semaphore(0)
        self.asked_to_stop = 0

    def reply(
        self, messages: Sequence[Message], settings: ReplySettings, should_stop: StopSignal | None = None
    ) -> Iterator[Event]:
        position = 0
        while True:
            while not self.gate.acquire(timeout=0.01):
                if should_stop is not None and should_stop():
                    self.asked_to_stop += 1
                    yield Finish("stopped")
                    return
            nothing = unknown("tui.panel.none")
            yield Step(position, None, "word ", None, nothing, nothing)
            position += 1


class Failing(_NoTokens):
    """Says a little, then raises `error`."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def reply(
        self, messages: Sequence[Message], settings: ReplySettings, should_stop: StopSignal | None = None
    ) -> Iterator[Event]:
        nothing = unknown("tui.panel.none")
        yield Step(0, None, "so far ", None, nothing, nothing)
        raise self.error


class FewKnown(_NoTokens):
    """Tells its three likeliest tokens only."""

    capabilities = Capabilities("top-k", can_fork=False, can_score=False, can_explain=False, remote=True)
    tokenizer = HashModel.tokenizer

    def reply(
        self, messages: Sequence[Message], settings: ReplySettings, should_stop: StopSignal | None = None
    ) -> Iterator[Event]:
        known = top_k([(65, -0.7), (66, -1.6), (67, -2.3)])
        yield Step(0, 66, "B", -1.6, known, unknown("tui.panel.none"))
        yield Finish("end")


def make_app(
    source: Source | None = None,
    *,
    history: HistoryStore | None = None,
    settings: ReplySettings = GREEDY,
    model: str = "script",
    dark: bool = True,
    conversation: str | None = None,
    keys: ChosenKeys | None = None,
) -> GenchatApp:
    """An app over `source` (a script by default) and a history that keeps nothing."""
    given = source or Source({"script": script("Bom dia, mundo.")})
    kept = NullHistory() if history is None else history
    return GenchatApp(given, kept, settings, model, dark=dark, conversation=conversation, keys=keys)


def chat(app: GenchatApp) -> ChatScreen:
    """The chat screen, whatever stands above it."""
    screen = app.screen_stack[0]
    assert isinstance(screen, ChatScreen)
    return screen


async def until(pilot: Pilot[int], condition: Callable[[], object], tries: int = 500) -> None:
    """Wait until `condition` holds."""
    for _ in range(tries):
        if condition():
            return
        await pilot.pause(0.01)
    raise AssertionError("it never came true")


async def say(pilot: Pilot[int], text: str) -> None:
    """Write and send, and wait for the reply to end."""
    app = pilot.app
    assert isinstance(app, GenchatApp)
    screen = chat(app)
    before = screen.session.dialogue.last_reply
    screen.prompt.write(text)
    await pilot.press("enter")
    await until(pilot, lambda: screen.session.dialogue.last_reply is not before)
    await until(pilot, lambda: screen.session.live is None)
    await pilot.pause()


async def dialog(pilot: Pilot[int], kind: type[Screen[Any]]) -> None:
    """Wait until a dialog of this kind stands there, complete."""
    await until(pilot, lambda: isinstance(pilot.app.screen, kind) and pilot.app.screen.query(".error"))
    await pilot.pause()


def text_of(app: GenchatApp) -> str:
    """The characters on the screen, line by line."""
    width, height = app.size
    lines = app.screen._compositor.render_strips(app.size)
    return "\n".join(strip.text[:width] for strip in lines[:height])


def store(folder: Path) -> HistoryStore:
    """A history in a file."""
    return HistoryStore.open(folder / "history.db")
