"""GenchatApp: themes, the command palette, and a crash screen that tells nothing it should not."""

import sys
from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.binding import BindingType

from engine.contract import ReplySettings
from engine.history.protocol import History
from tui.backend_desk import BackendDesk
from tui.colours import DARK, LIGHT, themes
from tui.keys import bind
from tui.screens.chat import ChatScreen
from tui.services import BackendSource
from tui.session import Session

if TYPE_CHECKING:
    from tui.commands.surroundings import Surroundings

_SWITCH_INTERVAL = 0.001  # seconds; Python's own 5 ms let a busy model delay a key by as much, several times over


class GenchatApp(App[int]):
    """One chat screen over the models of this machine and the history."""

    CSS_PATH = "screens/chat.tcss"  # of the first screen; Textual loads a screen's own only when it is pushed
    TITLE = "genchat"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("f1", "help", "help", show=True, priority=True),
        bind("ctrl+p", "command_palette", "palette", show=True, priority=True),
        bind("f12", "theme", "theme", priority=True),
        bind("ctrl+q", "quit", "quit", show=True, priority=True),
    ]

    def __init__(
        self, source: BackendSource, history: History, settings: ReplySettings, model: str, *, dark: bool = True
    ) -> None:
        super().__init__()
        for theme in themes():
            self.register_theme(theme)
        self.theme = DARK if dark else LIGHT
        self.session = Session(BackendDesk(source), history, settings, model)

    def get_default_screen(self) -> ChatScreen:
        return ChatScreen(self.session)

    def action_theme(self) -> None:
        """Dark or light."""
        self.theme = LIGHT if self.theme == DARK else DARK


def run_app(around: "Surroundings") -> int:
    """Open the screen and return the exit code."""
    sys.setswitchinterval(_SWITCH_INTERVAL)
    from engine.history.null import NullHistory

    history = NullHistory()
    app = GenchatApp(around.registry, history, around.settings.reply_settings(), around.settings.model)
    return app.run() or 0
