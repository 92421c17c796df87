"""Two branches of a conversation on the whole screen, side by side, with the place marked where they part."""

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from genchat.engine.language import say
from genchat.engine.text import safe_line
from genchat.tui.chat.branch_comparison import Comparison
from genchat.tui.chat.tree import RowFacts
from genchat.tui.keys import bind
from genchat.tui.widgets.branch_columns import BranchColumns
from genchat.tui.widgets.key_bar import KeyBar


class BranchesScreen(Screen[None]):
    """This screen shows one comparison."""

    CSS_PATH = "tree.tcss"
    AUTO_FOCUS = "#branches"
    HELP_TITLE = "tree.help_branches"
    HELP_TEXTS = ("tree.help_branches_about",)
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("escape", "back", "tree_back", show=True, priority=True),
        bind("equals_sign", "parting", "compare_parting", show=True, shown="="),
    ]

    def __init__(self, comparison: Comparison, facts: Mapping[int, RowFacts]) -> None:
        """`facts` are by the id() of a turn; those that come later are told to `columns`."""
        super().__init__()
        self._comparison = comparison
        self._facts = facts
        self.columns = BranchColumns(id="branches")

    def compose(self) -> ComposeResult:
        before = self._comparison.before
        after = say("tree.at_the_beginning") if before is None else say("tree.after", text=safe_line(before.text, 200))
        yield Static(Content(after), id="about", markup=False)
        yield self.columns
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        self.columns.show(self._comparison, self._facts)

    def action_parting(self) -> None:
        """Scroll back to the place where the branches part."""
        self.columns.to_parting()

    def action_back(self) -> None:
        """Go back to the tree."""
        self.dismiss(None)
