"""The rows of a tree of branches, painted as they come into view, so that thousands cost no more than a screenful.

What the history tells of a row is asked for when the row comes into view (`Wanted`), and painted when it has come.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar

from rich.cells import cell_len
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
from genchat.engine.text import safe, safe_line, token_label
from genchat.tui.chat.dialogue import Status, Turn
from genchat.tui.chat.tree import SPARKS, BranchRow, RowFacts, first_word
from genchat.tui.colours import ThemeStyles, theme_styles
from genchat.tui.dates import short_time
from genchat.tui.keys import bind
from genchat.tui.widgets.painting import right_aligned
from genchat.tui.widgets.surprise import surprise_bar

_MARGIN = 1
_DEEPEST = 8  # levels of indentation
_WHO = 14
_LONGEST = 400  # characters of a turn that its row may show
_SHARED_SHOWN = 24  # characters of the shared beginning that are shown before the place where branches part
_WIDE = 90  # columns from which on the sparkline and the time are shown
_TIME, _STATUS, _STATUS_NARROW = 8, 18, 9  # columns

Pieces = list[tuple[str, Style]]


class TreeView(ScrollView, can_focus=True):
    """The view holds the rows and the one the person stands on."""

    HELP_TITLE = "tui.help.tree"
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

    class Compared(Message):
        """The person pressed the key that marks a row, and compares a second one with it."""

    class Wanted(Message):
        """Rows have come into view whose facts are not there yet."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, TreeView.Wanted)

    def __init__(self, rows: Sequence[BranchRow], at: int = 0) -> None:
        super().__init__()
        self.rows = list(rows)
        self.at = at
        self.marked: BranchRow | None = None
        self._facts: dict[int, RowFacts] = {}  # by the id() of the turn
        self._places = {id(row.turn): place for place, row in enumerate(self.rows)}

    @property
    def row(self) -> BranchRow | None:
        """Return the row that the person stands on."""
        return self.rows[self.at] if self.rows else None

    def show(self, rows: Sequence[BranchRow], at: int) -> None:
        """Show other rows, of which the person stands on one; what is known of turns that stay is kept."""
        marked = None if self.marked is None else self.marked.turn
        self.rows = list(rows)
        self._places = {id(row.turn): place for place, row in enumerate(self.rows)}
        self._facts = {turn: facts for turn, facts in self._facts.items() if turn in self._places}
        self.marked = None if marked is None or id(marked) not in self._places else self.rows[self._places[id(marked)]]
        self.virtual_size = Size(self.size.width, len(self.rows))
        self.stand(at)

    def take(self, facts: Mapping[int, RowFacts]) -> None:
        """Show what was read."""
        self._facts.update(facts)
        self.refresh()

    @property
    def facts(self) -> Mapping[int, RowFacts]:
        """Return what was read of turns, by the id() of a turn."""
        return self._facts

    def unread(self, turns: Iterable[Turn]) -> list[BranchRow]:
        """Return the rows of those turns of which nothing has been read."""
        return [self.rows[self._places[id(turn)]] for turn in turns if id(turn) not in self._facts]

    def wanted(self) -> list[BranchRow]:
        """Return the rows in view, and a screenful about them, that are to be read."""
        height = max(self.scrollable_content_region.height, 1)
        top = self.scroll_offset.y
        if all(id(row.turn) in self._facts for row in self.rows[top : top + height]):
            return []
        near = self.rows[max(top - height, 0) : top + 2 * height]
        return [row for row in near if id(row.turn) not in self._facts]

    def on_mount(self) -> None:
        self.virtual_size = Size(1, len(self.rows))
        self.call_after_refresh(self.stand, self.at)

    def on_resize(self, event: events.Resize) -> None:
        self.virtual_size = Size(event.size.width, len(self.rows))
        self.post_message(self.Wanted())

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self.post_message(self.Wanted())

    # -- painting -----------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        place = self.scroll_offset.y + y
        width = self.scrollable_content_region.width
        styles = theme_styles(self.app.current_theme)
        if place >= len(self.rows):
            return Strip.blank(width, styles.text)
        row = self.rows[place]
        facts = self._facts.get(id(row.turn)) or RowFacts(row.turn.speaker, row.turn.family, status=row.turn.status)
        here = "›" if place == self.at else "=" if row is self.marked else " "
        left: Pieces = [(f"{here} ", styles.strong), ("  " * min(row.depth, _DEEPEST) + _branch(row), styles.faint)]
        if row.turn.role is Role.USER:
            left.append((say("tui.you") + "  ", styles.muted))
        else:
            left.append((safe_line(facts.speaker, _WHO) + "  ", styles.family(facts.family)))
        if row.name:
            left.append((f"“{row.name}”  ", styles.strong))
        left += _words(row, facts, styles, standing=place == self.at)
        return right_aligned(width - _MARGIN, styles.text, left, self._figures(row, facts, width))

    def _figures(self, row: BranchRow, facts: RowFacts, width: int) -> Pieces:
        """Return what stands at the right: bits a token, surprise, time, how it ended."""
        styles = theme_styles(self.app.current_theme)
        unit = say("tui.panel.bits")
        bits = "" if facts.bits is None else f"{decimal(facts.bits)} {unit}"
        pieces: Pieces = [(f"  {bits:>{len(unit) + 6}}", styles.muted)]
        if width >= _WIDE:
            pieces.append((f"  {_sparkline(facts.sparks):<{SPARKS}}", styles.faint))
            made = "" if facts.created is None else short_time(facts.created, datetime.now(UTC))
            pieces.append((f"  {made:>{_TIME}}", styles.faint))
        ended = facts.status is not Status.DONE and row.turn.role is Role.ASSISTANT
        state = say("tui.tree.shown") if row.shown else ""
        if ended:
            state = say(f"tui.tree.status_{facts.status}")
        sign = "●" if row.shown else " "
        return [
            *pieces,
            (f" {sign} ", styles.text),
            (_cell(state, _STATUS if width >= _WIDE else _STATUS_NARROW), styles.muted),
        ]

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
        """Mark this row, take its mark away, or compare it with the marked one."""
        self.post_message(self.Compared())

    def mark(self, row: BranchRow | None) -> None:
        """Mark a row, to compare it with others; None takes the mark away."""
        self.marked = row
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        place = self.scroll_offset.y + event.y
        if place == self.at:
            self.action_open()
        elif place < len(self.rows):
            self.stand(place)


