"""A system prompt is set for a conversation, shown in the header, kept, and given to the models that read one."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from genchat.engine.contract import Backend, Capabilities, Event, Finish, ReplySettings, Step, StopSignal
from genchat.engine.conversation import Message, Role
from genchat.engine.distribution import unknown
from genchat.engine.history import HistoryStore
from genchat.engine.local_backend import LocalBackend
from genchat.tui.app import GenchatApp
from genchat.tui.screens.ask import TextScreen
from genchat.tui.widgets.prompt import Prompt
from tests.fakes import ScriptModel
from tests.tui.support import Source, chat, dialog, make_app, say, script, store, text_of, until


class Listener(LocalBackend):
    """A backend that reads system prompts, and remembers what it was given."""

    def __init__(self) -> None:
        super().__init__(ScriptModel("Oi."))
        self.given: list[list[Message]] = []

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities()

    def reply(
        self, messages: Sequence[Message], settings: ReplySettings, should_stop: StopSignal | None = None
    ) -> Iterator[Event]:
        self.given.append(list(messages))
        nothing = unknown("history.not_recorded")
        yield Step(0, None, "Oi.", None, nothing, nothing)
        yield Finish("end")


def listening(listener: Backend, history: HistoryStore | None = None, conversation: str | None = None) -> GenchatApp:
    return make_app(Source({"script": lambda: listener}), history=history, conversation=conversation)


async def test_it_is_asked_for_shown_given_to_the_model_and_found_again(tmp_path: Path) -> None:
    listener = Listener()
    with store(tmp_path) as history:
        app = listening(listener, history)
        async with app.run_test(size=(120, 36)) as pilot:
            await pilot.pause()
            chat(app).action_system_prompt()
            await dialog(pilot, TextScreen)
            await pilot.press(*"Be kind.", "ctrl+j", *"Be brief.", "enter")
            await until(pilot, lambda: app.screen is chat(app))
            await until(pilot, lambda: "system “Be kind." in text_of(app))
            assert chat(app).session.stored_id is None
            await say(pilot, "oi")
            assert listener.given[-1] == [Message(Role.SYSTEM, "Be kind.\nBe brief."), Message(Role.USER, "oi")]
        kept = history.conversations()[0]
        assert kept.system == "Be kind.\nBe brief."
        _, reply = history.shown(kept.id)
        run = history.run(reply.id)
        assert run is not None
        assert run.system == kept.system
        app = listening(listener, history, kept.id)
        async with app.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: "system “Be kind." in text_of(app))
            session = chat(app).session
            session.set_system("Be loud.")
            assert history.conversation(kept.id).system == "Be loud."
            old = session.dialogue.last_reply
            assert old is not None
            assert session.prompt_of(old)[0] == Message(Role.SYSTEM, "Be kind.\nBe brief.")
            await say(pilot, "e agora?")
            assert listener.given[-1][0] == Message(Role.SYSTEM, "Be loud.")


async def test_it_can_be_taken_away() -> None:
    listener = Listener()
    app = listening(listener)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        chat(app).session.set_system("Be kind.")
        chat(app).action_system_prompt()
        await dialog(pilot, TextScreen)
        app.screen.query_one(Prompt).write("  ")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is chat(app))
        await say(pilot, "oi")
        assert listener.given[-1] == [Message(Role.USER, "oi")]
        assert "system" not in text_of(app).split("\n")[0]


async def test_a_model_that_does_not_read_it_says_so() -> None:
    app = make_app(Source({"script": script("Bom dia.")}))
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        chat(app).session.set_system("[b]Be kind.")
        chat(app).show_conversation()
        await until(pilot, lambda: "system “[b]Be kind.” (not read)" in text_of(app))
        chat(app).action_system_prompt()
        await dialog(pilot, TextScreen)
        await until(pilot, lambda: "script does not read it" in text_of(app))
