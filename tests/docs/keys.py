"""The table of keys in docs/keys.md, read from the bindings themselves: `python -m tests.docs.keys` writes it anew.

A mode is what has the focus; its keys are those of the focused widget, of its screen and of the program.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from textual.binding import Binding

from genchat.engine.language import use_language
from genchat.tui.app import GenchatApp
from genchat.tui.keys import description, key_names
from genchat.tui.screens.branches import BranchesScreen
from genchat.tui.screens.chat import ChatScreen
from genchat.tui.screens.documents import DocumentsScreen
from genchat.tui.screens.help import bindings_of
from genchat.tui.screens.training import TrainingScreen
from genchat.tui.screens.tree import TreeScreen
from genchat.tui.screens.words import WordsScreen
from genchat.tui.widgets.branch_columns import BranchColumns
from genchat.tui.widgets.conversation_list import ConversationList
from genchat.tui.widgets.panel import Panel
from genchat.tui.widgets.prompt import Prompt
from genchat.tui.widgets.transcript import Transcript
from genchat.tui.widgets.tree_view import TreeView

DOCUMENT = Path(__file__).parents[2] / "docs" / "keys.md"
TABLES = re.compile(r"(?<=<!-- keys -->\n).*?(?=<!-- end of keys -->)", re.DOTALL)
MODES: dict[str, tuple[type, ...]] = {
    "everywhere": (GenchatApp,),
    "chat screen": (ChatScreen,),
    "prompt": (Prompt,),
    "transcript": (Transcript,),
    "candidates": (Panel,),
    "list of conversations": (ConversationList,),
    "documents": (DocumentsScreen,),
    "training": (TrainingScreen,),
    "words": (WordsScreen,),
    "tree": (TreeView, TreeScreen),
    "two branches": (BranchColumns, BranchesScreen),
}
TOGETHER: dict[str, tuple[str, ...]] = {
    "prompt": ("prompt", "chat screen", "everywhere"),
    "transcript": ("transcript", "chat screen", "everywhere"),
    "candidates": ("candidates", "chat screen", "everywhere"),
    "list of conversations": ("list of conversations", "chat screen", "everywhere"),
    "documents": ("documents", "everywhere"),
    "training": ("training", "everywhere"),
    "words": ("words", "everywhere"),
    "tree": ("tree", "everywhere"),
    "two branches": ("two branches", "everywhere"),
}


def bindings(group: str) -> list[Binding]:
    """The bindings of one table."""
    return [binding for owner in MODES[group] for binding in bindings_of(owner)]


def tables() -> str:
    """All tables, in English."""
    use_language("en")
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    for group in MODES:
        yield f"\n## {group[0].upper()}{group[1:]}\n\n| key | what it does | id |\n|---|---|---|"
        for binding in bindings(group):
            keys = key_names(binding).replace("  ", ", ").replace("|", "\\|")
            yield f"| {keys} | {description(binding)} | `{binding.id}` |"
    yield ""


if __name__ == "__main__":
    written = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(TABLES.sub(lambda _: tables(), written), encoding="utf-8")
    print(DOCUMENT)
