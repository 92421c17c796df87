"""Chatting: sending, streaming, stopping, versions, editing, errors, models, settings."""

from pathlib import Path

import pytest
from textual.widgets import Input, OptionList, Static

from genchat.engine.contract import ReplySettings
from genchat.engine.conversation import Message, Role
from genchat.engine.errors import ModelNotFound, RemoteError
from genchat.engine.sampling import SamplingSettings
from genchat.tui.chat.dialogue import Status
from tests.tui.support import (
    Failing,
    FewKnown,
    Gated,
    Listing,
    Source,
    chat,
    make_app,
    say,
    script,
    store,
    text_of,
    until,
)

LONG = "uma frase que se repete para encher a tela. " * 60


async def test_enter_sends_and_the_reply_appears() -> None:
    app = make_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        assert "Bom dia, mundo." in text_of(app)
        reply = chat(app).session.dialogue.last_reply
        assert reply is not None
        assert (reply.status, reply.text) == (Status.DONE, "Bom dia, mundo.")


async def test_the_prompt_is_empty_after_sending_and_nothing_is_sent_for_spaces() -> None:
    app = make_app()
    async with app.run_test() as pilot:
        await say(pilot, "oi")
        assert chat(app).prompt.text == ""
        chat(app).prompt.write("   ")
        await pilot.press("enter")
        assert len(chat(app).session.dialogue.path) == 2


@pytest.mark.parametrize("key", ["ctrl+j", "shift+enter", "alt+enter"])
async def test_a_newline_has_keys_of_its_own(key: str) -> None:
    app = make_app()
    async with app.run_test() as pilot:
        await pilot.press("a", key, "b")
        assert chat(app).prompt.text == "a\nb"
        await until(pilot, lambda: chat(app).prompt.size.height == 2)


async def test_up_and_down_at_the_edges_walk_what_was_sent_and_keep_the_draft() -> None:
    app = make_app()
    async with app.run_test() as pilot:
        await say(pilot, "first")
        await say(pilot, "second")
        prompt = chat(app).prompt
        prompt.write("draft")
        await pilot.press("up")
        assert prompt.text == "second"
        await pilot.press("up", "up")
        assert prompt.text == "first"
        await pilot.press("down", "down")
        assert prompt.text == "draft"


async def test_escape_stops_and_keeps_what_was_written() -> None:
    backend = Gated()
    app = make_app(Source({"script": lambda: backend}))
    async with app.run_test() as pilot:
        chat(app).prompt.write("go")
        await pilot.press("enter")
        backend.gate.release(3)
        session = chat(app).session
        await until(pilot, lambda: session.live is not None and session.live.turn.text == "word word word ")
        await pilot.press("escape")
        await until(pilot, lambda: session.live is None)
        reply = session.dialogue.last_reply
        assert reply is not None
        assert (reply.text, reply.status) == ("word word word ", Status.STOPPED)
        assert backend.asked_to_stop == 1
        assert "stopped" in text_of(app)


async def test_a_model_that_does_not_hear_is_let_go() -> None:
    class Deaf(Gated):
        def reply(self, messages, settings, should_stop=None):  # type: ignore[no-untyped-def]
            return super().reply(messages, settings, lambda: self.asked_to_stop < 0)

    backend = Deaf()
    app = make_app(Source({"script": lambda: backend}))
    async with app.run_test() as pilot:
        chat(app).prompt.write("go")
        await pilot.press("enter")
        session = chat(app).session
        await until(pilot, lambda: session.live is not None)
        await pilot.press("escape")
        await until(pilot, lambda: session.live is None)
        assert session.dialogue.last_reply is not None
        assert session.dialogue.last_reply.status is Status.STOPPED
        backend.asked_to_stop = -1
        backend.gate.release()


