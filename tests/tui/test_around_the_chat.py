"""Around the conversation: help, palette, layouts, themes, languages, the crash screen."""

from pathlib import Path

import pytest
from textual.binding import Binding
from textual.command import CommandPalette
from textual.widgets import Input, Static

from genchat.engine.contract import Notice
from genchat.engine.history import NullHistory
from genchat.engine.language import use_language
from genchat.tui.app import GenchatApp
from genchat.tui.keys import description
from genchat.tui.palette import commands_of
from genchat.tui.screens.chat import ChatScreen
from genchat.tui.screens.documents import DocumentsScreen
from genchat.tui.screens.help import HelpScreen
from genchat.tui.screens.models import ModelsScreen
from genchat.tui.widgets.conversation_list import ConversationList
from genchat.tui.widgets.panel import Panel
from genchat.tui.widgets.prompt import Prompt
from genchat.tui.widgets.transcript import Transcript
from tests.tui.support import GREEDY, Gated, Listing, Source, chat, dialog, make_app, say, script, text_of, until

_OWNERS = (GenchatApp, ChatScreen, Transcript, Panel, Prompt, ConversationList)


def test_no_key_is_one_that_terminals_confuse() -> None:
    keys = {
        key
        for owner in _OWNERS
        for binding in vars(owner)["BINDINGS"]
        if isinstance(binding, Binding)
        for key in binding.key.split(",")
    }
    assert not keys & {"ctrl+m", "ctrl+i", "ctrl+h", "ctrl+backspace", "ctrl+left_square_bracket"}


@pytest.mark.parametrize("tag", ["en", "pt-br"])
def test_every_binding_says_what_it_does(tag: str) -> None:
    use_language(tag)
    for owner in _OWNERS:
        for binding in vars(owner)["BINDINGS"]:
            assert isinstance(binding, Binding)
            assert description(binding), binding


async def test_help_shows_the_keys_of_the_focused_part_first() -> None:
    app = make_app()
    async with app.run_test(size=(120, 60)) as pilot:
        await say(pilot, "oi")
        await pilot.press("f4", "f1")
        await dialog(pilot, HelpScreen)
        shown = text_of(app)
        assert shown.index("In the conversation") < shown.index("Everywhere")
        assert "next surprise" in shown
        await pilot.press("f1")
        await until(pilot, lambda: app.screen is chat(app))


async def test_help_tells_the_keys_of_every_part() -> None:
    app = make_app()
    async with app.run_test(size=(120, 100)) as pilot:
        await pilot.press("f1")
        await dialog(pilot, HelpScreen)
        told = str(app.screen.query(Static).first().content)
        for expected in ("In the panel", "all candidates", "In the prompt", "previous message you sent", "In the list"):
            assert expected in told


async def test_help_explains_the_screen_it_stands_on() -> None:
    app = make_app()
    async with app.run_test(size=(120, 60)) as pilot:
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, DocumentsScreen))
        await pilot.press("f1")
        await dialog(pilot, HelpScreen)
        told = str(app.screen.query(Static).first().content)
        assert "whether it is enough to answer" in told
        assert "sampled" not in told


async def test_what_is_not_kept_is_said_as_long_as_it_is_so() -> None:
    reason = Notice("history.not_kept", {"reason": "no room"})
    for history, said in ((NullHistory((reason,)), True), (NullHistory(), False)):
        app = make_app(history=history)
        async with app.run_test(size=(80, 24)) as pilot:
            await say(pilot, "oi")
            assert ("not saved" in text_of(app).splitlines()[0]) is said


@pytest.mark.parametrize("keys", [("ctrl+c",), ("f4", "ctrl+c")])
async def test_control_c_with_nothing_to_copy_says_how_to_leave(keys: tuple[str, ...]) -> None:
    use_language("pt-br")
    app = make_app()
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await say(pilot, "oi")
        await pilot.press(*keys)
        await until(pilot, lambda: "Ctrl+Q sai" in text_of(app))


async def test_control_c_copies_what_is_selected_in_the_prompt() -> None:
    app = make_app()
    async with app.run_test(size=(100, 30)) as pilot:
        chat(app).prompt.write("copy me")
        await pilot.press("shift+home", "ctrl+c")
        assert app.clipboard == "copy me"
        assert chat(app).prompt.text == "copy me"


