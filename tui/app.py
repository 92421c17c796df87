"""GenchatApp: themes, the command palette, help, and a crash screen that tells nothing it should not."""

import asyncio
import gc
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import App
from textual.binding import Binding, BindingType
from textual.command import CommandPalette, Provider

from genchat.engine.contract import ReplySettings
from genchat.engine.errors import ExitCode, GenchatError, UsageError
from genchat.engine.history.protocol import History
from genchat.engine.language import say
from genchat.engine.text import safe
from genchat.tui.chat.backend_pool import BackendPool
from genchat.tui.chat.services import BackendSource
from genchat.tui.chat.session import Session
from genchat.tui.colours import DARK, LIGHT, theme_called, theme_names, themes
from genchat.tui.departure import Departure
from genchat.tui.keymap import ChosenKeys, keymap_in_force, remapped
from genchat.tui.keys import bind, bindings_of, key_name
from genchat.tui.screens.chat import ChatScreen

if TYPE_CHECKING:
    from genchat.tui.cli.command_context import CommandContext
    from genchat.tui.screens.training_controller import TrainingController
    from genchat.tui.training.job import TrainingJob

_SWITCH_INTERVAL = 0.001  # seconds; Python's own 5 ms let a busy model delay a key by as much, several times over
_DUMB = ("dumb", "unknown")
_COLLECT_AFTER = (20_000, 10, 50)  # new objects, young collections, middle ones; Python's own stalls painting often

Report = Callable[[BaseException], Path | None]
KeepSetting = Callable[[str, str], object]


def _commands() -> type[Provider]:
    from genchat.tui.palette import GenchatCommands

    return GenchatCommands


