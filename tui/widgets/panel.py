"""The probability panel: what the model believed at one token, what sampling made of it, and why.

It shows the newest token while a reply comes and any past token the cursor stands on. Rows keep their places from
token to token; nothing here reflows by itself.
"""

from typing import TYPE_CHECKING, ClassVar

from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from genchat.engine.contract import Capabilities
from genchat.engine.evidence import Evidence
from genchat.engine.language import say, words_of
from genchat.engine.text import safe_line
from genchat.tui.chat.dialogue import Turn
from genchat.tui.chat.messages import CandidatesLeft, CandidateTaken, TokenStepWanted
from genchat.tui.colours import ThemeStyles, theme_styles
from genchat.tui.keys import bind
from genchat.tui.widgets.candidate_walk import CandidateWalk
from genchat.tui.widgets.candidates import (
    COMPACT_WIDTH,
    paint_compact,
    paint_header,
    paint_measures,
    paint_rest,
    paint_row,
    paint_sampling,
    paint_token,
)
from genchat.tui.widgets.fork_bindings import FORK_BINDINGS
from genchat.tui.widgets.painting import Line
from genchat.tui.widgets.why import Scene
from genchat.tui.widgets.why.painters import paint_why

if TYPE_CHECKING:
    from genchat.tui.chat.token_records import Row

_MARGIN = 1
_TWO_COLUMNS = 76  # from this width on, the reasons stand beside the candidates
_BETWEEN = 4
_LINES_ABOVE_ROWS = 16  # the same where the reasons stand beside them
_LINES_BESIDE_ROWS = 24  # what stands above and below the candidates when everything is shown
_FEWEST_ROWS = 6
_STRIP_LINES, _STRIP_COLUMNS = 3, 3


