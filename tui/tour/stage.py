"""What the tour needs of the chat screen: the screen knows the tour, and the tour need not know the screen."""

from typing import Any, Protocol

from genchat.tui.chat.bench import Bench
from genchat.tui.chat.forking import Forking
from genchat.tui.chat.host import Host
from genchat.tui.chat.live_reply import LiveReply
from genchat.tui.chat.model_switcher import ModelSwitcher
from genchat.tui.chat.session import Session
from genchat.tui.widgets.panel import Panel
from genchat.tui.widgets.transcript import Transcript


class Stage(Protocol):
    """The chat screen, as far as the tour acts on it."""

    session: Session
    host: Host
    models: ModelSwitcher
    reply: LiveReply
    forking: Forking
    bench: Bench
    transcript: Transcript
    panel: Panel

    @property
    def app(self) -> Any: ...  # the whole program: its screens, and its actions by name

    def show_conversation(self) -> None:
        """Show the conversation that the session holds now."""

    def refresh_bindings(self) -> Any: ...

    def action_tokens(self) -> None:
        """Move the focus to the tokens."""

    def action_home(self) -> None:
        """Go back to the prompt."""

    def action_panel(self) -> None:
        """Show or hide the panel."""

    def action_columns(self) -> None:
        """Show several models at the open token."""

    def action_inside(self) -> None:
        """Show what the model computed."""
