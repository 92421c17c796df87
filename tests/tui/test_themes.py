"""The themes of Textual in genchat's terms, the dialog that chooses one, and the setting that keeps it."""

import pytest
from textual.color import Color

from genchat.engine.errors import UsageError
from genchat.tui.app import theme_for
from genchat.tui.colours import DARK, contrast, theme_called, theme_names, theme_styles
from genchat.tui.screens.themes import ThemesScreen
from tests.tui.support import dialog, make_app, say, text_of, until


@pytest.mark.parametrize("name", theme_names()[2:])
def test_writing_can_be_read_in_every_theme(name: str) -> None:
    colours = {key.removeprefix("genchat-"): value for key, value in theme_called(name).variables.items()}
    for kind in ("text", "muted", "warning", "error", "family-gpt", "family-gemini"):
        for ground in ("paper", "sheet"):
            assert contrast(Color.parse(colours[kind]), Color.parse(colours[ground])) >= 4.4, (kind, ground)
    for level in range(1, 5):
        assert contrast(Color.parse(colours["text"]), Color.parse(colours[f"heat-{level}"])) >= 4.4


@pytest.mark.parametrize("name", theme_names())
def test_the_styles_of_a_theme_are_its_own(name: str) -> None:
    theme = theme_called(name)
    assert theme_styles(theme, "sheet").background == theme.variables["genchat-sheet"]
    assert theme.name == name


async def test_a_theme_is_shown_while_it_is_highlighted_and_kept_with_enter() -> None:
    kept: list[tuple[str, str]] = []
    app = make_app()
    app._keep_setting = lambda name, value: kept.append((name, value))
    other = theme_names()[2]
    async with app.run_test(size=(100, 30)) as pilot:
        await say(pilot, "oi")
        for leave, theme in (("escape", DARK), ("enter", other)):
            app.action_choose_theme()
            await dialog(pilot, ThemesScreen)
            await pilot.press("down", "down")
            await until(pilot, lambda: app.theme == other)
            assert other in text_of(app)
            await pilot.press(leave)
            await until(pilot, lambda: not isinstance(app.screen, ThemesScreen))
            assert app.theme == theme
    assert kept == [("theme", other)]


def test_a_theme_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(UsageError, match="nord"):
        theme_for("nordic")
