"""Two branches side by side: the same lines as long as the texts are the same, a mark where they part, then each by
itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from genchat.engine.conversation import Role
from genchat.engine.language import say
from genchat.engine.language.numbers import decimal
from genchat.engine.text import safe_line
from genchat.tui.chat.branch_comparison import Comparison
from genchat.tui.chat.dialogue import Turn, shown
from genchat.tui.chat.tree import RowFacts
from genchat.tui.colours import ThemeStyles, theme_styles
from genchat.tui.keys import bind
from genchat.tui.widgets.painting import Line
from genchat.tui.widgets.wrapping import WrappedText

PARTING = "▌"
_MARGIN = 1
_BETWEEN = " │ "
_WIDEST = 90  # longer lines are hard to read
_ABOVE = 2  # lines shown above the place where the branches part


@dataclass(slots=True)
class _Column:
    """A column holds its lines of (text, kind), and the line where the branches part."""

    lines: list[list[tuple[str, str]]] = field(default_factory=list)
    parting: int = 0


class BranchColumns(ScrollView, can_focus=True):
    """The widget paints a comparison, the texts of the marked branch at the left."""

    HELP_TITLE = "tree.help_branches"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("up", "scroll_up", "scroll_up"),
        bind("down", "scroll_down", "scroll_down"),
        bind("pageup", "page_up", "page_up"),
        bind("pagedown", "page_down", "page_down"),
        bind("home", "scroll_home", "compare_home"),
        bind("end", "scroll_end", "compare_end"),
    ]

    def __init__(self, *, id: str | None = None, can_focus: bool = True) -> None:
        super().__init__(id=id)
        self.can_focus = can_focus
        self.comparison: Comparison | None = None
        self._facts: Mapping[int, RowFacts] = {}
        self._columns = (_Column(), _Column())

    def show(self, comparison: Comparison, facts: Mapping[int, RowFacts]) -> None:
        """Show another comparison, scrolled to where the branches part; the facts are by the id() of a turn."""
        self.comparison, self._facts = comparison, facts
        self._lay_out()
        self.call_after_refresh(self.to_parting)

    def tell(self, facts: Mapping[int, RowFacts]) -> None:
        """Show what has been read since of the turns."""
        self._facts = facts
        self._lay_out()

    def to_parting(self) -> None:
        """Scroll to the place where the branches part."""
        self.scroll_to(y=max(self._columns[0].parting - _ABOVE, 0), animate=False)

    @property
    def _column_width(self) -> int:
        room = self.scrollable_content_region.width - 2 * _MARGIN - len(_BETWEEN)
        return max(min(room // 2, _WIDEST), 8)

    def on_resize(self, event: events.Resize) -> None:
        self._lay_out()
        self.call_after_refresh(self.to_parting)

    def _lay_out(self) -> None:
        comparison, width = self.comparison, self._column_width
        if comparison is not None:
            one = self._column("=", comparison.one, comparison.same, width)
            self._columns = one, self._column("›", comparison.other, comparison.same, width)
        height = max(len(column.lines) for column in self._columns)
        self.virtual_size = Size(self.scrollable_content_region.width, height)
        self.refresh()

    def _column(self, sign: str, turns: tuple[Turn, ...], same: int, width: int) -> _Column:
        column = _Column()
        for place, turn in enumerate(turns):
            column.lines.append([(f"{' ' if place else sign} {self._heading(turn)}", "heading")])
            if place == 0:
                column.parting = len(column.lines) + _add_parted(column.lines, turn, same, width)
            else:
                body = WrappedText(width, turn.shown_text)
                column.lines += [[(body.text[start:end].rstrip("\n"), "own")] for start, end in body.lines]
            column.lines.append([])
        return column

    def _heading(self, turn: Turn) -> str:
        """Return who wrote a turn, which version it is, and how surprising it was to the model that wrote it."""
        facts = self._facts.get(id(turn)) or RowFacts(turn.speaker)
        version, versions = turn.version
        parts = [say("tui.you") if turn.role is Role.USER else safe_line(facts.speaker)]
        if versions > 1:
            parts.append(f"‹ {version}/{versions} ›")
        if facts.bits is not None:
            parts.append(f"{decimal(facts.bits)} {say('tui.surprise.unit')}")
        return "  ".join(parts)

    def render_line(self, y: int) -> Strip:
        styles = theme_styles(self.app.current_theme, "sheet")
        place, width = self.scroll_offset.y + y, self._column_width
        line = Line(self.scrollable_content_region.width, styles.text).add(" " * _MARGIN)
        one, other = (column.lines[place] if place < len(column.lines) else [] for column in self._columns)
        for pieces, between in ((one, _BETWEEN), (other, "")):
            used = Line(width, styles.text)
            for text, kind in pieces:
                used.add(text, _style(kind, styles))
            for segment in used.strip():
                line.add(segment.text, segment.style)
            line.add(between, styles.rule)
        return line.strip()


def _add_parted(lines: list[list[tuple[str, str]]], turn: Turn, same: int, width: int) -> int:
    """Add the lines of a turn with a mark where it parts; returns which of these lines has the mark."""
    before, after = shown(turn.text[:same]), shown(turn.text[same:]) or say("tui.tree.no_more")
    body = WrappedText(width, before + PARTING + after)
    marked = 0
    for number, (start, end) in enumerate(body.lines):
        edges = (start, *(min(max(len(before) + more, start), end) for more in (0, 1)), end)
        pieces = zip(pairwise(edges), ("same", "mark", "own"), strict=True)
        lines.append([(body.text[first:last].rstrip("\n"), kind) for (first, last), kind in pieces if last > first])
        if start <= len(before) < end:
            marked = number
    return marked


def _style(kind: str, styles: ThemeStyles) -> Style:
    return {"heading": styles.muted, "same": styles.faint, "mark": styles.warning}.get(kind, styles.text)
