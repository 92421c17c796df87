"""The probability panel: what the model believed at one token, what sampling made of it, and why.

It shows the newest token while a reply comes and any past token the cursor stands on. Rows keep their places from
token to token; nothing here reflows by itself.
"""

from typing import ClassVar

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
from genchat.tui.colours import ThemeStyles, theme_styles
from genchat.tui.keys import bind
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
from genchat.tui.widgets.painting import Line
from genchat.tui.widgets.why import Scene
from genchat.tui.widgets.why.painters import paint_why

_MARGIN = 1
_LINES_BESIDE_ROWS = 24  # what stands above and below the candidates when everything is shown
_FEWEST_ROWS = 6
_STRIP_LINES, _STRIP_COLUMNS = 3, 3


class Panel(ScrollView, can_focus=True):
    """The panel shows one open token."""

    HELP_TITLE = "tui.help.panel"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("a", "all_rows", "all_rows", show=True),
        bind("up", "scroll_up", "scroll_up"),
        bind("down", "scroll_down", "scroll_down"),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[Strip] = []
        self._turn: Turn | None = None
        self._index = 0
        self._evidence: Evidence | None = None
        self._evidence_of: tuple[Turn, int] | None = None
        self._capabilities = Capabilities()
        self._all_rows = False

    def show(self, turn: Turn | None, index: int, capabilities: Capabilities | None = None) -> None:
        """Open token `index` of `turn`; None shows what the panel is for."""
        self._turn, self._index = turn, index
        if capabilities is not None:
            self._capabilities = capabilities
        self._paint()

    def show_evidence(self, turn: Turn, index: int, evidence: Evidence | None) -> None:
        """Show why a token was chosen, as long as that token, or a later one that has no evidence yet, is open."""
        self._evidence, self._evidence_of = evidence, (turn, index)
        if turn is self._turn:
            self._paint()

    def repaint_all(self) -> None:
        """Repaint everything, because colours have changed."""
        self._paint()

    @property
    def _width(self) -> int:
        return max(self.scrollable_content_region.width - 2 * _MARGIN, 20)

    @property
    def _theme_styles(self) -> ThemeStyles:
        return theme_styles(self.app.current_theme.dark, "sheet")

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
            count = record.row_count if self._all_rows else max(self.size.height - _LINES_BESIDE_ROWS, _FEWEST_ROWS)
            rows = record.rows(count)
            lines.append(paint_header(width, styles))
            lines += [paint_row(row, row.token == record.token, width, styles, turn.records_family) for row in rows]
            lines += [Strip.blank(width, styles.text)] * (count - len(rows) if record.kind == "exact" else 0)
            lines += paint_rest(record, rows, width, styles)
            lines += paint_sampling(record, width, styles)
            if record.kind == "top-k" and record.vocabulary_size is None:
                lines += self._paragraph(say("tui.panel.top_k_only"))
        return [*lines, *self._why(turn)]

    def _why(self, turn: Turn) -> list[Strip]:
        styles, width = self._theme_styles, self._width
        record = turn.records[self._index]
        scene = Scene(record, width, styles, turn.family)
        rule = Line(width, styles.rule).add("─" * width).strip()
        if turn.passages is not None:
            from genchat.tui.widgets.why.passages import paint_passages

            return [rule, *paint_passages(turn.passages, scene)]
        if not self._capabilities.can_explain:
            return []
        if self._evidence_of is None or self._evidence_of[0] is not turn:
            return [rule]
        _, of = self._evidence_of
        if of == self._index:
            return [rule, *paint_why(self._evidence, scene)]
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

    def action_all_rows(self) -> None:
        """Show all stored candidates, or only the best again."""
        self._all_rows = not self._all_rows
        self._paint()


class CandidateStrip(Panel, can_focus=False):
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
        columns = min(max(width // COMPACT_WIDTH, 1), _STRIP_COLUMNS)
        rows = record.rows((_STRIP_LINES - 1) * columns)
        for first in range(0, (_STRIP_LINES - 1) * columns, columns):
            cells = [
                paint_compact(row, row.token == record.token, width // columns, styles, turn.records_family)
                for row in rows[first : first + columns]
            ]
            lines.append(Strip.join(cells).adjust_cell_length(width, styles.text))
        return lines