class GenchatApp(App[int]):
    """The app shows one chat screen over the models of this machine and the history."""

    # Of the first screen too, since Textual loads a screen's own style sheet only when it is pushed.
    CSS_PATH: ClassVar[list[str | PurePath]] = ["screens/chat.tcss", "screens/dialogs.tcss"]
    TITLE = "genchat"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_commands}
    COMMAND_PALETTE_BINDING = "ctrl+p"
    HELP_TITLE = "tui.help.app"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("f1", "help", "help", show=True, priority=True),
        bind("ctrl+p", "command_palette", "palette", show=True, priority=True),
        bind("ctrl+t", "train", "train", priority=True),
        bind("ctrl+o", "documents", "documents", priority=True),
        bind("ctrl+l", "words", "words", priority=True),
        bind("f12", "theme", "theme", priority=True),
        bind("ctrl+q", "quit", "quit", show=True, priority=True),
    ]

    def __init__(
        self,
        source: BackendSource,
        history: History,
        settings: ReplySettings,
        model: str,
        *,
        dark: bool = True,
        conversation: str | None = None,
        inspected: str | None = None,
        tour: bool = False,
        bookmark: Path | None = None,
        report: Report | None = None,
        keys: ChosenKeys | None = None,
        theme: str | None = None,
        keep_setting: KeepSetting | None = None,
    ) -> None:
        """`conversation` is a stored conversation to open at once, `inspected` a text to be scored.

        `report` receives an internal error and returns the file to which it was written; `keep_setting` keeps a
        setting, given by name and value, for the next start. `theme` is one of `theme_names()`.
        """
        super().__init__()
        for own_theme in themes():
            self.register_theme(own_theme)
        if theme is not None:
            dark = self.register_called(theme)
        # Without the watcher, which would read every style sheet twice before the first frame.
        self.set_reactive(App.theme, theme or (DARK if dark else LIGHT))
        self._keep_setting = keep_setting
        self.update_classes({"-dark-mode": dark, "-light-mode": not dark}, update=False)
        self.stylesheet.set_variables(self.get_css_variables())
        self.session = Session(BackendPool(source), history, settings, model)
        self._training: TrainingController | None = None
        self._conversation = conversation
        self._inspected = inspected
        self._tour, self._bookmark = tour, bookmark
        self._report = report
        self._keys_refused = () if keys is None else keys.refused
        if keys is not None and keys.keymap:
            self.set_keymap(keys.keymap)

    def on_mount(self) -> None:
        for reason in self._keys_refused:
            self.notify(say("keymap.refused", reason=reason), severity="warning", timeout=15, markup=False)

    @property
    def training(self) -> "TrainingJob | None":
        """Return the training run that is going on, or whose end nobody has looked at yet."""
        return None if self._training is None else self._training.job

    @property
    def failed(self) -> bool:
        """Return whether an internal error of genchat ended the app."""
        return self._exception is not None

    def run_alone(self, departure: Departure) -> None:
        """Run as the only task of this process, with the interpreter set so that a busy model cannot delay a key.

        A reply that is being made when the screen is left is ended and kept.
        """
        sys.setswitchinterval(_SWITCH_INTERVAL)
        gc.set_threshold(*_COLLECT_AFTER)
        # What is there at the first frame stays to the end, so no collection need look at it again.
        self.call_later(self.call_after_refresh, gc.freeze)
        self.call_later(lambda: departure.running_in(asyncio.get_running_loop(), self.exit))
        self.run()
        departure.deadline()
        if self.session.live is not None:
            self.session.live.stream.abandon()

    def get_default_screen(self) -> ChatScreen:
        return ChatScreen(self.session, self._conversation, self._inspected, tour=self._tour, bookmark=self._bookmark)

    def key_names(self) -> dict[str, str]:
        """Return the key of every binding by its id, as the person has chosen them."""
        from genchat.tui.key_modes import Modes
        from genchat.tui.keymap import keymap_in_force

        chosen, names = keymap_in_force(self), dict[str, str]()
        for mode in Modes.names:
            for binding in Modes(type(self)).own(mode):
                key = chosen.get(binding.id or "", binding.key).split(",")[0]
                names.setdefault(binding.id or "", key_name(Binding(key, "", "")))
        return names

    def action_command_palette(self) -> None:
        """Open the palette of everything that can be done now."""
        if not any(isinstance(screen, CommandPalette) for screen in self.screen_stack):
            self.push_screen(CommandPalette(id="--command-palette", placeholder=say("tui.palette.placeholder")))

    def action_help_quit(self) -> None:
        """Say how to leave when Ctrl+C has nothing to copy; Textual would say it in English."""
        self.notify(say("tui.quit_hint"), markup=False)

    def action_theme(self) -> None:
        """Switch between the dark and the light theme."""
        self.theme = LIGHT if self.current_theme.dark else DARK

    def register_called(self, theme: str) -> bool:
        """Make one of `theme_names()` ready to be shown; returns whether it is dark."""
        found = theme_called(theme)
        self.register_theme(found)
        return found.dark

    def action_choose_theme(self) -> None:
        """Choose among all themes; the choice is kept."""
        from genchat.tui.screens.themes import ThemesScreen

        self.push_screen(ThemesScreen(self.theme, self._preview), self._keep_theme)

    def _preview(self, theme: str) -> None:
        self.register_called(theme)
        self.theme = theme

    def _keep_theme(self, theme: str | None) -> None:
        if theme is None or self._keep_setting is None:
            return
        try:
            self._keep_setting("theme", {DARK: "dark", LIGHT: "light"}.get(theme, theme))
        except GenchatError as error:
            self.notify(safe(str(error)), severity="error", markup=False)

    def action_train(self) -> None:
        """Open the form that trains a model, or the run that is going on."""
        from genchat.tui.screens.training_controller import TrainingController

        if isinstance(self.screen, ChatScreen):
            self._training = self._training or TrainingController(self, self.screen)
            self._training.open()

    def action_documents(self) -> None:
        """Open the screen of the documents that answers are based on."""
        from genchat.tui.screens.documents import DocumentsScreen

        if isinstance(self.screen, ChatScreen):
            self.push_screen(DocumentsScreen())

    def action_words(self) -> None:
        """Open the screen that shows words as a machine sees them."""
        from genchat.tui.screens.words import WordsScreen

        if isinstance(self.screen, ChatScreen):
            backend = self.screen.session.backend
            known = backend is not None and not backend.capabilities.remote
            self.push_screen(WordsScreen(backend.tokenizer if backend is not None and known else None))

    def action_help(self) -> None:
        """Open the help; the keys of the focused widget come first."""
        from genchat.tui.screens.help import HelpScreen

        if isinstance(self.screen, HelpScreen):
            self.screen.dismiss(None)
            return
        owners: list[type] = [] if self.focused is None else [type(self.focused)]
        owners += [type(self.screen), *(type(part) for part in self.screen.query("*")), type(self)]
        groups: dict[str, list[Binding]] = {}
        for owner in dict.fromkeys(owners):
            title = vars(owner).get("HELP_TITLE", "")  # its own: no part is listed under the title of a base
            if title:
                group = groups.setdefault(say(title), [])
                group += [remapped(binding, keymap_in_force(self)) for binding in bindings_of(owner)]
        focused = getattr(self.focused, "HELP_TEXTS", ())
        explanations = [say(key) for key in focused or getattr(self.screen, "HELP_TEXTS", ())]
        self.push_screen(HelpScreen(explanations, list(groups.items())))

    def _fatal_error(self) -> None:
        """Print one line about an internal error and where its report is; Textual would print local variables."""
        error = self._exception
        self.bell()
        kind = type(error).__name__ if error is not None else ""
        where = self._report(error) if self._report is not None and error is not None else None
        lines = [say("error.bug", kind=kind, report=where) if where else say("error.bug_unreported", kind=kind)]
        draft = self._draft()
        if draft:
            lines += ["", say("tui.crash.draft"), draft]
        self._exit_renderables.append(Text(safe("\n".join(lines))))
        self._close_messages_no_wait()

    def _draft(self) -> str:
        """Return what the person was writing, which is not in the history yet."""
        screens = [screen for screen in self.screen_stack if isinstance(screen, ChatScreen)]
        return screens[0].prompt.text.strip() if screens else ""


