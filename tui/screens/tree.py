"""The tree of a conversation: every branch that there is, to walk, to show, to name, to delete, and to compare."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from genchat.engine.conversation import Role
from genchat.engine.errors import GenchatError
from genchat.engine.history.branches import BRANCH_NAME, name_of
from genchat.engine.history.protocol import History
from genchat.engine.language import say
from genchat.engine.text import safe, safe_line
from genchat.tui.chat.branch_comparison import compared
from genchat.tui.chat.dialogue import Dialogue, Turn
from genchat.tui.chat.tree import BranchRow, RowFacts, read_facts, rows_of
from genchat.tui.keys import bind
from genchat.tui.screens.layout import SMALLEST
from genchat.tui.widgets.branch_columns import BranchColumns
from genchat.tui.widgets.key_bar import KeyBar
from genchat.tui.widgets.tree_view import TreeView

if TYPE_CHECKING:
    from genchat.tui.screens.branches import BranchesScreen

_AT_ONCE = 100  # turns of a compared branch of which the history is asked


class TreeScreen(Screen[Turn]):
    """This screen answers with the turn whose branch is to be shown."""

    CSS_PATH = "tree.tcss"
    AUTO_FOCUS = "TreeView"
    HELP_TITLE = "tui.help.tree"
    HELP_TEXTS = ("tui.help.tree_about",)
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("escape", "back", "tree_back", show=True, priority=True),
        bind("r", "name", "tree_name", show=True),
        bind("d,delete", "delete", "tree_delete", show=True),
    ]

    @dataclass
    class FactsRead(Message):
        """What the history tells of some turns has been read."""

        facts: dict[int, RowFacts]

    @dataclass
    class BranchDeleted(Message):
        """The history has let a branch go; if it could not, `error` says why."""

        turn: Turn
        error: str = ""

    def __init__(self, dialogue: Dialogue, history: History, written: Callable[[], Turn | None]) -> None:
        """`written` tells which turn is being written now."""
        super().__init__()
        self._dialogue = dialogue
        self._history = history
        self._written = written
        self._reading = False
        self._compared: BranchesScreen | None = None  # it lies over this screen
        self._deleting = False
        self._changed = False  # the chat shows versions that are gone
        rows = rows_of(dialogue)
        leaf = dialogue.leaf
        self.view = TreeView(rows, next((place for place, row in enumerate(rows) if row.turn is leaf), 0))
        self._about = Static("", id="about", markup=False)
        self._hint = Static("", id="hint", markup=False)
        self._columns = BranchColumns(id="compared", can_focus=False)

    def compose(self) -> ComposeResult:
        yield self._about
        yield self.view
        yield self._hint
        yield self._columns
        yield KeyBar(id="keys")
        yield Static(say("tui.too_small"), id="too-small", markup=False)

    def on_mount(self) -> None:
        self._say_what_there_is()

    def on_resize(self) -> None:
        width, height = self.app.size
        self.set_class(width < SMALLEST[0] or height < SMALLEST[1], "-tiny")

    def _say_what_there_is(self) -> None:
        questions = sum(row.turn.role is Role.USER for row in self.view.rows)
        values = {"title": safe_line(self._dialogue.title, 60) or say("tui.untitled")}
        about = say("tui.tree.title", questions=questions, replies=len(self.view.rows) - questions, **values)
        self._about.update(Content(about))

    # -- what the history tells -----------------------------------------------------------------------------------

    @on(TreeView.Wanted)
    def _read(self) -> None:
        comparison = self._columns.comparison if self._columns.display else None
        turns = () if comparison is None else (*comparison.one[:_AT_ONCE], *comparison.other[:_AT_ONCE])
        wanted = [*self.view.wanted(), *self.view.unread(turns)]
        if wanted and not self._reading:
            self._reading = True
            self.run_worker(partial(self._read_now, wanted), thread=True, group="facts", exit_on_error=False)

    def _read_now(self, rows: list[BranchRow]) -> None:
        self.post_message(self.FactsRead(read_facts(self._history, rows)))

    @on(FactsRead)
    def _read_to_the_end(self, message: FactsRead) -> None:
        self._reading = False
        self.view.take(message.facts)
        self._columns.tell(self.view.facts)
        if self._compared is not None:
            self._compared.columns.tell(self.view.facts)
        self._read()  # the person may have walked on meanwhile

    # -- comparing ------------------------------------------------------------------------------------------------

    @on(TreeView.Stood)
    def _stood(self) -> None:
        self._read()
        self._show_comparison()

    @on(TreeView.Compared)
    def _compare(self) -> None:
        row, marked = self.view.row, self.view.marked
        if marked is None or row is marked:
            self.view.mark(None if row is marked else row)
            self._show_comparison()
        elif row is not None:
            comparison = compared(marked.turn, row.turn)
            if comparison is not None:
                from genchat.tui.screens.branches import BranchesScreen

                self._compared = BranchesScreen(comparison, self.view.facts)
                self.app.push_screen(self._compared, self._leave_comparison)

    def _leave_comparison(self, nothing: None) -> None:
        self._compared = None

    def _show_comparison(self) -> None:
        row, marked = self.view.row, self.view.marked
        comparison = None if row is None or marked is None or row is marked else compared(marked.turn, row.turn)
        self._columns.display = comparison is not None
        self._hint.display = marked is not None and comparison is None
        if comparison is not None:
            self._columns.show(comparison, self.view.facts)
            self._read()
        elif marked is not None:
            self._hint.update(say("tui.tree.marked") if row is marked else say("tree.same_branch"))

    # -- showing, naming, deleting ----------------------------------------------------------------------------------

    @on(TreeView.Opened)
    def _opened(self) -> None:
        if self.view.row is not None and not self._deleting:
            self.dismiss(self.view.row.turn)

    def action_back(self) -> None:
        """Take the mark away, or go back to the conversation as it was."""
        if self.view.marked is not None:
            self.view.mark(None)
            self._show_comparison()
        elif not self._deleting:
            self.dismiss(self._dialogue.leaf if self._changed else None)

    def action_name(self) -> None:
        """Ask for a name of the branch."""
        from genchat.tui.screens.ask import LineScreen

        row = self.view.row
        if row is None or self._deleting:
            return
        turn = row.turn

        def name(text: str) -> None:
            if turn.stored is not None:
                turn.data = self._history.name_branch(turn.stored, text).data
            else:
                turn.data = {**turn.data, BRANCH_NAME: safe_line(text)}

        question = LineScreen(say("tree.name_title"), safe_line(name_of(turn.data)), say("tree.name_hint"), name)
        self.app.push_screen(question, self._named)

    def _named(self, text: str | None) -> None:
        self.view.refresh()

    def action_delete(self) -> None:
        """Ask for confirmation, then delete the branch."""
        from genchat.tui.screens.ask import ConfirmScreen

        row = self.view.row
        if row is None or self._deleting:
            return
        if row.depth == 0 and row.turn in self._dialogue.roots and not row.parts:
            self.notify(say("error.branch_is_all"), severity="warning", markup=False)
            return
        turn = row.turn
        written = self._written()
        if written is not None and self._dialogue.leads_to(turn, written):
            self.notify(say("tree.being_written"), severity="warning", markup=False)
            return
        values = {"text": safe_line(turn.text, 60), "messages": self._dialogue.count(turn)}
        question = ConfirmScreen(say("tree.delete_title"), say("tree.delete_question", **values))
        self.app.push_screen(question, lambda yes: self._delete(turn) if yes else None)

    def _delete(self, turn: Turn) -> None:
        self._deleting = True
        self.run_worker(partial(self._delete_now, turn), thread=True, group="delete", exit_on_error=False)

    def _delete_now(self, turn: Turn) -> None:
        """Delete in the history. In a large one it takes a while until not a byte is left."""
        try:
            if turn.stored is not None:
                self._history.delete_branch(turn.stored)
        except GenchatError as problem:
            self.post_message(self.BranchDeleted(turn, safe(str(problem))))
        else:
            self.post_message(self.BranchDeleted(turn))

    @on(BranchDeleted)
    def _deleted(self, message: BranchDeleted) -> None:
        self._deleting = False
        if message.error:
            self.notify(message.error, severity="error", markup=False)
            return
        at = self.view.at
        self._dialogue.remove(message.turn)
        self._changed = True
        self.view.show(rows_of(self._dialogue), at)
        self._say_what_there_is()
        self._show_comparison()
        self.notify(say("tui.delete.done"), markup=False)