async def test_nothing_is_sent_while_a_reply_comes_and_the_draft_stays() -> None:
    backend = Gated()
    app = make_app(Source({"script": lambda: backend}))
    async with app.run_test() as pilot:
        chat(app).prompt.write("one")
        await pilot.press("enter")
        await until(pilot, lambda: chat(app).session.live is not None)
        chat(app).prompt.write("two")
        await pilot.press("enter")
        assert chat(app).prompt.text == "two"
        assert len(chat(app).session.dialogue.path) == 2
        await pilot.press("escape")
        await until(pilot, lambda: chat(app).session.live is None)


async def test_regenerating_adds_a_version_and_the_pager_goes_back() -> None:
    sampled = ReplySettings(SamplingSettings(temperature=3, seed=5), 12)
    app = make_app(settings=sampled)
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        session = chat(app).session
        first = session.dialogue.last_reply
        await pilot.press("f5")
        await until(pilot, lambda: session.live is None and session.dialogue.last_reply is not first)
        second = session.dialogue.last_reply
        assert first is not None
        assert second is not None
        assert first.text != second.text
        assert "‹ 2/2 ›" in text_of(app)
        await pilot.press("alt+left")
        assert session.dialogue.last_reply is first
        assert "‹ 1/2 ›" in text_of(app)


async def test_the_last_question_can_be_said_differently_and_escape_leaves_it() -> None:
    app = make_app()
    async with app.run_test() as pilot:
        await say(pilot, "oi")
        await pilot.press("f7")
        assert chat(app).prompt.text == "oi"
        await pilot.press("escape")
        assert chat(app).prompt.text == ""
        await pilot.press("f7")
        await say(pilot, "olá")
        path = chat(app).session.dialogue.path
        assert [turn.text for turn in path] == ["olá", "Bom dia, mundo."]
        assert path[0].version == (2, 2)


async def test_a_fixed_seed_gives_the_same_reply_in_a_new_conversation() -> None:
    sampled = ReplySettings(SamplingSettings(temperature=2, seed=5), 20)
    app = make_app(settings=sampled)
    async with app.run_test() as pilot:
        await say(pilot, "oi")
        first = chat(app).session.dialogue.last_reply
        await pilot.press("ctrl+n")
        await say(pilot, "oi")
        second = chat(app).session.dialogue.last_reply
        assert first is not None
        assert second is not None
        assert first is not second
        assert first.text == second.text


async def test_an_error_stands_where_the_reply_would_have_been_with_the_keys_that_help() -> None:
    source = Source({"script": lambda: Failing(RemoteError("cannot_score", backend="x"))})
    app = make_app(source)
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        shown = text_of(app)
        assert "so far" in shown
        assert "cannot score text" in shown
        assert "F5 try again" in shown


async def test_a_model_that_cannot_be_opened_is_said_and_the_chat_goes_on_with_another() -> None:
    def missing() -> Failing:
        raise ModelNotFound("model_not_found", name="gone", installed="script")

    source = Source({"gone": missing, "script": script("olá")}, [Listing("gone"), Listing("script")])
    app = make_app(source, model="gone")
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        assert 'there is no model "gone"' in text_of(app)
        await pilot.press("f2")
        await until(pilot, lambda: app.screen.query(OptionList))
        await pilot.press("down", "enter")
        await until(pilot, lambda: chat(app).session.backend is not None)
        await pilot.press("f5")
        await until(pilot, lambda: "olá" in text_of(app))


async def test_switching_the_model_takes_effect_on_the_next_turn_and_keeps_the_conversation() -> None:
    seen: list[list[Message]] = []

    class Curious(FewKnown):
        def reply(self, messages, settings, should_stop=None):  # type: ignore[no-untyped-def]
            seen.append(list(messages))
            return super().reply(messages, settings, should_stop)

    app = make_app(Source({"script": script("Bom dia"), "other": Curious}))
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        chat(app).models.load("other")
        await say(pilot, "e agora?")
        expected = [Message(Role.USER, "oi"), Message(Role.ASSISTANT, "Bom dia"), Message(Role.USER, "e agora?")]
        assert seen == [expected]
        speakers = [turn.speaker for turn in chat(app).session.dialogue.path if turn.role is Role.ASSISTANT]
        assert speakers == ["script", "remote"]
        assert "This model reports only" in text_of(app)


