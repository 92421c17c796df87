"""The sampling screen and the header: every stage has its field and hint, and only what is switched on is shown."""

from functools import partial

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from genchat.engine.contract import ReplySettings
from genchat.engine.errors import UsageError
from genchat.engine.language import say
from genchat.engine.sampling import SamplingSettings
from genchat.engine.sampling.table import stage_settings
from genchat.tui.screens.sampling import SamplingScreen, read_choices
from genchat.tui.widgets.header import Header
from tests.tui.support import chat, dialog, make_app, until

FIRST = ("temperature", "top_k", "top_p", "min_p", "repetition_penalty", "seed", "max_tokens", "pace")


async def opened(pilot: Pilot[int]) -> SamplingScreen:
    await pilot.press("f3")
    await dialog(pilot, SamplingScreen)
    screen = pilot.app.screen
    assert isinstance(screen, SamplingScreen)
    return screen


def is_shown(screen: SamplingScreen, name: str) -> bool:
    """Whether that field has the focus, stands in view, and its hint below it."""
    owner = "tui.sampling.hint" if name in ("seed", "max_tokens", "pace") else "sampling.hint"
    field, hint = screen.query_one(f"#{name}", Input), screen.query_one(".hint", Static)
    return (
        screen.focused is field
        and str(hint.content) == say(f"{owner}.{name}")
        and screen.query_one(".fields").region.contains_region(field.region)
        and screen.query_one(".dialog").region.contains_region(hint.region)
    )


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_every_field_is_reached_by_the_arrows_in_view_and_with_its_hint(size: tuple[int, int]) -> None:
    app = make_app(settings=ReplySettings())
    async with app.run_test(size=size) as pilot:
        screen = await opened(pilot)
        names = [field.id for field in screen.query(Input)]
        assert tuple(names[: len(FIRST)]) == FIRST
        assert set(names) == {*FIRST, *(setting.name for setting in stage_settings())}
        for name in names:
            assert name is not None
            await until(pilot, partial(is_shown, screen, name))
            await pilot.press("down")


async def test_what_is_typed_there_is_used_and_the_rest_stays() -> None:
    app = make_app(settings=ReplySettings(SamplingSettings(repetition_window=12, dry_breakers="x")))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        screen.query_one("#typical_p", Input).value = "0,4"
        screen.query_one("#dry_allowed_length", Input).value = "3"
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is chat(app))
        sampling = chat(app).session.settings.sampling
        assert (sampling.typical_p, sampling.dry_allowed_length) == (0.4, 3)
        assert (sampling.repetition_window, sampling.dry_breakers) == (12, "x")


def test_a_value_out_of_bounds_is_named_with_its_bounds() -> None:
    texts = {setting.name: str(setting.default) for setting in stage_settings()}
    texts |= {"seed": "", "max_tokens": "5", "pace": "0", "xtc_threshold": "0.7"}
    with pytest.raises(UsageError, match=r"XTC threshold is 0\.7; use a number above 0, at most 0\.5"):
        read_choices(texts, ReplySettings())


@pytest.mark.parametrize(
    ("sampling", "shown"),
    [
        (SamplingSettings(), "T 0.5  top-p 0.9"),
        (SamplingSettings(temperature=1, top_p=1), ""),
        (SamplingSettings(temperature=0, top_k=5, presence_penalty=1.0), "presence 1  greedy decoding"),
        (SamplingSettings(top_k=1000, typical_p=0.5, seed=7), "T 0.5  top-k 1000  typical-p 0.5  top-p 0.9  seed 7"),
        (SamplingSettings(repetition_penalty=1.3, repetition_window=0, xtc_threshold=0.2), "T 0.5  top-p 0.9"),
    ],
)
def test_the_header_shows_what_is_switched_on_in_the_order_it_runs(sampling: SamplingSettings, shown: str) -> None:
    header = Header()
    header._settings = ReplySettings(sampling)
    assert header._settings_text() == shown
