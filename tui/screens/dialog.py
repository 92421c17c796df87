"""What all dialogs share: a titled box over the dimmed chat, Esc to leave, a line for errors."""

from collections.abc import Iterable
from typing import ClassVar, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from genchat.engine.text import safe
from genchat.tui.keys import bind

Answer = TypeVar("Answer")


class Dialog(ModalScreen[Answer | None]):
    """A dialog closes with an answer, or with None."""

    BINDINGS: ClassVar[list[BindingType]] = [bind("escape", "cancel", "cancel", priority=True)]

    def __init__(self, title: str, subtitle: str = "") -> None:
        super().__init__()
        self._box_title = title
        self._box_subtitle = subtitle

    def parts(self) -> Iterable[Widget]:
        """Return the widgets in the box."""
        return ()

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            yield from self.parts()
            yield Static("", classes="error", markup=False)
        box.border_title = Content(safe(self._box_title))
        box.border_subtitle = Content(safe(self._box_subtitle))

    def show_error(self, text: str) -> None:
        """Say what is wrong; an empty text removes the message."""
        error = self.query_one(".error", Static)
        error.update(Content(safe(text)))
        error.set_class(bool(text), "-shown")

    def on_click(self, event: events.Click) -> None:
        """Close the dialog after a click beside the box."""
        if event.widget is self:
            self.action_cancel()

    def action_cancel(self) -> None:
        """Close the dialog without an answer."""
        self.dismiss(None)
