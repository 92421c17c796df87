"""The tree of a conversation: every branch that there is, to walk, to show and to compare with another."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from genchat.engine.history.protocol import History
from genchat.engine.language import say
from genchat.engine.text import safe_line
from genchat.tui.chat.dialogue import Dialogue, Turn
from genchat.tui.chat.kept_conversations import recall
from genchat.tui.chat.tree import BranchRow, rows_of, shared_lengths
from genchat.tui.keys import bind
from genchat.tui.widgets.key_bar import KeyBar
from genchat.tui.widgets.tree_view import TreeView

_BEFORE = 40  # characters of the shared text before the place where two branches part
_AFTER = 400  # and of each branch after it
_MOST_RECALLED = 32  # versions of one message whose tokens are read when the tree opens


class TreeScreen(Screen[Turn]):
    """This screen answers with the turn whose branch is to be shown."""

    CSS_PATH = "tree.tcss"
    AUTO_FOCUS = "TreeView"
    HELP_TITLE = "tui.help.tree"
    HELP_TEXTS = ("tui.help.tree_about",)
    BINDINGS: ClassVar[list[BindingType]] = [bind("escape", "back", "tree_back", show=True, priority=True)]

    def __init__(self, dialogue: Dialogue, history: History) -> None:
        super().__init__()
        self._dialogue = dialogue
        self._history = history
        self._recall_sisters_of_the_shown()
        rows = rows_of(dialogue)
        leaf = dialogue.leaf
        self.view = TreeView(rows, next((place for place, row in enumerate(rows) if row.turn is leaf), 0))

    def _recall_sisters_of_the_shown(self) -> None:
        """Read the tokens of the versions beside the shown path; others come when they are stood on."""
        for turn in self._dialogue.path:
            if len(turn.siblings) > 1:
                for sister in turn.siblings[:_MOST_RECALLED]:
                    recall(self._history, sister)

    def compose(self) -> ComposeResult:
        questions = sum(row.turn.role == "user" for row in self.view.rows)
        values = {"title": safe_line(self._dialogue.title, 60) or say("tui.untitled")}
        about = say("tui.tree.title", questions=questions, replies=len(self.view.rows) - questions, **values)
        yield Static(Content(about), id="about")
        yield self.view
        yield Static("", id="compared", markup=False)
        yield KeyBar(id="keys")

    @on(TreeView.Stood)
    def _stood(self) -> None:
        row = self.view.row
        if row is not None and not row.turn.recalled:
            recall(self._history, row.turn)
            self.view.refresh()
        self._show_comparison()

    @on(TreeView.Marked)
    def _marked(self) -> None:
        self._show_comparison()

    def _show_comparison(self) -> None:
        row, marked = self.view.row, self.view.marked
        where = self.query_one("#compared", Static)
        where.display = marked is not None
        if marked is None or row is None:
            return
        if row is marked:
            where.update(Content(say("tui.tree.marked")))
        else:
            where.update(_comparison(marked, row))

    @on(TreeView.Opened)
    def _opened(self) -> None:
        if self.view.row is not None:
            self.dismiss(self.view.row.turn)

    def action_back(self) -> None:
        """Go back to the conversation as it was."""
        self.dismiss(None)


def _comparison(one: BranchRow, other: BranchRow) -> Content:
    """Two texts: what they share once, then each from where they part."""
    same = min(shared_lengths([one.turn.text, other.turn.text]))
    shared = safe_line(one.turn.text[max(same - _BEFORE, 0) : same])
    parts = [(("…" if same > _BEFORE else "") + shared + "\n", "$genchat-muted")] if shared else []
    for sign, row in (("=", one), ("›", other)):
        rest = safe_line(row.turn.text[same:], _AFTER) or say("tui.tree.no_more")
        parts += [(f"{sign} ", "bold"), (rest + "\n", "")]
    return Content.assemble(*parts)
