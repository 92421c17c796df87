"""The rows of a tree of branches, painted as they come into view, so that thousands cost no more than a screenful."""

import math
from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from genchat.engine.conversation import Role
from genchat.engine.language import say
from genchat.engine.language.numbers import decimal, percentage
from genchat.engine.text import safe_line
from genchat.tui.chat.dialogue import Status
from genchat.tui.chat.tree import BranchRow
from genchat.tui.colours import theme_styles
from genchat.tui.keys import bind
from genchat.tui.widgets.painting import right_aligned
from genchat.tui.widgets.surprise import surprise_bar

_MARGIN = 1
_DEEPEST = 8  # levels of indentation
_SPARKS = 10
_WHO = 14
_WIDE = 90  # columns from which on the sparkline is shown


class TreeView(ScrollView, can_focus=True):
    """The view holds the rows and the one the person stands on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("up", "walk(-1)", "tree_up"),
        bind("down", "walk(1)", "tree_down"),
        bind("left", "parent", "tree_parent"),
        bind("right", "child", "tree_child"),
        bind("pageup", "page(-1)", "tree_page_up"),
        bind("pagedown", "page(1)", "tree_page_down"),
        bind("home", "edge(0)", "tree_first"),
        bind("end", "edge(-1)", "tree_last"),
        bind("enter", "open", "tree_open", show=True),
        bind("equals_sign", "compare", "tree_compare", show=True, shown="="),
    ]

    class Stood(Message):
        """The person stands on another row."""

    class Opened(Message):
        """The person wants to see the branch of the row."""

    class Marked(Message):
        """The person marked the row, to compare it with another."""

    def __init__(self, rows: Sequence[BranchRow], at: int = 0) -> None:
        super().__init__()
        self.rows = list(rows)
        self.at = at
        self.marked: BranchRow | None = None
        self._places = {id(row.turn): place for place, row in enumerate(self.rows)}

    @property
    def row(self) -> BranchRow | None:
        """Return the row that the person stands on."""
        return self.rows[self.at] if self.rows else None

    def on_mount(self) -> None:
        self.virtual_size = Size(1, len(self.rows))
        self.call_after_refresh(self.stand, self.at)

    def on_resize(self, event: events.Resize) -> None:
        self.virtual_size = Size(event.size.width, len(self.rows))

    def render_line(self, y: int) -> Strip:
        place = self.scroll_offset.y + y
        width = self.scrollable_content_region.width
        styles = theme_styles(self.app.current_theme.dark)
        if place >= len(self.rows):
            return Strip.blank(width, styles.text)
        row = self.rows[place]
        base = styles.text if row.shown else styles.muted
        here = "›" if place == self.at else "=" if row is self.marked else " "
        indent = "  " * min(row.depth, _DEEPEST)
        left: list[tuple[str, Style]] = [(f"{here} ", styles.strong), (f"{indent}{self._branch(row)}", styles.faint)]
        who = say("tui.you") if row.turn.role is Role.USER else safe_line(row.turn.speaker, _WHO)
        left += [(f"{who}  ", styles.family(row.turn.family) if row.turn.role is Role.ASSISTANT else styles.muted)]
        left += [(row.shared, styles.faint), (row.own, styles.strong if place == self.at else base)]
        return right_aligned(width - _MARGIN, base, left, self._facts(row, width))

    @staticmethod
    def _branch(row: BranchRow) -> str:
        version, versions = row.version
        if versions == 1:
            return "│ "
        return "├ " if version < versions else "└ "

    def _facts(self, row: BranchRow, width: int) -> list[tuple[str, Style]]:
        """What stands at the right: probability where it parts, bits a token, surprise, how it ended."""
        styles = theme_styles(self.app.current_theme.dark)
        facts: list[tuple[str, Style]] = []
        if row.first_log_prob is not None:
            facts.append((f"  {percentage(math.exp(row.first_log_prob))}", styles.muted))
        bits = row.bits
        if bits is not None:
            facts.append((f"  {decimal(bits)} {say('tui.panel.bits')}", styles.faint))
            if width >= _WIDE:
                facts.append((f"  {_sparkline(row)}", styles.faint))
        if row.turn.role is Role.ASSISTANT and row.turn.status is not Status.DONE:
            facts.append((f"  {say(f'tui.tree.status_{row.turn.status}')}", styles.muted))
        if row.shown:
            facts.append((f"  {say('tui.tree.shown')}", styles.muted))
        return facts

    # -- walking ------------------------------------------------------------------------------------------------

    def stand(self, place: int) -> None:
        """Stand on a row, and bring it into view."""
        if not self.rows:
            return
        self.at = min(max(place, 0), len(self.rows) - 1)
        top, height = self.scroll_offset.y, self.scrollable_content_region.height
        if self.at < top:
            self.scroll_to(y=self.at, animate=False)
        elif self.at >= top + height:
            self.scroll_to(y=self.at - height + 1, animate=False)
        self.refresh()
        self.post_message(self.Stood())

    def action_walk(self, by: int) -> None:
        """Stand on the next or the previous row."""
        self.stand(self.at + by)

    def action_page(self, by: int) -> None:
        """Go a screenful on or back."""
        self.stand(self.at + by * max(self.scrollable_content_region.height - 1, 1))

    def action_edge(self, place: int) -> None:
        """Stand on the first row, or on the last."""
        self.stand(place % len(self.rows) if self.rows else 0)

    def action_parent(self) -> None:
        """Stand on the turn that this one follows."""
        row = self.row
        parent = None if row is None else row.turn.parent
        if parent is not None and id(parent) in self._places:
            self.stand(self._places[id(parent)])

    def action_child(self) -> None:
        """Stand on what follows, on the version that is shown."""
        row = self.row
        if row is not None and row.turn.children:
            self.stand(self._places[id(row.turn.children[row.turn.shown_child])])

    def action_open(self) -> None:
        """Show the branch of this row."""
        if self.row is not None:
            self.post_message(self.Opened())

    def action_compare(self) -> None:
        """Mark this row, or take its mark away."""
        self.marked = None if self.marked is self.row else self.row
        self.refresh()
        self.post_message(self.Marked())

    def on_click(self, event: events.Click) -> None:
        place = self.scroll_offset.y + event.y
        if place == self.at:
            self.action_open()
        elif place < len(self.rows):
            self.stand(place)


def _sparkline(row: BranchRow) -> str:
    """Return the surprise of a reply in a few bars, each the highest of its part."""
    values = [record.surprisal or 0.0 for record in row.turn.records]
    count = min(_SPARKS, len(values))
    parts = [values[len(values) * part // count : len(values) * (part + 1) // count] for part in range(count)]
    return "".join(surprise_bar(max(part)) for part in parts)