def theme_for(setting: str) -> str:
    """Return the name of the theme that a setting means. Raises UsageError where there is none of that name.

    "auto" asks the variable in which some terminals announce their colours, "15;0".
    """
    if setting == "auto":
        return LIGHT if os.environ.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15") else DARK
    name = {"dark": DARK, "light": LIGHT}.get(setting, setting)
    if name not in theme_names():
        raise UsageError("theme_unknown", name=setting, names=", ".join(["auto", "dark", "light", *theme_names()[2:]]))
    return name


def _keys(preset: str, choices: Mapping[str, str]) -> ChosenKeys:
    if preset == "none" and not choices:  # the usual case, in which not every screen need be imported
        return ChosenKeys({})
    from genchat.tui.key_choosing import chosen_keys

    return chosen_keys(GenchatApp, preset, choices)


def run_app(context: "CommandContext", inspected: str | None = None, *, tour: bool = False) -> int:
    """Open the screen on a terminal, with a text to be scored if one is given, and return the exit code.

    Raises UsageError on a terminal that cannot show it.
    """
    term = os.environ.get("TERM", "")
    if term in _DUMB:
        raise UsageError("terminal_dumb", term=term)
    from genchat.engine.history import NullHistory, open_history
    from genchat.engine.reports import write_report

    settings = context.settings
    history = open_history(context.paths.history) if settings.history.keep else NullHistory()
    with Departure() as departure, history:
        conversation = None
        if context.conversation is not None or context.continue_latest:
            from genchat.tui.cli.conversation_log import conversation_asked

            conversation = conversation_asked(
                history, latest=context.continue_latest, name=context.conversation, texts=True
            )
            if conversation is not None and context.system is not None:
                conversation = history.set_system(conversation, context.system.strip())
        app = GenchatApp(
            context.registry,
            history,
            settings.reply_settings(),
            settings.model,
            theme=theme_for(settings.theme),
            keep_setting=context.keep_setting,
            conversation=None if conversation is None else conversation.id,
            inspected=inspected,
            tour=tour,
            bookmark=context.paths.data / "tour.json",
            keys=_keys(settings.key_preset, settings.keys),
            report=lambda error: write_report(error, context.paths, context.arguments),
        )
        if conversation is None and context.system is not None:
            app.session.set_system(context.system)
        app.run_alone(departure)
    if app.training is not None and not app.training.status.over:
        app.training.stop()
        context.output.note(say("training_screen.left_behind", name=app.training.order.name))
    code = departure.code or (ExitCode.BUG if app.failed else ExitCode.OK)
    departure.end_process_if_stalled(code)
    return code
