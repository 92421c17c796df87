"""Opening a conversation of 300 and of 5,000 messages whose replies hold traces: from the key to the painted screen.

Marks: 0.3 s and 1 s. Also the bytes that a trace of the shipped chat models takes for a token; the mark is 82 for
every candidate that survived sampling, the 16 best before it, the stages, the random number and the entropies.
"""

import asyncio
import statistics
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

from genchat.engine.contract import ReplySettings, Step
from genchat.engine.conversation import Message, Role
from genchat.engine.history import HistoryStore, RunStart
from genchat.engine.history.trace_builder import TraceBuilder
from genchat.engine.paths import paths
from genchat.engine.registry import Registry
from genchat.engine.settings import load_settings
from genchat.tui.app import GenchatApp
from tests.bench import Row
from tests.bench.replies import PROMPTS
from tests.tui.support import Source, chat, script

MODELS = ("ngram", "lstm-chat", "gpt-chat")
SIZES = {300: 0.3, 5_000: 1.0}  # messages: mark in seconds
TRIES = 3


def run() -> list[Row]:
    """A minute, most of which goes into writing the conversations."""
    settings = load_settings(paths().settings)
    registry = Registry(paths(), settings)
    rows: list[Row] = []
    replies: list[list[Step]] = []
    start: RunStart | None = None
    for name in MODELS:
        backend = registry.open(name)
        asked = settings.reply_settings()
        replies = [
            [event for event in backend.reply([Message(Role.USER, prompt)], asked) if isinstance(event, Step)]
            for prompt in PROMPTS
        ]
        start = RunStart.of(backend, asked)
        size, tokens = sum(map(_size, replies)), sum(map(len, replies))
        rows.append(Row(f"trace, {name}, {tokens} tokens", size / tokens, "bytes/token", 82.0, "mark"))
    if start is not None:
        for messages, mark in SIZES.items():
            rows.append(Row(f"open {messages:,} messages", _opening(messages, replies, start), "s", mark, "mark"))
    return rows


def _size(steps: list[Step]) -> int:
    builder = TraceBuilder(ReplySettings().sampling.temperature)
    for step in steps:
        builder.add(step)
    return len(builder.encode([len(step.text) for step in steps]))


def _opening(messages: int, replies: list[list[Step]], start: RunStart) -> float:
    with tempfile.TemporaryDirectory() as folder:
        with HistoryStore.open(Path(folder) / "history.db") as history:
            conversation, parent = history.new_conversation(), None
            for number, steps in enumerate(islice(cycle(replies), messages // 2)):
                question = history.add_message(conversation, Role.USER, f"question {number}", parent)
                recorder = history.begin_reply(question, start)
                for step in steps:
                    recorder.add(step)
                parent = recorder.finish("done").id
        return statistics.median(asyncio.run(_opened(Path(folder) / "history.db")) for _ in range(TRIES))


async def _opened(path: Path) -> float:
    with HistoryStore.open(path) as history:
        app = GenchatApp(Source({"script": script("")}), history, ReplySettings(), "script")
        async with app.run_test(size=(120, 36)) as pilot:
            while chat(app).conversations.option_count < 2:
                await pilot.pause(0.01)
            chat(app).conversations.focus()
            await pilot.pause()
            begun = time.perf_counter()
            await pilot.press("enter")
            while chat(app).session.dialogue.last_reply is None:
                await asyncio.sleep(0.001)
            await pilot.pause()
            return time.perf_counter() - begun