class Panel(ScrollView, can_focus=True):
    """The panel shows one open token."""

    HELP_TITLE = "tui.help.panel"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("up", "walk(-1)", "candidate_above", show=True, shown="↑↓"),
        bind("down", "walk(1)", "candidate_below"),
        bind("enter", "take", "candidate_take", show=True),
        bind("left", "token(-1)", "panel_token_previous", show=True, shown="←→"),
        bind("right", "token(1)", "panel_token_next"),
        bind("a", "all_rows", "all_rows", show=True),
        bind("escape", "leave", "leave_candidates", show=True),
        *FORK_BINDINGS,
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[Strip] = []
        self._turn: Turn | None = None
        self._index = 0
        self._evidence: Evidence | None = None
        self._evidence_of: tuple[Turn, int] | None = None
        self._capabilities = Capabilities()
        self.closed = False  # whether the model that wrote the reply has to be opened before it can say why
        self._all_rows = False
        self._walk = CandidateWalk()

    def show(self, turn: Turn | None, index: int, capabilities: Capabilities | None = None) -> None:
        """Open token `index` of `turn`; None shows what the panel is for."""
        if (turn, index) != (self._turn, self._index):
            self._walk.restart()
        self._turn, self._index = turn, index
        if capabilities is not None:
            self._capabilities = capabilities
        self._paint()

    def show_evidence(self, turn: Turn, index: int, evidence: Evidence | None) -> None:
        """Show why a token was chosen, as long as that token, or a later one that has no evidence yet, is open."""
        self._evidence, self._evidence_of = evidence, (turn, index)
        if turn is self._turn:
            self._paint()

    def forget_evidence(self) -> None:
        """Show no reasons until they are told anew, because the tokens before have changed."""
        self._evidence = self._evidence_of = None

    def repaint_all(self) -> None:
        """Repaint everything, because colours have changed."""
        self._paint()

    @property
    def _whole_width(self) -> int:
        return max(self.scrollable_content_region.width - 2 * _MARGIN, 20)

    @property
    def _width(self) -> int:
        """The width of what is painted: half of a wide panel, where the reasons stand beside the candidates."""
        return (self._whole_width - _BETWEEN) // 2 if self._whole_width >= _TWO_COLUMNS else self._whole_width

    @property
    def _theme_styles(self) -> ThemeStyles:
        return theme_styles(self.app.current_theme, "sheet")

    def _paint(self) -> None:
        if not self.region:  # hidden: painted when it comes back, by its resize
            return
        width, background = self.scrollable_content_region.width, self._theme_styles.text
        margin = Strip.blank(_MARGIN, background)
        before = self._lines
        self._lines = [
            Strip.join([margin, line]).adjust_cell_length(width, background) for line in self._compose_lines()
        ]
        if len(self._lines) != len(before) or self.virtual_size.width != width:
            self.virtual_size = Size(width, len(self._lines))
            self.refresh()
            return
        for index, (old, new) in enumerate(zip(before, self._lines, strict=True)):
            if old != new:
                self.refresh_line(index)

    def _compose_lines(self) -> list[Strip]:
        turn, styles, width = self._turn, self._theme_styles, self._width
        if turn is None or self._index >= len(turn.records):
            return self._empty(turn)
        record = turn.records[self._index]
        lines = [Strip.blank(width, styles.text), *paint_token(record, len(turn.records), width, styles)]
        lines.append(Strip.blank(width, styles.text))
        if turn.opinion is not None:
            names = {"by": safe_line(turn.opinion.by), "speaker": safe_line(turn.speaker)}
            lines += [*self._paragraph(say("tui.opinion.shown", **names)), Strip.blank(width, styles.text)]
        if record.kind == "none":
            lines += self._paragraph(words_of(record.reason or "tui.panel.not_stored"))
            lines += self._paragraph(say("tui.opinion.hint")) if record.reason else []
        else:
            beside = _LINES_ABOVE_ROWS if self._whole_width >= _TWO_COLUMNS else _LINES_BESIDE_ROWS
            count = record.row_count if self._all_rows else max(self.size.height - beside, _FEWEST_ROWS)
            rows = record.rows(count)
            lines.append(paint_header(width, styles))
            self._walk.shown(rows, record.token, len(lines))
            lines += [
                paint_row(row, row.token == record.token, width, styles, turn.records_family, self._is_walked(row))
                for row in rows
            ]
            lines += [Strip.blank(width, styles.text)] * (count - len(rows) if record.kind == "exact" else 0)
            lines += paint_rest(record, rows, width, styles)
            lines += paint_sampling(record, width, styles)
            if record.kind == "top-k" and record.vocabulary_size is None:
                lines += self._paragraph(say("tui.panel.top_k_only"))
        why = self._why(turn)
        return self._beside(lines, why) if self._whole_width >= _TWO_COLUMNS else [*lines, *why]

    def _beside(self, left: list[Strip], right: list[Strip]) -> list[Strip]:
        """Join two columns line by line; the rule that separates them in one column is not needed."""
        right = [Strip.blank(self._width, self._theme_styles.text), *right[1:]]
        blank, gap = (Strip.blank(width, self._theme_styles.text) for width in (self._width, _BETWEEN))
        count = max(len(left), len(right))
        return [
            Strip.join([left[row] if row < len(left) else blank, gap, right[row] if row < len(right) else blank])
            for row in range(count)
        ]

    def _why(self, turn: Turn) -> list[Strip]:
        styles, width = self._theme_styles, self._width
        record = turn.records[self._index]
        scene = Scene(record, width, styles, turn.family)
        rule = Line(width, styles.rule).add("─" * width).strip()
        if turn.passages is not None:
            from genchat.tui.widgets.why.passages import paint_passages

            return [rule, *paint_passages(turn.passages, scene)]
        if self.closed:
            return [rule, *self._paragraph(say("tui.why.closed", name=safe_line(turn.speaker)))]
        if not self._capabilities.can_explain:
            return []
        if self._evidence_of is None or self._evidence_of[0] is not turn:
            return [rule]
        _, of = self._evidence_of
        if of == self._index:
            return [rule, *paint_why(self._evidence, scene)]
        if of >= len(turn.records):
            return [rule]
        # The argument for this token is on its way; the last one stays, dimmed, so that nothing jumps.
        older = Scene(turn.records[of], width, styles, turn.family)
        return [rule, *(strip.apply_style(Style(dim=True)) for strip in paint_why(self._evidence, older))]

    def _empty(self, turn: Turn | None) -> list[Strip]:
        """Return what the panel is for, and, for a backend without probabilities, why it stays empty."""
        if turn is not None and turn.passages is not None:
            from genchat.tui.chat.token_records import TokenRecord
            from genchat.tui.widgets.why.passages import paint_passages

            scene = Scene(TokenRecord(0, None, "", ""), self._width, self._theme_styles, turn.family)
            return [scene.blank(), *paint_passages(turn.passages, scene)]
        key = "tui.panel.none" if self._capabilities.distribution == "none" else "tui.panel.empty"
        return [Strip.blank(self._width, self._theme_styles.text), *self._paragraph(say(key))]

    def _paragraph(self, text: str) -> list[Strip]:
        from genchat.tui.widgets.wrapping import WrappedText

        wrapped = WrappedText(self._width, text)
        return [Line(self._width, self._theme_styles.muted).add(wrapped.text[a:b]).strip() for a, b in wrapped.lines]

    def render_line(self, y: int) -> Strip:
        line = self.scroll_offset.y + y
        if line < len(self._lines):
            return self._lines[line]
        return Strip.blank(self.scrollable_content_region.width, self._theme_styles.text)

    def on_resize(self, event: events.Resize) -> None:
        self._paint()

    # -- walking the candidates ---------------------------------------------------------------------------------

    @property
    def marked(self) -> int | None:
        """Return the candidate that is marked, or would be if the panel had the focus."""
        return self._walk.token

    def _is_walked(self, row: "Row") -> bool:
        return self.has_focus and row.token == self._walk.token

    def on_focus(self) -> None:
        self._paint()

    def on_blur(self) -> None:
        self._paint()

    def on_click(self, event: events.Click) -> None:
        if self._walk.point(self.scroll_offset.y + event.y):
            self._paint()

    def action_walk(self, by: int) -> None:
        """Go to the next candidate; beyond the last one, the reasons below are scrolled into view."""
        if self._turn is None or not self._walk.step(by):
            self.scroll_relative(y=by, animate=False)
            return
        self._paint()
        self._reveal_walked()

    def _reveal_walked(self) -> None:
        line, top, height = self._walk.line, self.scroll_offset.y, self.scrollable_content_region.height
        if line is not None and not top <= line < top + height:
            self.scroll_to(y=line if line < top else line - height + 1, animate=False)

    def action_take(self) -> None:
        """Take the candidate that is marked."""
        token = self._walk.token
        if token is not None:
            self.post_message(CandidateTaken(token))

    def action_token(self, by: int) -> None:
        """Open the next token or the one before it."""
        self.post_message(TokenStepWanted(by))

    def action_leave(self) -> None:
        """Go back to the tokens."""
        self.post_message(CandidatesLeft())

    def action_all_rows(self) -> None:
        """Show all stored candidates, or only the best again."""
        self._all_rows = not self._all_rows
        self._paint()


