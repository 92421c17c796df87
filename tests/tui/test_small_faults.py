"""Small things that were in a person's way, each with its kind."""

from pathlib import Path

import pytest
from textual.widgets import OptionList

from genchat.engine.contract import ReplySettings
from genchat.engine.conversation import Role
from genchat.engine.local_backend import LocalBackend
from genchat.engine.sampling import SamplingSettings
from genchat.tui.app import GenchatApp
from genchat.tui.chat.messages import ConversationLoaded
from genchat.tui.cli.conversation_log import conversation_asked
from genchat.tui.screens.ask import ConfirmScreen
from genchat.tui.screens.models import ModelsScreen
from genchat.tui.widgets.line_input import cluster_after, cluster_before
from genchat.tui.widgets.tint import TINTS, following, step_of
from tests.fakes import HashModel
from tests.tui.support import Listing, Source, chat, dialog, make_app, say, script, store, text_of, until

SHORT = ReplySettings(SamplingSettings(seed=3), 20)


async def test_a_conversation_that_still_opens_does_not_replace_what_was_begun_since(tmp_path: Path) -> None:
    with store(tmp_path) as history:
        old = history.new_conversation("chat", "old")
        history.add_message(old, Role.USER, "old words", None)
        app = make_app(history=history)
        async with app.run_test(size=(120, 36)) as pilot:
            screen = chat(app)
            screen.conversation_manager.open(old.id)
            late = screen.conversation_manager._opening
            await pilot.press("ctrl+n")
            await app.workers.wait_for_complete()
            await pilot.pause()
            assert screen.session.stored_id is None
            screen.post_message(ConversationLoaded(screen.session.dialogue, old, None, "", late))
            await pilot.pause()
            assert screen.session.stored_id is None


async def test_what_is_sent_while_a_conversation_opens_stays_in_the_prompt(tmp_path: Path) -> None:
    with store(tmp_path) as history:
        app = make_app(history=history)
        async with app.run_test(size=(120, 36)) as pilot:
            chat(app).conversation_manager.opening = True
            chat(app).prompt.write("for the old one")
            await pilot.press("enter")
            await pilot.pause()
            assert chat(app).prompt.text == "for the old one"
            assert not chat(app).session.dialogue.path


async def test_keys_reach_the_prompt_again_after_a_terminal_that_was_too_small() -> None:
    app = make_app()
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.resize_terminal(20, 5)
        await pilot.pause()
        await pilot.resize_terminal(100, 24)
        await pilot.pause()
        await pilot.press("o", "i")
        assert chat(app).prompt.text == "oi"


async def test_why_can_be_walked_where_the_panel_fills_the_screen() -> None:
    app = make_app(Source({"script": script("abcdef")}))
    async with app.run_test(size=(80, 24)) as pilot:
        await say(pilot, "oi")
        await pilot.press("f4", "home", "f10")
        await until(pilot, lambda: chat(app).panel.region)
        assert "token 1 of 7" in text_of(app)
        await pilot.press("right", "right")
        assert "token 3 of 7" in text_of(app)


async def test_a_model_of_texts_offers_to_continue_one() -> None:
    source = Source({"script": script("abc")}, [Listing("script", "gpt", "", chat=False)])
    app = make_app(source)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: chat(app).session.listings)
        chat(app).models.load("script")
        await dialog(pilot, ConfirmScreen)
        await pilot.press("y")
        await until(pilot, lambda: chat(app).session.free_text)


async def test_page_up_in_the_prompt_scrolls_the_conversation() -> None:
    app = make_app(
        Source({"script": script("word " * 400)}), settings=ReplySettings(SamplingSettings(temperature=0), 2000)
    )
    async with app.run_test(size=(80, 24)) as pilot:
        await say(pilot, "oi")
        chat(app).prompt.focus()
        bottom = chat(app).transcript.scroll_offset.y
        await pilot.press("pageup")
        await pilot.pause()
        assert chat(app).transcript.scroll_offset.y < bottom
        assert chat(app).prompt.has_focus


