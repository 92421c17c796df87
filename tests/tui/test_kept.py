"""Kept conversations on the screen: list, open, search, rename, delete, export; branches survive."""

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from xml.etree import ElementTree

import pytest
from textual.widgets import Input, OptionList, Static

from genchat.engine.contract import ReplySettings
from genchat.engine.conversation import Role
from genchat.engine.history import HistoryStore
from genchat.engine.sampling import SamplingSettings
from genchat.tui.app import GenchatApp
from genchat.tui.chat.dialogue import Status
from genchat.tui.chat.export import suggested_path
from genchat.tui.palette import commands_of
from genchat.tui.screens.ask import ConfirmScreen, LineScreen
from genchat.tui.screens.search import SearchScreen
from tests.tui.support import Gated, Source, chat, dialog, make_app, say, script, store, text_of, until


@pytest.fixture
def history(tmp_path: Path) -> HistoryStore:
    return store(tmp_path)


async def test_what_was_said_stands_in_the_list_under_its_day(history: HistoryStore) -> None:
    app = make_app(history=history)
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "proteína vegetal")
        shown = text_of(app)
        assert "today" in shown
        assert shown.count("proteína vegetal") == 2


async def test_a_conversation_stands_in_the_list_while_its_first_reply_is_written(history: HistoryStore) -> None:
    backend = Gated()
    app = make_app(Source({"script": lambda: backend}), history=history)
    async with app.run_test(size=(120, 36)) as pilot:
        chat(app).prompt.write("proteína vegetal")
        await pilot.press("enter")
        await until(pilot, lambda: text_of(app).count("proteína vegetal") == 2)
        assert chat(app).session.live is not None
        await pilot.press("escape")
        await until(pilot, lambda: chat(app).session.live is None)


async def test_a_conversation_named_at_the_start_is_shown(history: HistoryStore) -> None:
    app = make_app(history=history)
    async with app.run_test() as pilot:
        await say(pilot, "proteína vegetal")
        kept = chat(app).session.stored_id
    again = make_app(history=history, conversation=kept)
    async with again.run_test() as pilot:
        await until(pilot, lambda: chat(again).session.stored_id == kept)
        assert "proteína vegetal" in text_of(again)


async def test_a_conversation_opened_from_the_list_is_ready_to_be_gone_on_with(history: HistoryStore) -> None:
    app = make_app(history=history)
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        session = chat(app).session
        await pilot.press("ctrl+n")
        chat(app).conversations.focus()
        await pilot.press("enter")
        await until(pilot, lambda: session.dialogue.path)
        await pilot.press("d", "e")
        await pilot.pause()
        assert chat(app).prompt.text == "de"
        assert len(history.conversations()) == 1


async def test_branches_come_back_as_they_were(history: HistoryStore) -> None:
    sampled = ReplySettings(SamplingSettings(temperature=2, seed=1), 8)
    app = make_app(history=history, settings=sampled)
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        session = chat(app).session
        first = session.dialogue.last_reply
        await pilot.press("f5")
        await until(pilot, lambda: session.live is None and session.dialogue.last_reply is not first)
        await pilot.press("alt+left")
        assert first is not None
        kept = session.stored_id
        assert kept is not None
        await pilot.press("ctrl+n")
        assert session.dialogue.path == []
        chat(app).conversation_manager.open(kept)
        await until(pilot, lambda: session.dialogue.path)
        again = session.dialogue.last_reply
        assert again is not None
        assert (again.text, again.version) == (first.text, (1, 2))
        await pilot.press("alt+right")
        second = session.dialogue.last_reply
        assert second is not None
        assert second.version == (2, 2)
        assert second.records


async def test_a_reply_that_a_dead_process_left_is_shown_as_interrupted(history: HistoryStore) -> None:
    app = make_app(history=history)
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        reply = chat(app).session.dialogue.last_reply
        assert reply is not None
        reply.status = Status.INTERRUPTED
        chat(app).transcript.refresh_turn(reply)
        await pilot.pause()
        assert "genchat ended here" in text_of(app)


