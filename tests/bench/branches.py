"""The tree of a conversation with 2,000 branches and 5,000 more messages, at 200×50: from Ctrl+G to the painted rows
and what the history tells of them, and from each key to its painted row. Every reply of the branches has its tokens.
"""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from textual.pilot import Pilot
from textual.strip import Strip

from genchat.engine.conversation import Role
from genchat.engine.history import HistoryStore, RunStart, StoredMessage
from genchat.tui.screens.tree import TreeScreen
from genchat.tui.widgets.tree_view import TreeView
from tests.bench import Row
from tests.engine.history.makers import answer, events, settings
from tests.tui.forked import hash_app, hashed
from tests.tui.support import chat, until

BRANCHES, MESSAGES, PRESSES = 2000, 5000, 60
MARK = 50.0  # ms from a key to its row


def run() -> list[Row]:
    """Half a minute, most of it to write the conversation."""
    with tempfile.TemporaryDirectory() as folder, HistoryStore.open(Path(folder) / "history.db") as history:
        grow(history)
        return asyncio.run(measure(history))


def grow(history: HistoryStore) -> None:
    """Write a question with thousands of versions of its reply, the last of which goes on for long."""
    conversation = history.new_conversation()
    question = history.add_message(conversation, Role.USER, "oi", None)
    reply: StoredMessage = question
    for number in range(BRANCHES):
        recorder = history.begin_reply(question, RunStart.of(hashed(), settings()))
        for event in events(4 + number % 24):
            recorder.add(event)
        reply = recorder.finish()
    for number in range(0, MESSAGES, 2):
        asked = history.add_message(conversation, Role.USER, f"question {number}", reply.id)
        reply = answer(history, asked, f"answer {number}")


async def measure(history: HistoryStore) -> list[Row]:
    """Open the conversation, then its tree, and walk it."""
    app = hash_app(history)
    async with app.run_test(size=(200, 50)) as pilot:
        chat(app).conversation_manager.open(str(history.conversations()[0].id))
        await until(pilot, lambda: len(chat(app).session.dialogue.path) > MESSAGES, 3000)
        await pilot.pause()
        opened, told = [], []
        for _ in range(5):
            began = time.perf_counter()
            await pilot.press("ctrl+g")
            await until(pilot, lambda: isinstance(app.screen, TreeScreen) and app.screen.view.size.height)
            opened.append(time.perf_counter() - began)
            screen = app.screen
            assert isinstance(screen, TreeScreen)
            await until(pilot, lambda view=screen.view: not view.wanted())  # type: ignore[misc]
            told.append(time.perf_counter() - began)
            await pilot.press("escape")
            await until(pilot, lambda: not isinstance(app.screen, TreeScreen))
        await pilot.press("ctrl+g")
        await until(pilot, lambda: isinstance(app.screen, TreeScreen) and app.screen.view.size.height)
        screen = app.screen
        assert isinstance(screen, TreeScreen)
        view = screen.view
        rows = [
            Row("Ctrl+G to the rows", 1e3 * statistics.median(opened), "ms", note=f"{len(view.rows):,} rows"),
            Row("Ctrl+G to what the history tells of them", 1e3 * statistics.median(told), "ms"),
        ]
        await pilot.press("home")
        for key in ("down", "pagedown", "up", "left", "right"):
            rows.append(await _pressed(pilot, key, view))
        await pilot.press("home", "down", "equals_sign")
        rows.append(await _pressed(pilot, "down", view, ", two branches compared"))
        return rows


async def _pressed(pilot: Pilot[int], key: str, view: TreeView, what: str = "") -> Row:
    taken, painted = [], 0.0
    paint = view.render_line

    def timed(y: int) -> Strip:
        nonlocal painted
        strip = paint(y)
        painted = time.perf_counter()
        return strip

    view.render_line = timed  # type: ignore[method-assign]
    for _ in range(PRESSES):
        began = time.perf_counter()
        await pilot.press(key)
        taken.append(1e3 * (painted - began))
    view.render_line = paint  # type: ignore[method-assign]
    highest = sorted(taken)[int(0.95 * len(taken))]
    return Row(f"{key}{what}", highest, "ms p95", MARK, "mark", note=f"median {statistics.median(taken):.1f} ms")
