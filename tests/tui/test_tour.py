"""The tour: ten stops on the real screen, by their own keys, left and gone on with, offered once."""

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from genchat.engine.contract import Backend, ReplySettings
from genchat.engine.history import HistoryStore
from genchat.engine.language import use_language
from genchat.engine.local_backend import LocalBackend
from genchat.engine.sampling import SamplingSettings
from genchat.tui.app import GenchatApp
from genchat.tui.tour.bookmark import Bookmark
from genchat.tui.tour.stops import STOPS
from tests.fakes import HashModel
from tests.tui.support import Listing, Source, chat, store, text_of, until

SETTINGS = ReplySettings(SamplingSettings(temperature=0.5, seed=1), 30)
# What a person presses at each stop; None presses the tour's own key, which does it.
KEYS: dict[str, tuple[str, ...]] = {
    "reply": ("f4",),
    "token": ("home", "right"),
    "temperature": ("f3", "right"),
    "cut": ("down", "down", "left", "down", "left", "down", "left", "down", "left"),
    "fork": ("escape", "enter", "down", "enter"),
    "why": ("n", "p"),
    "compare": ("m", "escape"),
    "inside": ("i", "escape"),
    "train": ("ctrl+t", "escape"),
    "documents": ("ctrl+o", "escape"),
}


def app_of(history: HistoryStore, bookmark: Path | None, *, tour: bool = True) -> GenchatApp:
    backends: dict[str, Callable[[], Backend]] = {
        name: lambda name=name: LocalBackend(HashModel(name))  # type: ignore[misc]
        for name in ("script", "other")
    }
    source = Source(backends, [Listing(name, "gpt", "") for name in backends])
    return GenchatApp(source, history, SETTINGS, "script", tour=tour, bookmark=bookmark)


async def arrived(pilot: Pilot[int], app: GenchatApp, stop: int) -> None:
    guide = chat(app).tour
    await until(pilot, lambda: guide.is_on and guide._written and guide.stop == stop, 2000)
    await pilot.pause()


async def walk(pilot: Pilot[int], app: GenchatApp, stop: int) -> None:
    """Do one stop by its keys."""
    guide = chat(app).tour
    await arrived(pilot, app, stop)
    name = STOPS[stop].name
    for key in KEYS[name]:
        if guide.stop != stop or not guide.is_on:
            break
        if key == "escape" and name in ("compare", "inside", "train", "documents"):
            await until(pilot, lambda: app.screen is not chat(app))
            await pilot.pause(0.2)
        if key == "down" and name == "fork":
            await pilot.pause()
        await pilot.press(key)
        if name == "cut":
            await pilot.pause(0.2)
    await until(pilot, lambda: not guide.is_on or guide.stop == stop + 1, 2000)


@pytest.mark.parametrize(
    ("language", "size"),
    [("en", (80, 24)), ("pt-br", (120, 36)), ("en", (200, 50)), ("pt-br", (80, 24))],
)
async def test_the_whole_tour_is_walked_by_its_keys_and_leaves_no_trace(
    tmp_path: Path, language: str, size: tuple[int, int]
) -> None:
    use_language(language)
    bookmark = tmp_path / "tour.json"
    with store(tmp_path) as history:
        app = app_of(history, bookmark)
        async with app.run_test(size=size) as pilot:
            for stop in range(len(STOPS)):
                await arrived(pilot, app, stop)
                shown = " ".join(text_of(app).split())
                assert f"{stop + 1}/10" in shown
                await walk(pilot, app, stop)
            await until(pilot, lambda: not chat(app).tour.is_on)
            assert chat(app).session.settings == SETTINGS
            assert not chat(app).session.dialogue.path
        assert history.conversations() == ()
    assert Bookmark.read(bookmark).stop == 0


async def test_the_tour_does_every_stop_for_a_person_who_asks(tmp_path: Path) -> None:
    with store(tmp_path) as history:
        app = app_of(history, None)
        async with app.run_test(size=(120, 36)) as pilot:
            guide = chat(app).tour
            for stop in range(len(STOPS)):
                await arrived(pilot, app, stop)
                await pilot.press("ctrl+s")
                if STOPS[stop].name in ("compare", "inside", "train", "documents"):
                    await until(pilot, lambda: app.screen is not chat(app))
                    await pilot.pause(0.2)
                    await pilot.press("escape")
                await until(pilot, lambda stop=stop: not guide.is_on or guide.stop == stop + 1, 400)  # type: ignore[misc]
            assert not guide.is_on


async def test_it_is_left_and_gone_on_with_where_it_was(tmp_path: Path) -> None:
    bookmark = tmp_path / "tour.json"
    with store(tmp_path) as history:
        app = app_of(history, bookmark)
        async with app.run_test(size=(120, 36)) as pilot:
            await walk(pilot, app, 0)
            await walk(pilot, app, 1)
            await arrived(pilot, app, 2)
            await pilot.press("ctrl+x")
            await until(pilot, lambda: not chat(app).tour.is_on)
            assert chat(app).session.history is history
        assert Bookmark.read(bookmark) == Bookmark(2, offered=True)
        again = app_of(history, bookmark)
        async with again.run_test(size=(120, 36)) as pilot:
            await arrived(pilot, again, 2)


async def test_the_first_start_offers_it_once_and_a_message_declines(tmp_path: Path) -> None:
    bookmark = tmp_path / "tour.json"
    with store(tmp_path) as history:
        app = app_of(history, bookmark, tour=False)
        async with app.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: chat(app).tour.offering)
            await pilot.pause()
            assert "First time here?" in text_of(app)
            chat(app).prompt.write("oi")
            await pilot.press("enter")
            await until(pilot, lambda: not chat(app).tour.offering)
            await until(pilot, lambda: chat(app).session.live is None)
            assert not chat(app).tour.is_on
        second = app_of(history, bookmark, tour=False)
        async with second.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: chat(second).session.backend is not None)
            await pilot.pause(0.1)
            assert not chat(second).tour.offering


def test_a_bookmark_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    for content in ("", "[]", '{"stop": "x"}', "\x00"):
        (tmp_path / "tour.json").write_text(content)
        assert Bookmark.read(tmp_path / "tour.json") == Bookmark()
    assert Bookmark.read(tmp_path / "missing.json") == Bookmark()