async def test_a_palette_without_hits_says_so_in_the_language_of_the_reader() -> None:
    use_language("pt-br")
    app = make_app()
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette) and app.screen.query(Input))
        await pilot.press("q", "q", "q")
        await until(pilot, lambda: "Nenhum comando encontrado" in text_of(app))


@pytest.mark.parametrize("size", [(120, 36), (60, 20), (40, 12)])
async def test_an_empty_conversation_says_what_to_do_within_its_width(size: tuple[int, int]) -> None:
    app = make_app()
    async with app.run_test(size=size):
        shown = " ".join(text_of(app).split())
        for expected in ("Type a prompt below", "could have", "F2 choose a model", "F1 all keys"):
            assert expected in shown
        assert ("F10 shows" in shown) is (size[0] < 96)


async def test_the_way_out_stands_at_the_right_end_however_narrow() -> None:
    for width in (160, 80, 60, 40):
        app = make_app()
        async with app.run_test(size=(width, 20)):
            keys = text_of(app).splitlines()[-1]
            assert len(keys.rstrip()) >= width - 2
            assert keys.rstrip().endswith("^Q quit")
            assert keys.startswith(" F1 help")


async def test_a_click_on_the_way_out_leaves() -> None:
    app = make_app()
    async with app.run_test(size=(80, 20)) as pilot:
        assert await pilot.click("#keys", offset=(75, 0))
        await until(pilot, lambda: not app.is_running)


async def test_the_palette_names_the_keys_that_do_the_same() -> None:
    app = make_app()
    async with app.run_test():
        keys = {command.name: command.key for command in commands_of(chat(app))}
        assert keys["sampling: Change settings"] == "F3"
        assert keys["training: Train a model"] == "Ctrl+T"
        assert "reply: Copy the last" not in keys  # there is none yet


async def test_the_list_of_models_says_what_each_is_and_what_is_wrong_with_one() -> None:
    listings = [
        Listing("script", "gpt", "says one text"),
        Listing("ngram", "ngram", "counts words"),
        Listing("broken", "lstm", "cannot be seen", problem="a file is missing"),
    ]
    app = make_app(Source({"script": script("x")}, listings))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("f2")
        await dialog(pilot, ModelsScreen)
        shown = text_of(app)
        assert "● script  gpt · says one text" in shown
        assert "  ngram   counts words" in shown
        assert "a file is missing" in shown
        assert "cannot be seen" not in shown


async def test_the_header_names_a_model_called_as_its_family_once() -> None:
    app = make_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: chat(app).session.backend is not None and chat(app).session.listings)
        await pilot.pause()
        chat(app).header.show_backend("ngram", "ngram", None)
        await pilot.pause()
        assert text_of(app).splitlines()[0].count("ngram") == 1
        chat(app).header.show_backend("ngram", "book", None)
        await pilot.pause()
        assert "ngram · book" in text_of(app).splitlines()[0]


async def test_the_palette_offers_only_what_can_be_done() -> None:
    backend = Gated()
    source = Source({"script": lambda: backend}, [Listing("script"), Listing("other"), Listing("broken", problem="x")])
    app = make_app(source)
    async with app.run_test() as pilot:
        screen = chat(app)
        await until(pilot, lambda: screen.session.listings)
        names = [command.name for command in commands_of(screen)]
        assert "model: Switch to other" in names
        assert not [name for name in names if "broken" in name or "Regenerate" in name or "Stop" in name]
        screen.prompt.write("go")
        await pilot.press("enter")
        await until(pilot, lambda: screen.session.live is not None)
        names = [command.name for command in commands_of(screen)]
        assert "reply: Stop it" in names
        assert "conversation: Start a new one" not in names
        await pilot.press("escape")
        await until(pilot, lambda: screen.session.live is None)


async def test_the_palette_opens_and_a_command_runs() -> None:
    app = make_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"light and dark".replace(" ", "_").replace("_", " ").split(" ")[0])
        await until(pilot, lambda: "Switch between light" in text_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: app.theme == "genchat-light")


