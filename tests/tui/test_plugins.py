"""What a person sees on the screen of plug-ins that fail: an error in the conversation, and everything goes on."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from genchat.engine.paths import paths
from genchat.engine.registry import Registry
from genchat.engine.settings import Settings
from genchat.tui.chat.dialogue import Status
from tests.plugin_packages import install_faults
from tests.tui.cli.test_plugins import AT_LOAD, IN_A_REPLY
from tests.tui.support import chat, make_app, say, store, text_of, until


@pytest.fixture
def faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(install_faults(tmp_path / "faults")))
    yield
    module: Any = sys.modules.pop("faulty", None)
    if module is not None:
        module.GATE.set()


def registry(**settings: Any) -> Any:
    return Registry(paths(), Settings(**settings))


@pytest.mark.usefixtures("faults")
async def test_what_goes_wrong_is_told_in_the_conversation_and_the_next_model_answers(tmp_path: Path) -> None:
    """All of them one after the other, in one conversation."""
    with store(tmp_path) as history:
        app = make_app(registry(), history=history, model="works")
        async with app.run_test(size=(120, 40)) as pilot:
            session = chat(app).session
            for name, said in [*IN_A_REPLY, *AT_LOAD]:
                chat(app).models.load(name)
                await say(pilot, f"ask {name}")
                reply = session.dialogue.last_reply
                assert reply is not None
                assert (reply.status, said in reply.error) == (Status.ERROR, True), (name, reply.error)
                assert reply.text == ("so far " if (name, said) in IN_A_REPLY else "")
                assert "\x1b" not in reply.error
            chat(app).models.load("works")
            await say(pilot, "and you?")
            assert session.dialogue.last_reply is not None
            assert session.dialogue.last_reply.text == "so far good"
            assert session.stored_id is not None
            kept = history.shown(session.stored_id)
    questions = [message.text for message in kept if message.role == "user"]
    assert questions == [f"ask {name}" for name, _ in [*IN_A_REPLY, *AT_LOAD]] + ["and you?"]
    assert kept[-1].text == "so far good"


@pytest.mark.usefixtures("faults")
async def test_a_notice_in_the_authors_words_stands_beside_the_reply_also_when_it_is_opened_again(
    tmp_path: Path,
) -> None:
    with store(tmp_path) as history:
        app = make_app(registry(), history=history, model="own_notice")
        async with app.run_test(size=(120, 40)) as pilot:
            await say(pilot, "hello")
            assert "my own notice␛[2J" in text_of(app)
            kept = chat(app).session.stored_id
        again = make_app(registry(), history=history, model="own_notice", conversation=kept)
        async with again.run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: "my own notice" in text_of(again))


@pytest.mark.usefixtures("faults")
async def test_a_family_of_its_own_and_a_reason_of_its_own_are_shown() -> None:
    app = make_app(registry(), model="works")
    async with app.run_test(size=(140, 40)) as pilot:
        await say(pilot, "hello")
        await until(pilot, lambda: "a family of my own" in text_of(app))
        await until(pilot, lambda: "no probabilities, by design" in " ".join(text_of(app).split()))


@pytest.mark.usefixtures("faults")
async def test_while_a_plugin_hangs_at_load_the_screen_says_so_and_another_model_can_be_used() -> None:
    app = make_app(registry(), model="slow")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = chat(app)
        await until(pilot, lambda: "faulty" in sys.modules)
        screen.prompt.write("still usable")
        await pilot.pause()
        assert "still usable" in text_of(app)
        assert "loading" in text_of(app)
        screen.prompt.text = ""
        screen.models.load("works")
        await say(pilot, "hello")
        assert "so far good" in text_of(app)


@pytest.mark.usefixtures("faults")
async def test_a_plugin_that_takes_too_long_to_load_is_told() -> None:
    app = make_app(registry(plugin_timeout=0.05), model="slow")
    async with app.run_test(size=(120, 40)) as pilot:
        await say(pilot, "hello")
        assert "was still loading after 0.05 s" in " ".join(text_of(app).split())


@pytest.mark.usefixtures("faults")
async def test_what_a_plugin_prints_stays_out_of_the_screen(capsys: pytest.CaptureFixture[str]) -> None:
    app = make_app(registry(), model="prints")
    async with app.run_test(size=(120, 40)) as pilot:
        await say(pilot, "hello")
        assert "so far quiet" in text_of(app)
        assert "printed" not in text_of(app)