class CandidateStrip(Panel, can_focus=True):
    """The strip is the panel for narrow screens: one line on the token, two lines with the best candidates."""

    def _compose_lines(self) -> list[Strip]:
        turn, styles, width = self._turn, self._theme_styles, self._width
        if turn is None or self._index >= len(turn.records):
            return self._empty(turn)[1 : 1 + _STRIP_LINES]
        record = turn.records[self._index]
        token = say("tui.panel.token", place=record.position + 1, count=len(turn.records))
        head = Line(width, styles.text).add(token, styles.muted).add("  ")
        head.add(record.label, styles.strong, width=12).add("  ")
        measures = paint_measures(record, head.room, styles)
        lines = [Strip([*head.strip().crop(0, width - head.room), *measures], width)]
        if record.kind == "none":
            return [*lines, *self._paragraph(words_of(record.reason or "tui.panel.not_stored"))][:_STRIP_LINES]
        columns = self._columns
        room = (_STRIP_LINES - 1) * columns
        rows = self._walk.window(record.rows(record.row_count), record.token, room)
        for first in range(0, (_STRIP_LINES - 1) * columns, columns):
            cells = [
                paint_compact(
                    row, row.token == record.token, width // columns, styles, turn.records_family, self._is_walked(row)
                )
                for row in rows[first : first + columns]
            ]
            lines.append(Strip.join(cells).adjust_cell_length(width, styles.text))
        return lines

    @property
    def _columns(self) -> int:
        return min(max(self._width // COMPACT_WIDTH, 1), _STRIP_COLUMNS)

    def on_click(self, event: events.Click) -> None:
        column = max(event.x - _MARGIN, 0) // (self._width // self._columns)
        row = event.y - 1
        if row >= 0 and column < self._columns and self._walk.point_in_window(row * self._columns + column):
            self._paint()
