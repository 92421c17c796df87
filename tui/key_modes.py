"""The modes of the keyboard: which classes own the keys of each, and which of them are in force together.

Every screen is imported here, so that this is imported only where all keys are looked at.
"""

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding

from genchat.engine.language import say
from genchat.tui.keys import bindings_of, description
from genchat.tui.screens.branches import BranchesScreen
from genchat.tui.screens.chat import ChatScreen
from genchat.tui.screens.columns import ColumnsScreen
from genchat.tui.screens.documents import DocumentsScreen
from genchat.tui.screens.inside import InsideScreen
from genchat.tui.screens.replies import RepliesScreen
from genchat.tui.screens.training import TrainingScreen
from genchat.tui.screens.tree import TreeScreen
from genchat.tui.screens.words import WordsScreen
from genchat.tui.widgets.bench.panel import BenchPanel
from genchat.tui.widgets.branch_columns import BranchColumns
from genchat.tui.widgets.conversation_list import ConversationList
from genchat.tui.widgets.panel import Panel
from genchat.tui.widgets.prompt import Prompt
from genchat.tui.widgets.transcript import Transcript
from genchat.tui.widgets.tree_view import TreeView

EVERYWHERE = "everywhere"
PROMPT = "prompt"
MODES: dict[str, tuple[type, ...]] = {
    EVERYWHERE: (ChatScreen,),
    PROMPT: (Prompt,),
    "transcript": (Transcript,),
    "candidates": (Panel,),
    "bench": (BenchPanel,),
    "conversations": (ConversationList,),
    "tree": (TreeView, TreeScreen),
    "two branches": (BranchColumns, BranchesScreen),
    "pictures": (InsideScreen,),
    "columns": (ColumnsScreen,),
    "several replies": (RepliesScreen,),
}
MORE_SCREENS: dict[str, tuple[type, ...]] = {
    "documents": (DocumentsScreen,),
    "training": (TrainingScreen,),
    "words": (WordsScreen,),
}  # full screens whose keys each stand on their own help
FULL_SCREENS = (
    "tree",
    "two branches",
    "pictures",
    "columns",
    "several replies",
    *MORE_SCREENS,
)  # the chat screen is not there while one of these is


@dataclass(frozen=True)
class Modes:
    """The modes of the keyboard in a program, of which `program` is the app's class: its keys are in force in all."""

    program: type
    names: ClassVar[tuple[str, ...]] = (*MODES, *MORE_SCREENS)

    def own(self, mode: str) -> list[Binding]:
        """Return the bindings that a mode has of its own."""
        owners = MODES.get(mode) or MORE_SCREENS[mode]
        return _described(*owners, *([self.program] if mode == EVERYWHERE else []))

    def together(self, mode: str) -> list[Binding]:
        """Return the bindings in force in a mode: its own, those of the screen around it and those of the program."""
        if mode == EVERYWHERE:
            return self.own(mode)
        return self.own(mode) + (_described(self.program) if mode in FULL_SCREENS else self.own(EVERYWHERE))

    def title(self, mode: str) -> str:
        """Return the name of a mode, in the reader's language."""
        owners = MODES.get(mode) or MORE_SCREENS[mode]
        return say(next(title for owner in owners if (title := vars(owner).get("HELP_TITLE"))))


def _described(*owners: type) -> list[Binding]:
    return [binding for owner in owners for binding in bindings_of(owner) if description(binding)]
