"""Conversations with a small random model whose replies can be forked, for the tests of forks and of the tree."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from textual.pilot import Pilot

from genchat.engine.contract import ReplySettings
from genchat.engine.history import HistoryStore
from genchat.engine.local_backend import LocalBackend
from genchat.engine.sampling import SamplingSettings
from genchat.tui.app import GenchatApp
from genchat.tui.chat.dialogue import Turn
from tests.fakes import HashModel
from tests.tui.support import Source, chat, make_app, say, until

FEW = ReplySettings(SamplingSettings(temperature=0.9, seed=3), 12)


@dataclass(frozen=True)
class Talk:
    """A running program, the hand on its keys, and the first reply."""

    app: GenchatApp
    pilot: Pilot[int]
    first: Turn

    @property
    def newest(self) -> Turn:
        """The last reply that is shown."""
        reply = chat(self.app).session.dialogue.last_reply
        assert reply is not None
        return reply


def hashed() -> LocalBackend:
    return LocalBackend(HashModel())


def hash_app(history: HistoryStore | None = None) -> GenchatApp:
    return make_app(Source({"hash": hashed}), history=history, settings=FEW, model="hash")


@asynccontextmanager
async def answered(size: tuple[int, int] = (120, 40), history: HistoryStore | None = None) -> AsyncIterator[Talk]:
    """A question has been asked and its first reply is there."""
    app = hash_app(history)
    async with app.run_test(size=size) as pilot:
        await say(pilot, "oi")
        reply = chat(app).session.dialogue.last_reply
        assert reply is not None
        yield Talk(app, pilot, reply)


async def over(pilot: Pilot[int]) -> None:
    app = pilot.app
    assert isinstance(app, GenchatApp)
    await until(pilot, lambda: chat(app).session.live is None)
    await pilot.pause()


async def fork_once(pilot: Pilot[int]) -> None:
    """Take another candidate at the second token."""
    await pilot.press("f4", "home", "right", "enter", "down", "enter")
    await over(pilot)