async def test_search_finds_without_accents_and_opens_the_place(history: HistoryStore) -> None:
    app = make_app(Source({"script": script("Uma ação leva a outra.")}), history=history)
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "me fale")
        await pilot.press("ctrl+n", "ctrl+f")
        await dialog(pilot, SearchScreen)
        app.screen.query_one(Input).value = "acao"
        await until(pilot, lambda: app.screen.query_one(OptionList).option_count == 1)
        await pilot.press("enter")
        await until(pilot, lambda: chat(app).session.dialogue.path)
        assert "Uma ação leva a outra." in text_of(app)


async def test_a_search_without_hits_says_so(history: HistoryStore) -> None:
    app = make_app(history=history)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("ctrl+f")
        await dialog(pilot, SearchScreen)
        app.screen.query_one(Input).value = '"unheard'
        await until(pilot, lambda: "No results" in str(app.screen.query_one(".hint", Static).content))
        await pilot.press("enter", "escape")
        assert app.screen is chat(app)


async def test_rename(history: HistoryStore) -> None:
    app = make_app(history=history)
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        await chat(app).run_action("rename")
        await dialog(pilot, LineScreen)
        app.screen.query_one(Input).value = "Café [/] da manhã"
        await pilot.press("enter")
        await until(pilot, lambda: "Café [/]" in text_of(app))
        assert history.conversations()[0].title == "Café [/] da manhã"


async def test_delete_asks_first_and_enter_means_no(history: HistoryStore) -> None:
    app = make_app(history=history)
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        chat(app).conversations.focus()
        await pilot.press("delete")
        await dialog(pilot, ConfirmScreen)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is chat(app))
        assert len(history.conversations()) == 1
        await pilot.press("delete")
        await dialog(pilot, ConfirmScreen)
        await pilot.press("y")
        await until(pilot, lambda: not history.conversations())
        assert chat(app).session.dialogue.path == []


@pytest.fixture
def talks(tmp_path: Path) -> HistoryStore:
    """Five conversations, a minute between them."""
    minutes = count()
    history = HistoryStore.open(
        tmp_path / "history.db", now=lambda: datetime.now(UTC) - timedelta(hours=1) + timedelta(minutes=next(minutes))
    )
    for number in range(5):
        history.add_message(history.new_conversation(), Role.USER, f"talk {number}", None)
    return history


async def test_the_list_goes_on_with_older_conversations_when_asked(
    talks: HistoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("genchat.tui.chat.conversation_manager.LISTED", 2)
    app = make_app(history=talks)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: "older …" in text_of(app))
        assert "talk 2" not in text_of(app)
        chat(app).conversations.focus()
        await pilot.press("end", "d", "enter")  # "d" deletes conversations, but not this line
        await until(pilot, lambda: "talk 1" in text_of(app))
        assert "older …" in text_of(app)
        await pilot.press("end", "enter")
        await until(pilot, lambda: "talk 0" in text_of(app))
        assert "older …" not in text_of(app)
        assert len(talks.conversations()) == 5


def _is_gone(app: GenchatApp, title: str) -> bool:
    return app.screen is chat(app) and title not in text_of(app)


async def test_after_a_deletion_the_next_one_is_at_hand(talks: HistoryStore) -> None:
    app = make_app(history=talks)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: "talk 0" in text_of(app))
        chat(app).conversations.focus()
        for title in ("talk 4", "talk 3"):
            await pilot.press("delete")
            await dialog(pilot, ConfirmScreen)
            await pilot.press("y")
            await until(pilot, partial(_is_gone, app, title))
        assert [each.title for each in talks.conversations()] == ["talk 2", "talk 1", "talk 0"]


async def test_delete_by_mouse(history: HistoryStore) -> None:
    app = make_app(history=history)
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        chat(app).conversations.focus()
        await pilot.press("delete")
        await dialog(pilot, ConfirmScreen)
        assert await pilot.click(".answers", offset=(9, 0))  # "no"
        await until(pilot, lambda: app.screen is chat(app))
        assert len(history.conversations()) == 1
        await pilot.press("delete")
        await dialog(pilot, ConfirmScreen)
        assert await pilot.click(".answers", offset=(1, 0))  # "yes"
        await until(pilot, lambda: not history.conversations())