async def test_equal_titles_are_told_apart_by_their_time(tmp_path: Path) -> None:
    with store(tmp_path) as history:
        for title in ("same", "same", "other"):
            history.add_message(history.new_conversation("chat", title), Role.USER, "oi", None)
        app = make_app(history=history)
        async with app.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: chat(app).conversations.option_count > 3)
            titles = [str(each.prompt) for each in chat(app).conversations.options if not each.disabled]
            assert sum(title.strip() == "other" for title in titles) == 1
            assert sum(title.strip().endswith(" same") and ":" in title for title in titles) == 2


def test_the_latest_conversation_of_the_screen_may_be_a_free_text(tmp_path: Path) -> None:
    with store(tmp_path) as history:
        history.add_message(history.new_conversation("chat", "a"), Role.USER, "oi", None)
        text = history.new_conversation("text", "b")
        history.add_message(text, Role.USER, "era uma vez", None)
        found = conversation_asked(history, latest=True, name=None, texts=True)
        assert found is not None
        assert found.id == text.id


@pytest.mark.parametrize("cluster", ["é", "👩‍👩‍👧", "🇧🇷", "ã̂", "a"])
def test_one_key_deletes_what_is_seen_as_one_character(cluster: str) -> None:
    text = f"x{cluster}"
    assert cluster_before(text, len(text)) == 1
    assert cluster_after(text, 1) == len(text)


async def test_backspace_in_the_prompt_deletes_a_whole_family() -> None:
    app = make_app()
    async with app.run_test(size=(100, 24)) as pilot:
        chat(app).prompt.write("a👩‍👩‍👧")
        await pilot.press("backspace")
        assert chat(app).prompt.text == "a"


async def test_a_limited_pace_stands_in_the_header() -> None:
    app = make_app()
    async with app.run_test(size=(120, 30)) as pilot:
        chat(app).session.pace = 5.0
        chat(app)._show_settings()
        await pilot.pause()
        assert "at most 5 tok/s" in text_of(app)


async def test_the_list_of_models_narrows_to_what_is_typed() -> None:
    listings = [Listing(name, "gpt", "") for name in ("alpha", "beta", "script")]
    app = GenchatApp(Source({"script": script("a")}, listings), make_app().session.history, ReplySettings(), "script")
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("f2")
        await dialog(pilot, ModelsScreen)
        await pilot.press("b", "e")
        choices = app.screen.query_one(OptionList)
        assert [option.id for option in choices.options] == ["beta"]
        await pilot.press("backspace", "backspace")
        assert choices.option_count == 3


async def test_the_mode_key_says_what_it_did() -> None:
    app = make_app()
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("f8")
        await until(pilot, lambda: any("continues what you write" in note.message for note in app._notifications))


async def test_tints_follow_one_another_and_say_what_they_mean() -> None:
    app = make_app(
        Source({"script": lambda: LocalBackend(HashModel())}), settings=ReplySettings(SamplingSettings(seed=3), 20)
    )
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        for tint in (*TINTS[1:], ""):
            await pilot.press("f6")
            assert chat(app).transcript.tint == tint
        await pilot.press("f4", "t")
        assert chat(app).transcript.tint == "surprise"
        assert "surprise, bits" in text_of(app)
        reply = chat(app).session.dialogue.last_reply
        assert reply is not None
        for record in reply.records:
            bits = record.surprisal or 0.0
            assert step_of("surprise", record) == sum(bits >= start for start in (1, 3, 6, 9))
            assert (step_of("rank", record) == 0) == (record.rank == 1)
    assert following(TINTS[-1]) == ""


async def test_a_wide_screen_has_the_reasons_beside_the_candidates() -> None:
    app = make_app(
        Source({"script": lambda: LocalBackend(HashModel())}), settings=ReplySettings(SamplingSettings(seed=3), 20)
    )
    async with app.run_test(size=(200, 50)) as pilot:
        await say(pilot, "oi")
        await pilot.press("f4")
        assert chat(app).panel._width < chat(app).panel._whole_width // 2 + 1
        assert chat(app).panel.size.width >= 80