async def test_a_message_can_be_sent_while_the_model_loads() -> None:
    import threading

    gate = threading.Event()

    def slow():  # type: ignore[no-untyped-def]
        gate.wait(5)
        return script("pronto")()

    source = Source({"script": slow})
    app = make_app(source)
    async with app.run_test(size=(120, 36)) as pilot:
        chat(app).prompt.write("oi")
        await pilot.press("enter")
        await until(pilot, lambda: "waiting for the model" in text_of(app))
        assert "loading" in text_of(app)
        gate.set()
        await until(pilot, lambda: "pronto" in text_of(app))
        assert source.opened == ["script"]


async def test_sampling_settings_are_checked_by_the_engine_and_used_next_turn() -> None:
    app = make_app(settings=ReplySettings())
    async with app.run_test(size=(100, 36)) as pilot:
        await pilot.press("f3")
        await until(pilot, lambda: app.screen.query("#temperature"))
        app.screen.query_one("#temperature", Input).value = "-1"
        await pilot.press("enter")
        assert "temperature is -1" in str(app.screen.query_one(".error", Static).content)
        app.screen.query_one("#temperature", Input).value = "0,5"
        app.screen.query_one("#max_tokens", Input).value = "3"
        app.screen.query_one("#seed", Input).value = ""
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is chat(app))
        assert chat(app).session.settings.sampling.temperature == 0.5
        await say(pilot, "oi")
        reply = chat(app).session.dialogue.last_reply
        assert reply is not None
        assert reply.settings is not None
        assert len(reply.records) == 3
        assert reply.settings.sampling.seed is not None


async def test_free_text_invites_to_begin_one_and_is_ready_to_be_written() -> None:
    app = make_app()
    async with app.run_test(size=(120, 36)) as pilot:
        chat(app).conversations.focus()
        await pilot.press("f8", "d", "o", "r")  # letters that are keys of the list
        await pilot.pause()
        assert "Begin a text below" in " ".join(text_of(app).split())
        assert chat(app).prompt.text == "dor"
        await pilot.press("f8")
        await pilot.pause()
        assert "Type a prompt below" in " ".join(text_of(app).split())


async def test_free_text_is_continued_not_answered() -> None:
    app = make_app(Source({"script": script(" uma vez um gato")}))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("f8")
        await say(pilot, "Era")
        assert "Era uma vez um gato" in text_of(app)


async def test_the_view_follows_the_tail_until_the_person_scrolls() -> None:
    app = make_app(Source({"script": script(LONG)}), settings=ReplySettings(SamplingSettings(temperature=0), 3000))
    async with app.run_test(size=(80, 24)) as pilot:
        await say(pilot, "oi")
        transcript = chat(app).transcript
        assert transcript.max_scroll_y > 0
        assert transcript.scroll_y == transcript.max_scroll_y
        transcript.scroll_to(y=3, animate=False, immediate=True)
        await pilot.pause()
        assert not transcript.follows
        reply = chat(app).session.dialogue.last_reply
        assert reply is not None
        transcript.grow(reply, reply.records[:400])
        await pilot.pause()
        assert transcript.scroll_y == 3
        transcript.focus()
        await pilot.press("end")
        assert transcript.scroll_y == transcript.max_scroll_y


async def test_replies_are_copied_without_control_characters() -> None:
    app = make_app(Source({"script": script("a\x1b[2Jb")}))
    async with app.run_test() as pilot:
        await say(pilot, "oi")
        chat(app).transcript.focus()
        await pilot.press("y")
        assert app.clipboard == "a␛[2Jb"


async def test_what_cannot_be_kept_is_said_beside_the_reply(tmp_path: Path) -> None:
    history = store(tmp_path)
    app = make_app(history=history)
    async with app.run_test(size=(120, 36)) as pilot:
        history.close()
        await say(pilot, "oi")
        assert "Bom dia, mundo." in text_of(app)
        assert "not saved in the history" in text_of(app)
