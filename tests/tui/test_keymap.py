"""Keys are given another meaning in the settings: presets, single choices, and what is refused."""

from pathlib import Path

import pytest
from textual.widgets import Static

from genchat.engine.errors import SettingsError
from genchat.engine.settings import load_settings, set_setting, unset_setting
from genchat.tui.app import GenchatApp
from genchat.tui.key_choosing import chosen_keys
from genchat.tui.key_modes import Modes
from genchat.tui.keymap import VIM, ChosenKeys, remapped
from genchat.tui.screens.help import HelpScreen
from genchat.tui.screens.tree import TreeScreen
from tests.tui.forked import fork_once, hashed
from tests.tui.support import Source, chat, dialog, make_app, say, text_of, until


def meanings(mode: str, keys: ChosenKeys) -> dict[str, set[str | None]]:
    found: dict[str, set[str | None]] = {}
    for binding in Modes(GenchatApp).together(mode):
        for key in remapped(binding, keys.keymap).key.split(","):
            found.setdefault(key, set()).add(binding.id)
    return found


@pytest.mark.parametrize("mode", Modes.names)
def test_the_vim_keys_have_one_meaning_in_every_mode(mode: str) -> None:
    keys = chosen_keys(GenchatApp, "vim", {})
    assert keys == ChosenKeys(VIM)
    assert not {key for key, names in meanings(mode, keys).items() if len(names) > 1} - {"escape"}


@pytest.mark.parametrize(
    ("name", "keys", "reason"),
    [
        ("tree_up", "down", "the row below"),
        ("tree_up", "f12", "light or dark"),
        ("token_next", "y", "copy the reply"),
        ("quit", "q", "prompt"),
        ("send", "x", "prompt"),
        ("home", "ctrl+y", "several things"),
        ("tree_upp", "k", "tree_up"),
        ("zzzzzzz", "k", "zzzzzzz"),
    ],
)
def test_a_choice_that_cannot_be_is_refused_with_its_reason(name: str, keys: str, reason: str) -> None:
    chosen = chosen_keys(GenchatApp, "none", {name: keys, "tree_name": "x"})
    assert chosen.keymap == {"tree_name": "x"}
    assert len(chosen.refused) == 1
    assert reason in chosen.refused[0]


def test_two_bindings_may_change_places() -> None:
    assert chosen_keys(GenchatApp, "none", {"tree_up": "down", "tree_down": "up"}).refused == ()


def test_a_preset_gives_way_to_a_choice() -> None:
    chosen = chosen_keys(GenchatApp, "vim", {"tree_name": "k"})
    assert chosen.refused == ()
    assert chosen.keymap["tree_name"] == "k"
    assert "tree_up" not in chosen.keymap


def test_choices_are_kept_in_the_settings_file_and_taken_out(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    assert set_setting(file, "keys.tree_up", "K, Up,ctrl+Y") == "K,up,ctrl+y"
    assert load_settings(file, {}).keys == {"tree_up": "K,up,ctrl+y"}
    assert unset_setting(file, "keys.tree_up")
    assert load_settings(file, {}).keys == {}


@pytest.mark.parametrize("keys", ["ctrl+m", "up,ctrl+i", "Ctrl+H", "", "a b", "up,"])
def test_keys_that_are_other_keys_or_none_are_refused(tmp_path: Path, keys: str) -> None:
    with pytest.raises(SettingsError):
        set_setting(tmp_path / "settings.toml", "keys.tree_up", keys)


@pytest.mark.parametrize(
    "line", ['keys = "x"', "[keys]\ntree_up = 3", '[keys]\n"tree up" = "k"', '[keys.tree]\nup = "k"']
)
def test_a_settings_file_with_wrong_keys_is_named_with_its_line(tmp_path: Path, line: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(line)
    with pytest.raises(SettingsError, match=r"settings\.toml:\d"):
        load_settings(file, {})


async def test_the_tree_is_walked_with_vim_keys_and_help_shows_them() -> None:
    app = make_app(Source({"hash": hashed}), model="hash", keys=chosen_keys(GenchatApp, "vim", {"tree_compare": "x"}))
    async with app.run_test(size=(120, 60)) as pilot:
        await say(pilot, "oi")
        await fork_once(pilot)
        await pilot.press("g")
        await until(pilot, lambda: isinstance(app.screen, TreeScreen))
        screen = app.screen
        assert isinstance(screen, TreeScreen)
        await pilot.pause()
        at = screen.view.at
        await pilot.press("k")
        assert screen.view.at == at - 1
        await pilot.press("j", "up")
        assert screen.view.at == at - 1
        await pilot.press("equals_sign")
        assert screen.view.marked is None
        await pilot.press("x")
        assert screen.view.marked is not None
        assert " x compare" in text_of(app)
        await pilot.press("f1")
        await dialog(pilot, HelpScreen)
        assert "↑  k" in str(app.screen.query(Static).first().content)


async def test_what_is_refused_is_said_at_the_start_and_letters_are_still_written() -> None:
    app = make_app(Source({"hash": hashed}), model="hash", keys=chosen_keys(GenchatApp, "vim", {"quit": "q"}))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: any("quit" in note.message for note in app._notifications))
        chat(app).prompt.focus()
        await pilot.press("h", "j", "k", "l", "q")
        assert chat(app).prompt.text == "hjklq"


async def test_the_keys_of_the_prompt_can_be_exchanged() -> None:
    keys = chosen_keys(GenchatApp, "none", {"send": "ctrl+j", "newline": "enter"})
    assert keys.refused == ()
    app = make_app(Source({"hash": hashed}), model="hash", keys=keys)
    async with app.run_test(size=(120, 40)) as pilot:
        chat(app).prompt.focus()
        await pilot.press("a", "enter", "b")
        assert chat(app).prompt.text == "a\nb"
        await pilot.press("ctrl+j")
        await until(pilot, lambda: chat(app).session.dialogue.path)
        assert chat(app).session.dialogue.path[0].text == "a\nb"
