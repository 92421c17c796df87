"""Whole screens as pictures. After a wanted change: pytest tests/tui/test_snapshots.py --snapshot-update."""

from datetime import UTC, datetime
from typing import Any

import pytest
from textual.pilot import Pilot

from genchat.engine.contract import ReplySettings
from genchat.engine.history import NullHistory
from genchat.engine.language import use_language
from genchat.engine.local_backend import LocalBackend
from genchat.engine.sampling import SamplingSettings
from genchat.tui.app import GenchatApp
from genchat.tui.chat.reply_stream import ReplyStream
from tests.fakes import HashModel
from tests.tui.support import Source, chat, make_app, say, script

_SAMPLED = ReplySettings(SamplingSettings(seed=11, temperature=1.6, top_k=6), 60)
_TEXT = "Para o café da manhã, ovos com aveia e uma fruta. Se preferir algo mais leve, iogurte com mel."


@pytest.fixture(autouse=True)
def _same_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No speeds, no blinking."""
    monkeypatch.setattr(ReplyStream, "_speed", lambda stream: None)
    monkeypatch.setattr("textual.widgets._text_area.TextArea.cursor_blink", False)


def _app(*, dark: bool = True, settings: ReplySettings = _SAMPLED) -> GenchatApp:
    history = NullHistory(now=lambda: datetime(2020, 5, 17, 12, tzinfo=UTC))
    return make_app(Source({"script": script(_TEXT)}), history=history, settings=settings, dark=dark)


async def _talk(pilot: Pilot[int]) -> None:
    await say(pilot, "O que você sugere para o café da manhã?")
    await pilot.press("f4", "left", "left", "left")
    await pilot.pause(0.2)


@pytest.mark.parametrize(("size", "dark"), [((120, 36), True), ((80, 24), False), ((60, 20), True), ((200, 50), False)])
def test_chat(snap_compare: Any, size: tuple[int, int], dark: bool) -> None:
    assert snap_compare(_app(dark=dark), run_before=_talk, terminal_size=size)


def test_a_new_conversation_in_portuguese(snap_compare: Any) -> None:
    use_language("pt-br")
    assert snap_compare(_app(), terminal_size=(120, 36))


def test_surprise_colours(snap_compare: Any) -> None:
    async def colour(pilot: Pilot[int]) -> None:
        await _talk(pilot)
        await pilot.press("f6", "f5")
        app = pilot.app
        assert isinstance(app, GenchatApp)
        while chat(app).session.live is not None:
            await pilot.pause(0.01)
        await pilot.pause(0.2)

    assert snap_compare(_app(), run_before=colour, terminal_size=(120, 36))


def test_sampling_dialog(snap_compare: Any) -> None:
    assert snap_compare(_app(), press=["f3"], terminal_size=(80, 24))


def test_help(snap_compare: Any) -> None:
    assert snap_compare(_app(), press=["f1"], terminal_size=(100, 40))


def test_sampling_bench(snap_compare: Any) -> None:
    """A model with open choices, one setting changed, and the number of the draw on its ruler."""

    async def change(pilot: Pilot[int]) -> None:
        await say(pilot, "Bom dia!")
        await pilot.press("f4", "home", "right", "right", "f3")
        app = pilot.app
        assert isinstance(app, GenchatApp)
        while chat(app).bench._asking:
            await pilot.pause(0.01)
        await pilot.press("right", "right")
        await pilot.pause(0.2)

    source = Source({"script": lambda: LocalBackend(HashModel())})
    settings = ReplySettings(SamplingSettings(seed=4, temperature=0.8, top_k=20, top_p=0.95), 12)
    history = NullHistory(now=lambda: datetime(2020, 5, 17, 12, tzinfo=UTC))
    app = make_app(source, history=history, settings=settings)
    assert snap_compare(app, run_before=change, terminal_size=(120, 36))
