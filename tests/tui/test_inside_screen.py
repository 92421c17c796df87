"""The view of a model's inside, by keys: opened at a token, walked, explained, left."""

from dataclasses import replace

import pytest
from textual.pilot import Pilot

from genchat.engine.contract import Backend, ReplySettings
from genchat.engine.evidence import Evidence
from genchat.engine.language import say as text_for
from genchat.engine.language import use_language
from genchat.engine.local_backend import LocalBackend
from genchat.engine.ngram.training import build_ngram
from genchat.engine.sampling import SamplingSettings
from genchat.tui.app import GenchatApp
from genchat.tui.palette import commands_of
from genchat.tui.screens.help import HelpScreen
from genchat.tui.screens.inside import InsideScreen
from genchat.tui.widgets.inside.picture import TintedText
from tests.engine.gpt import tiny
from tests.engine.lstm import models as lstm_models
from tests.engine.ngram.texts import DIALOGUES, POEM
from tests.tui.support import Source, chat, make_app, say, text_of, until

SHORT = ReplySettings(SamplingSettings(seed=4), 24)
SIZES = [(80, 24), (120, 36), (200, 50)]


def gpt() -> Backend:
    return LocalBackend(tiny.model(replace(tiny.HOME, context_length=256)))


def lstm() -> Backend:
    return LocalBackend(lstm_models.model())


def ngram() -> Backend:
    return LocalBackend(build_ngram([POEM, DIALOGUES], "both", order=4, min_count=1))


MODELS = {"tiny": gpt, "letters": lstm, "both": ngram}


async def opened(pilot: Pilot[int], prompt: str = "Bom dia, barco! abc") -> InsideScreen:
    """A reply, its last token opened, and the view of it with its pages."""
    app = pilot.app
    assert isinstance(app, GenchatApp)
    await until(pilot, lambda: chat(app).session.backend is not None)
    await say(pilot, prompt)
    await pilot.press("f4", "left", "i")
    await until(pilot, lambda: isinstance(app.screen, InsideScreen))
    screen = app.screen
    assert isinstance(screen, InsideScreen)
    await until(pilot, lambda: screen.page is not None)
    await pilot.pause()
    return screen


def app_of(name: str, *, dark: bool = True) -> GenchatApp:
    return make_app(Source(dict(MODELS)), settings=SHORT, model=name, dark=dark)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", MODELS)
async def test_every_page_fits_and_the_way_back_is_open(name: str, size: tuple[int, int]) -> None:
    app = app_of(name, dark=size[0] != 120)
    async with app.run_test(size=size) as pilot:
        screen = await opened(pilot)
        titles = set()
        for _ in range(len(screen._pages)):
            page = screen.page
            assert page is not None
            titles.add(page.title)
            shown = text_of(app)
            assert f"[{page.title}]" in shown
            assert page.note()[:30] in shown
            assert text_for("tui.key.inside_back") in shown
            await pilot.press("up", "left", "tab")
        assert len(titles) == len(screen._pages) > 1
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is chat(app))


async def test_a_head_opens_and_escape_leads_one_step_back() -> None:
    app = app_of("tiny")
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        await pilot.press("enter")
        before = text_of(app)
        await pilot.press("left")
        assert text_of(app) != before
        await pilot.press("escape")
        assert app.screen is screen
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is chat(app))


async def test_a_click_on_the_text_moves_the_cursor_there() -> None:
    app = app_of("letters")
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        await pilot.click(TintedText, offset=(3, 1))
        page = screen.page
        assert page is not None
        await until(pilot, lambda: page.position == 0)


async def test_units_can_be_sorted_by_key_and_heads_cannot() -> None:
    app = app_of("letters")
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot)
        assert text_for("inside.unit_sorted") in text_of(app)
        await pilot.press("s")
        assert text_for("inside.unit_sorted") not in text_of(app)
    app = app_of("tiny")
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        assert not screen.check_action("sort", ())


@pytest.mark.parametrize("language", ["en", "pt-br"])
@pytest.mark.parametrize("name", MODELS)
async def test_help_explains_the_page_that_is_shown(name: str, language: str) -> None:
    use_language(language)
    app = app_of(name)
    async with app.run_test(size=(120, 50)) as pilot:
        screen = await opened(pilot)
        page = screen.page
        assert page is not None
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen) and app.screen.query(".error"))
        await pilot.pause()
        assert text_for(page.EXPLANATION)[:40] in text_of(app)


@pytest.mark.parametrize(
    ("name", "key"), [("tiny", "inside.why_gpt"), ("letters", "inside.why_lstm"), ("both", "tui.help.why")]
)
async def test_help_on_the_chat_explains_the_why_of_the_model_in_use(name: str, key: str) -> None:
    app = app_of(name)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: chat(app).session.backend is not None)
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        assert isinstance(app.screen, HelpScreen)
        explanations = app.screen._explanations
        assert text_for(key) in explanations
        others = {"inside.why_gpt", "inside.why_lstm", "tui.help.why"} - {key}
        assert not any(text_for(other) in explanations for other in others)


async def test_a_model_that_shows_nothing_says_so() -> None:
    app = make_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: chat(app).session.backend is not None)
        await say(pilot, "oi")
        await pilot.press("f4", "left", "i")
        await until(pilot, lambda: text_for("inside.nothing") in text_of(app))
        await pilot.press("tab", "left", "enter", "s", "escape")
        await until(pilot, lambda: app.screen is chat(app))


class Broken(LocalBackend):
    """Fails when looked into."""

    def explain(self, messages: object, reply_tokens: object) -> Evidence | None:
        return None

    def look_inside(self, messages: object, reply_tokens: object, chosen: object) -> None:
        raise RuntimeError("the weights [bold]melted[/]")


async def test_a_model_that_fails_is_reported_as_text() -> None:
    app = make_app(
        Source({"script": lambda: Broken(tiny.model(replace(tiny.HOME, context_length=256)))}), settings=SHORT
    )
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: chat(app).session.backend is not None)
        await say(pilot, "abc")
        await pilot.press("f4", "i")
        await until(pilot, lambda: "the weights [bold]melted[/]" in text_of(app))


async def test_the_key_writes_a_letter_in_the_prompt_and_the_palette_offers_the_view() -> None:
    app = app_of("tiny")
    async with app.run_test(size=(120, 36)) as pilot:
        screen = chat(app)
        await until(pilot, lambda: screen.session.backend is not None)
        assert not screen.check_action("inside", ())
        await say(pilot, "abc")
        await pilot.press("i")
        assert screen.prompt.text == "i"
        await pilot.press("f4")
        assert text_for("tui.command.inside") in [command.name for command in commands_of(screen)]


async def test_the_model_is_asked_once() -> None:
    app = app_of("tiny")
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        asked: list[object] = []
        screen._ask = lambda: asked.append(1)  # type: ignore[method-assign]
        await pilot.press("tab", "up", "left", "tab", "enter", "escape")
        await pilot.resize_terminal(90, 30)
        await pilot.pause()
        assert asked == []
