"""Several models at one token: what each expects, how far apart they are, and going on in another model."""

import pytest
from textual.pilot import Pilot
from textual.widgets import SelectionList

from genchat.engine.contract import Backend, ReplySettings
from genchat.engine.local_backend import LocalBackend
from genchat.engine.sampling import SamplingSettings
from genchat.tui.app import GenchatApp
from genchat.tui.screens.columns import ColumnsScreen
from genchat.tui.screens.models import ModelsScreen
from genchat.tui.screens.replies import RepliesScreen
from genchat.tui.screens.several_models import SeveralModelsScreen
from tests.engine.gpt import tiny
from tests.fakes import HashModel
from tests.tui.support import Listing, Source, chat, make_app, say, text_of, until

SETTINGS = ReplySettings(SamplingSettings(temperature=0.8, top_k=20, seed=4), 12)


def source() -> Source:
    backends: dict[str, Backend] = {
        "script": LocalBackend(HashModel("script")),
        "other": LocalBackend(HashModel("other")),
        "third": LocalBackend(tiny.model(tiny.HOME)),
    }
    return Source(
        {name: (lambda backend=backend: backend) for name, backend in backends.items()},  # type: ignore[misc]
        [Listing(name, "gpt", "") for name in backends],
    )


async def opened(pilot: Pilot[int]) -> ColumnsScreen:
    """A reply, its third token open, and the columns with their answers."""
    app = pilot.app
    assert isinstance(app, GenchatApp)
    await until(pilot, lambda: chat(app).session.listings)
    await say(pilot, "oi")
    await pilot.press("f4", "home", "right", "right", "m")
    await until(pilot, lambda: isinstance(app.screen, ColumnsScreen))
    screen = app.screen
    assert isinstance(screen, ColumnsScreen)
    await until(pilot, lambda: len(screen._columns) == 2)
    await pilot.pause()
    return screen


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)])
async def test_two_models_stand_side_by_side_at_the_token(size: tuple[int, int]) -> None:
    app = make_app(source(), settings=SETTINGS)
    async with app.run_test(size=size) as pilot:
        screen = await opened(pilot)
        shown = text_of(app)
        assert "bits per byte of the reply" in " ".join(shown.split()) or "bits per byte" in shown
        assert "wrote it" in shown
        assert "KL " in shown
        own, other = (screen._columns[name] for name in screen._names)
        reply = chat(app).session.dialogue.last_reply
        assert reply is not None
        assert own.expected[0].probability == pytest.approx(reply.records[2].rows(1)[0].raw)
        assert other.model == "other"
        await pilot.press("right")
        await until(pilot, lambda: all(column.index == 3 for column in screen._columns.values()))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is chat(app))


async def test_another_model_goes_on_with_its_own_candidate() -> None:
    app = make_app(source(), settings=SETTINGS)
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        other = screen._columns["other"]
        first = chat(app).session.dialogue.last_reply
        assert first is not None
        await pilot.press("tab", "down", "enter")
        await until(pilot, lambda: chat(app).session.live is None and len(first.siblings) == 2)
        second = first.siblings[1]
        await until(pilot, lambda: len(second.records) > len(other.before))
        assert second.speaker == "other"
        assert second.records[len(other.before)].token == other.expected[1].token


async def test_the_writer_goes_on_as_in_any_fork() -> None:
    app = make_app(source(), settings=SETTINGS)
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        own = screen._columns["script"]
        first = chat(app).session.dialogue.last_reply
        assert first is not None
        await pilot.press("down", "down", "enter")
        await until(pilot, lambda: chat(app).session.live is None and len(first.siblings) == 2)
        second = first.siblings[1]
        assert [record.token for record in second.records[:2]] == [record.token for record in first.records[:2]]
        assert second.records[2].token == own.expected[2].token
        assert second.speaker == "script"


async def test_models_are_added_and_taken_away() -> None:
    app = make_app(source(), settings=SETTINGS)
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await opened(pilot)
        await pilot.press("plus")
        await until(pilot, lambda: app.screen is not screen)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is screen and len(screen._names) == 3)
        await until(pilot, lambda: "third" in screen._columns or "third" in screen._problems)
        await pilot.press("tab", "minus")
        assert screen._names == ["script", "third"]


async def test_one_message_goes_to_several_models_and_the_replies_stand_side_by_side() -> None:
    app = make_app(source(), settings=SETTINGS)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: chat(app).session.listings)
        chat(app).prompt.write("oi")
        chat(app).action_several_models()
        await until(pilot, lambda: isinstance(app.screen, SeveralModelsScreen))
        await until(pilot, lambda: app.screen.query("#several"))
        app.screen.query_one("#several", SelectionList).select_all()
        await pilot.click("#several-send")
        await until(pilot, lambda: isinstance(app.screen, RepliesScreen), 3000)
        replies = app.screen.columns.turns  # type: ignore[attr-defined]
        assert [turn.speaker for turn in replies] == ["script", "other", "third"] or len(replies) == 3
        question = replies[0].parent
        assert question is not None
        assert question.children == list(replies)
        await pilot.press("tab", "right", "right", "enter")
        await until(pilot, lambda: app.screen is chat(app))
        assert chat(app).transcript.cursor == (replies[1], 2)


async def test_a_reply_with_probabilities_gets_a_second_opinion_of_the_chosen_model() -> None:
    app = make_app(source(), settings=SETTINGS)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: chat(app).session.listings)
        chat(app).session.pool.open("script")
        await say(pilot, "oi")
        reply = chat(app).session.dialogue.last_reply
        assert reply is not None
        own = list(reply.records)
        await pilot.press("f4", "o")
        await until(pilot, lambda: isinstance(app.screen, ModelsScreen))
        await pilot.press("home", "enter")
        await until(pilot, lambda: reply.opinion is not None)
        assert reply.opinion is not None
        assert reply.opinion.by == "other"
        await pilot.press("o")
        await until(pilot, lambda: reply.opinion is None)
        assert list(reply.records) == own
