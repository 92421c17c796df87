"""The sampling bench on a vocabulary of 49,152 tokens: from a key to the painted panel, in a running app.

The keys walk temperature, top-k, top-p, min-p and the repetition penalty up and down, with all of them on; then the
same in the two lines of a narrow screen, and with a grammar, if llguidance is installed.
"""

import asyncio
import time
from dataclasses import replace
from typing import Any

from genchat.engine.contract import ReplySettings
from genchat.engine.history import NullHistory
from genchat.engine.local_backend import LocalBackend
from genchat.engine.sampling import SamplingSettings
from genchat.tui.app import GenchatApp
from tests.bench import Row
from tests.fakes import ByteTokenizer, HashModel
from tests.tui.support import Source, chat, say, until

TOKENS = 49_152
KEYS = 300
_MARK = 30.0  # milliseconds
_ALL_ON = SamplingSettings(temperature=0.8, top_k=40, top_p=0.95, min_p=0.02, repetition_penalty=1.1, seed=7)
_NAMES = ("temperature", "top_k", "top_p", "min_p", "repetition_penalty")


class WideTokenizer(ByteTokenizer):
    """Bytes and markers, and for every further id a text of three letters or more."""

    vocabulary_size = TOKENS

    def token_bytes(self, token: int) -> bytes:
        return ByteTokenizer.token_bytes(self, token) if token < 512 else b" w%x" % token


class WideModel(HashModel):
    """A distribution over the wide vocabulary that the last three tokens decide."""

    tokenizer = WideTokenizer()


async def _latencies(size: tuple[int, int], sampling: SamplingSettings) -> list[float]:
    """Milliseconds from a key to the repaint."""
    source = Source({"script": lambda: LocalBackend(WideModel())})
    app = GenchatApp(source, NullHistory(), ReplySettings(sampling, 12), "script")
    async with app.run_test(size=size) as pilot:
        await say(pilot, "oi")
        await pilot.press("f4", "left", "f3")
        bench = chat(app).bench
        await until(pilot, lambda: bench.is_open and not bench._asking)
        painted = asyncio.Event()
        shown = bench._show

        def show() -> None:
            shown()
            app.screen.call_after_refresh(painted.set)

        bench._show = show  # type: ignore[method-assign]
        found = []
        for number in range(KEYS):
            bench._chosen = _NAMES[number // 8 % len(_NAMES)]
            painted.clear()
            began = time.perf_counter()
            app.simulate_key("left" if number % 8 < 4 else "right")
            await painted.wait()
            found.append((time.perf_counter() - began) * 1e3)
        return found


def run() -> list[Row]:
    """Key to repaint, for both forms of the bench."""
    cases = [("panel, 120×36", (120, 36), _ALL_ON), ("two lines, 80×24", (80, 24), _ALL_ON)]
    try:
        import llguidance  # noqa: F401

        values: dict[str, Any] = {"regex": "[a-z w]+"}
        cases.append(("panel, with a grammar", (120, 36), replace(_ALL_ON, **values)))
    except ImportError:
        pass
    rows = []
    for name, size, sampling in cases:
        found = sorted(asyncio.run(_latencies(size, sampling)))
        note = f"median {found[len(found) // 2]:.1f} ms, worst {found[-1]:.1f} ms, {len(found)} keys, {TOKENS:,} tokens"
        rows.append(
            Row(f"bench key to repaint, p95, {name}", found[int(0.95 * len(found))], "ms", _MARK, "mark", note=note)
        )
    return rows