@pytest.mark.parametrize(
    ("size", "has_list", "has_panel", "has_strip"),
    [
        ((200, 50), True, True, False),
        ((120, 36), True, True, False),
        ((100, 30), False, True, False),
        ((80, 24), False, False, True),
        ((60, 20), False, False, False),
    ],
)
async def test_parts_stand_where_there_is_room(
    size: tuple[int, int], has_list: bool, has_panel: bool, has_strip: bool
) -> None:
    app = make_app()
    async with app.run_test(size=size) as pilot:
        await say(pilot, "oi")
        screen = chat(app)
        assert bool(screen.conversations.region) is has_list
        assert bool(screen.panel.region) is has_panel
        assert bool(screen.query_one("#strip").region) is has_strip
        assert "Bom dia, mundo." in text_of(app)
        assert "F1 help" in text_of(app)


async def test_a_narrow_screen_shows_the_panel_by_key() -> None:
    app = make_app()
    async with app.run_test(size=(60, 20)) as pilot:
        await say(pilot, "oi")
        await pilot.press("f10")
        await pilot.pause()
        assert "token 15 of 16" in text_of(app)
        await pilot.press("escape")
        await pilot.pause()
        assert not chat(app).panel.region
        assert chat(app).prompt.has_focus


@pytest.mark.parametrize("key", ["f4", "f7", "f8", "f9", "ctrl+n"])
async def test_keys_of_the_conversation_bring_it_back_from_behind_the_panel(key: str) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await say(pilot, "oi")
        await pilot.press("f10")
        await pilot.pause()
        assert chat(app).panel.has_focus
        await pilot.press(key)
        await pilot.pause()
        assert not chat(app).panel.region
        assert app.focused is not None
        assert app.focused.region


async def test_list_and_panel_can_be_hidden_and_brought_back() -> None:
    app = make_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("f9")
        assert not chat(app).conversations.display
        await pilot.press("f9")
        assert chat(app).conversations.has_focus
        await pilot.press("f10")
        assert not chat(app).panel.display


async def test_a_tiny_terminal_is_told_so_and_recovers() -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await say(pilot, "oi")
        await pilot.resize_terminal(30, 8)
        await pilot.pause()
        assert "too small" in text_of(app)
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert "Bom dia, mundo." in text_of(app)


async def test_tab_goes_round_the_parts() -> None:
    app = make_app()
    async with app.run_test(size=(120, 36)) as pilot:
        screen = chat(app)
        places = []
        for _ in range(4):
            await pilot.press("tab")
            places.append(screen.focused)
        assert places == [screen.transcript, screen.panel, screen.conversations, screen.prompt]


async def test_themes_change_every_painted_part() -> None:
    app = make_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        await pilot.press("f12")
        await pilot.pause()
        grounds = {
            segment.style.bgcolor.get_truecolor().hex
            for strip in app.screen._compositor.render_strips(app.size)
            for segment in strip
            if segment.style is not None and segment.style.bgcolor is not None
        }
        assert not [ground for ground in grounds if int(ground[1:3], 16) < 0x18], grounds


async def test_portuguese_speaks_portuguese() -> None:
    use_language("pt-br")
    app = make_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        shown = text_of(app)
        assert "você" in shown
        assert "90,0%" in shown
        assert "F1 ajuda" in shown


async def test_a_crash_tells_no_local_variables_and_gives_the_draft_back(capsys: pytest.CaptureFixture[str]) -> None:
    secret = "AIza" + "x" * 35
    written: list[BaseException] = []

    def report(error: BaseException) -> Path:
        written.append(error)
        return Path("report.txt")

    app = GenchatApp(Source({"script": script("x")}), NullHistory(), GREEDY, "script", report=report)

    async def crash() -> None:
        async with app.run_test(size=(120, 36)) as pilot:
            chat(app).prompt.write("a long \x1b[2J draft")
            held = secret

            def fail() -> None:
                raise RuntimeError(held)

            app.call_later(fail)
            await until(pilot, lambda: app.failed)

    with pytest.raises(RuntimeError):
        await crash()
    text = capsys.readouterr().err
    assert "report.txt" in text
    assert "draft" in text
    assert secret not in text
    assert "\x1b" not in text
    assert isinstance(written[0], RuntimeError)