def _branch(row: BranchRow) -> str:
    version, versions = row.version
    if versions == 1:
        return "│ "
    return "├ " if version < versions else "└ "


def _words(row: BranchRow, facts: RowFacts, styles: ThemeStyles, *, standing: bool) -> Pieces:
    """Return the text of a turn: what its sisters begin with too, the token it parts with, what follows."""
    text, rest = row.turn.text, styles.text if row.shown or standing else styles.muted
    if not row.parts:
        return [(_on_one_line(text[:_LONGEST]), rest)]
    start, end = facts.token or first_word(text, row.same)
    before = text[:start].lstrip()
    cut = before if len(before) <= _SHARED_SHOWN else "…" + before[-_SHARED_SHOWN:]
    if facts.token is None:
        word = _on_one_line(text[start:end])
    else:
        word = token_label(text[start:end].encode("utf-8", "replace")) if end > start else say("tree.end")
    pieces: Pieces = [(_on_one_line(cut), styles.faint), (word, styles.strong)]
    if facts.token_log_prob is not None:
        pieces.append((f" {percentage(math.exp(facts.token_log_prob))} ", styles.muted))
    return [*pieces, (_on_one_line(text[end : end + _LONGEST]), rest)]


def _on_one_line(text: str) -> str:
    return safe(text).replace("\n", " ").replace("\t", " ")


def _cell(text: str, width: int) -> str:
    return text + " " * max(width - cell_len(text), 0) if cell_len(text) <= width else text[: width - 1] + "…"


def _sparkline(values: Sequence[float]) -> str:
    return "".join(map(surprise_bar, values))
