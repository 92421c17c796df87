"""The screen of the replies that several models gave to one message."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from genchat.engine.language import say
from genchat.engine.text import safe_line
from genchat.tui.chat.dialogue import Turn
from genchat.tui.keys import bind
from genchat.tui.widgets.key_bar import KeyBar
from genchat.tui.widgets.reply_columns import ReplyColumns


class RepliesScreen(Screen["tuple[Turn, int] | None"]):
    """This screen answers with the token to open in the chat, of the reply it belongs to."""

    CSS_PATH = "columns.tcss"
    AUTO_FOCUS = ""
    HELP_TITLE = "several.help"
    HELP_TEXTS = ("several.about",)
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("escape", "back", "columns_back", show=True, priority=True),
        bind("left", "token(-1)", "columns_left", show=True, shown="←→"),
        bind("right", "token(1)", "columns_right"),
        bind("tab", "column(1)", "columns_next", show=True, priority=True),
        bind("shift+tab", "column(-1)", "columns_previous", priority=True),
        bind("enter", "open", "replies_open", show=True),
    ]

    def __init__(self, question: str, turns: Sequence[Turn]) -> None:
        super().__init__()
        self._question = question
        self.columns = ReplyColumns(turns, id="columns")

    def compose(self) -> ComposeResult:
        title = Content.assemble((say("several.replies"), "bold"), f"   {safe_line(self._question, 200)}")
        yield Static(title, id="columns-title", markup=False)
        yield self.columns
        yield KeyBar(id="keys")

    def action_token(self, by: int) -> None:
        """Go to another token of the chosen reply."""
        place, count = self.columns.chosen, len(self.columns.turns[self.columns.chosen].records)
        self.columns.tokens[place] = min(max(self.columns.tokens[place] + by, 0), max(count - 1, 0))
        self.columns.refresh()

    def action_column(self, by: int) -> None:
        """Go to another reply."""
        self.columns.chosen = (self.columns.chosen + by) % len(self.columns.turns)
        self.columns.refresh()

    def action_open(self) -> None:
        """Open the token in the chat."""
        place = self.columns.chosen
        self.dismiss((self.columns.turns[place], self.columns.tokens[place]))

    def action_back(self) -> None:
        """Go back to the chat."""
        self.dismiss(None)