async def test_a_click_beside_a_dialog_leaves_it(history: HistoryStore) -> None:
    app = make_app(history=history)
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        await chat(app).run_action("rename")
        await dialog(pilot, LineScreen)
        await pilot.click(".dialog", offset=(5, 1))
        assert isinstance(app.screen, LineScreen)
        await pilot.click(offset=(2, 2))
        await until(pilot, lambda: app.screen is chat(app))


async def test_export_writes_markdown_and_never_over_a_file(history: HistoryStore, tmp_path: Path) -> None:
    app = make_app(history=history)
    target = tmp_path / "talk.md"
    target.write_text("mine")
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        await chat(app).run_action("export")
        await dialog(pilot, LineScreen)
        app.screen.query_one(Input).value = str(target)
        await pilot.press("enter")
        await until(pilot, lambda: "already exists" in str(app.screen.query_one(".error", Static).content))
        assert target.read_text() == "mine"
        app.screen.query_one(Input).value = str(tmp_path / "other.md")
        await pilot.press("enter")
        await until(pilot, lambda: any("Written to" in each.message for each in app._notifications))
        assert "Bom dia, mundo." in (tmp_path / "other.md").read_text(encoding="utf-8")


def test_an_export_gets_a_free_name_without_surprises(tmp_path: Path) -> None:
    assert suggested_path("Ação: ../../etc/passwd\x1b", tmp_path).name == "acao-etc-passwd.md"
    (tmp_path / "oi.md").touch()
    assert suggested_path("oi", tmp_path).name == "oi-1.md"
    assert suggested_path("漢字", tmp_path).name == "genchat.md"


@pytest.mark.parametrize(("action", "name", "holds"), [
    ("export_page", "talk.html", "<!doctype html>"),
    ("export_everything", "talk.json", '"vocabularies"'),
])  # fmt: skip
async def test_the_palette_writes_the_page_and_everything(
    history: HistoryStore, tmp_path: Path, action: str, name: str, holds: str
) -> None:
    app = make_app(history=history)
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        assert {"export: Conversation as a web page", "export: Everything as JSON"} <= {
            command.name for command in commands_of(chat(app))
        }
        await chat(app).run_action(action)
        await dialog(pilot, LineScreen)
        assert app.screen.query_one(Input).value.endswith(Path(name).suffix)
        app.screen.query_one(Input).value = str(tmp_path / "absent" / name)
        await pilot.press("enter")
        await until(pilot, lambda: "could not be written" in str(app.screen.query_one(".error", Static).content))
        app.screen.query_one(Input).value = str(tmp_path / name)
        await pilot.press("enter")
        await until(pilot, lambda: any("Written to" in each.message for each in app._notifications))
        assert holds in (tmp_path / name).read_text(encoding="utf-8")


async def test_a_picture_of_the_screen_shows_it_without_the_dialog_and_needs_no_network(
    history: HistoryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENCHAT_HOME", str(tmp_path / "home"))
    app = make_app(Source({"script": script("a <b>&amp; \x1b[2J \u202e fim")}), history=history)
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi </svg><script>alert(1)</script>")
        await chat(app).run_action("picture")
        await dialog(pilot, LineScreen)
        target = Path(app.screen.query_one(Input).value)
        assert target.parent == tmp_path / "home" / "data" / "pictures"
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is chat(app))
    drawn = ElementTree.parse(target).getroot()  # noqa: S314 (our own text)
    text = "".join(drawn.itertext()).replace("\xa0", " ")
    assert "oi </svg><script>alert(1)</script>" in text
    assert "Save a picture" not in text
    assert not [part for part in drawn.iter() if part.tag.endswith("}script")]
    assert re.findall(r'(?:url\(|href=)"?https?:', target.read_text(encoding="utf-8")) == []
