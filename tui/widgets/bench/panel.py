"""The two forms of the bench: a panel in the place of the token's panel, and two lines for narrow screens.

Keys go to the controller; whichever of the two is shown takes the focus.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

from textual import events, on
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from genchat.engine.language import say
from genchat.engine.language.numbers import percent
from genchat.tui.colours import ThemeStyles, theme_styles
from genchat.tui.keys import bind
from genchat.tui.widgets.bench.ruler import Share, paint_compact_ruler, paint_ruler
from genchat.tui.widgets.bench.stages import paint_headings, paint_model, paint_slider, paint_stage, paint_summary
from genchat.tui.widgets.bench.view import BenchView
from genchat.tui.widgets.candidates import paint_header, paint_row
from genchat.tui.widgets.painting import Line
from genchat.tui.widgets.wrapping import WrappedText

_MARGIN = 1
_FEWEST_ROWS, _MOST_ROWS = 3, 12
_OTHER_LINES = 14  # beside the candidates and the stages
_HINT_LINES = 2
_STRIP_LINES = 2


class BenchKeys(Protocol):
    """What the keys of the bench do; the controller does it."""

    def choose(self, by: int) -> None:
        """Go to another setting."""

    def change(self, by: int) -> None:
        """Change the chosen setting by one step."""

    def draw_next(self) -> None:
        """Draw one token, and wait."""

    def pick(self) -> None:
        """Let the person pick the token."""

    def keep(self) -> None:
        """Use these settings from now on."""

    def reset(self) -> None:
        """Go back to the settings of the reply."""

    def close(self) -> None:
        """Leave the bench."""


@dataclass
class _Delivered(Message, bubble=False):
    """A worker thread has left this to be done by the screen."""

    work: Callable[[], object]


class BenchPanel(ScrollView, can_focus=True, inherit_bindings=False):
    """The bench in the place of the token's panel."""

    HELP_TITLE = "bench.help"
    HELP_TEXTS = ("bench.explained",)
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("up", "choose(-1)", "bench_above", show=True, shown="↑↓"),
        bind("down", "choose(1)", "bench_below"),
        bind("left", "change(-1)", "bench_less", show=True, shown="←→"),
        bind("right", "change(1)", "bench_more"),
        bind("space", "draw_next", "bench_draw", show=True),
        bind("e", "pick", "bench_pick", show=True),
        bind("k", "keep", "bench_keep", show=True),
        bind("r", "reset", "bench_reset", show=True),
        bind("escape", "leave", "bench_leave", show=True),
    ]

    def __init__(self, keys: BenchKeys, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._keys = keys
        self._view: BenchView | None = None
        self._lines: list[Strip] = []
        self._row_lines: list[int] = []  # the line of each row of the table

    def show(self, view: BenchView | None) -> None:
        """Show this state; None empties the bench."""
        self._view = view
        self._paint()

    def deliver(self, work: Callable[[], object]) -> None:
        """Do this in the screen's thread. Any thread may call it."""
        self.post_message(_Delivered(work))

    @on(_Delivered)
    def _do(self, message: _Delivered) -> None:
        message.work()

    def on_show(self) -> None:
        self._paint()
        self.focus()

    def on_resize(self, event: events.Resize) -> None:
        self._paint()

    @property
    def rows_to_show(self) -> int:
        """Return how many candidates there is room for beside everything else."""
        rows = 0 if self._view is None else len(self._view.rows)
        return min(max(self.size.height - _OTHER_LINES - rows, _FEWEST_ROWS), _MOST_ROWS)

    @property
    def _theme_styles(self) -> ThemeStyles:
        return theme_styles(self.app.current_theme, "sheet")

    def _paint(self) -> None:
        if not self.region:
            return
        width, background = self.scrollable_content_region.width, self._theme_styles.text
        margin = Strip.blank(_MARGIN, background)
        lines = [] if self._view is None else self._compose_lines(self._view, max(width - 2 * _MARGIN, 20))
        before, self._lines = (
            self._lines,
            [Strip.join([margin, line]).adjust_cell_length(width, background) for line in lines],
        )
        if len(self._lines) != len(before) or self.virtual_size.width != width:
            self.virtual_size = Size(width, len(self._lines))
            self.refresh()
        else:
            for index, (old, new) in enumerate(zip(before, self._lines, strict=True)):
                if old != new:
                    self.refresh_line(index)
        self._reveal()

    def _reveal(self) -> None:
        """Scroll so that the chosen row and the slider below the table are in view as far as there is room."""
        if self._view is None or not self._row_lines:
            return
        line, top, height = self._row_lines[self._view.chosen], self.scroll_offset.y, self.size.height
        if line < top + 1 or line >= top + height - 1:
            self.scroll_to(y=max(line - height // 2, 0), animate=False)

    def _compose_lines(self, view: BenchView, width: int) -> list[Strip]:
        styles = self._theme_styles
        blank = Strip.blank(width, styles.text)
        lines = [paint_title(view, width, styles), *_paragraph(view.source, width, styles)]
        lines.append(blank)
        if view.error:
            lines += [*_paragraph(view.error, width, styles, error=True), blank]
        if view.waterfall is not None:
            drawn = view.waterfall.draw.token
            lines.append(paint_header(width, styles))
            rows = view.candidates[: self.rows_to_show]
            lines += [paint_row(row, row.token == drawn, width, styles, view.family) for row in rows]
            lines += [blank, *paint_ruler(shares_of(view), view.waterfall.draw.uniform, width, styles)]
            lines += [paint_draw(view, width, styles), blank]
        lines += [paint_headings(width, styles), paint_model(view, width, styles)]
        self._row_lines = [len(lines) + index for index in range(len(view.rows))]
        lines += [paint_stage(view, index, width, styles) for index in range(len(view.rows))]
        lines.append(paint_slider(view, width, styles))
        return [*lines, *_paragraph(say(f"sampling.hint.{view.row.setting.name}"), width, styles)[:_HINT_LINES]]

    def render_line(self, y: int) -> Strip:
        line = self.scroll_offset.y + y
        if line < len(self._lines):
            return self._lines[line]
        return Strip.blank(self.scrollable_content_region.width, self._theme_styles.text)

    def on_click(self, event: events.Click) -> None:
        line = self.scroll_offset.y + event.y
        if self._view is not None and line in self._row_lines:
            self._keys.choose(self._row_lines.index(line) - self._view.chosen)

    def action_choose(self, by: int) -> None:
        """Go to the setting above or below."""
        self._keys.choose(by)

    def action_change(self, by: int) -> None:
        """Change the setting."""
        self._keys.change(by)

    def action_draw_next(self) -> None:
        """Draw one token."""
        self._keys.draw_next()

    def action_pick(self) -> None:
        """Pick the token by hand."""
        self._keys.pick()

    def action_keep(self) -> None:
        """Use these settings from now on."""
        self._keys.keep()

    def action_reset(self) -> None:
        """Go back to the settings of the reply."""
        self._keys.reset()

    def action_leave(self) -> None:
        """Leave the bench."""
        self._keys.close()


class BenchStrip(BenchPanel):
    """The bench in two lines: the chosen stage with what is left, and the ruler."""

    def _compose_lines(self, view: BenchView, width: int) -> list[Strip]:
        styles = self._theme_styles
        self._row_lines = []
        lines = [paint_summary(view, width, styles)]
        if view.waterfall is not None:
            lines.append(paint_compact_ruler(shares_of(view), view.waterfall.draw.uniform, width, styles))
        else:
            lines += _paragraph(view.source, width, styles)
        return lines[:_STRIP_LINES]


def shares_of(view: BenchView) -> list[Share]:
    """Return what the ruler is divided into: the candidates in the order in which the draw goes through them."""
    if view.waterfall is None:
        return []
    fall = view.waterfall
    pairs = zip(fall.order.tolist(), fall.shares.tolist(), strict=True)
    return [Share(view.labels(token), share, token == fall.draw.token) for token, share in pairs]


def paint_title(view: BenchView, width: int, styles: ThemeStyles) -> Strip:
    """Paint which token is on the bench."""
    line = Line(width, styles.text).add(say("bench.title"), styles.strong).add("   ")
    if view.place > view.count:
        return line.add(say("bench.next_token", place=view.place), styles.muted).strip()
    line.add(say("tui.panel.token", place=view.place, count=view.count), styles.muted)
    if view.token is not None:
        line.add("  ").add(view.labels(view.token), styles.strong)
    return line.strip()


def paint_draw(view: BenchView, width: int, styles: ThemeStyles) -> Strip:
    """Paint which token these settings give, and whether the reply has another."""
    line = Line(width, styles.text)
    if view.waterfall is None:
        return line.strip()
    drawn = view.waterfall.draw.token
    line.add(say("bench.draws") + " ", styles.muted).add(view.labels(drawn), styles.strong)
    share = dict(zip(view.waterfall.order.tolist(), view.waterfall.shares.tolist(), strict=True)).get(drawn)
    if share is not None:
        line.add(f"  {percent(share)}%", styles.muted)
    if view.token is not None and view.place <= view.count:
        key = "bench.same" if view.token == drawn else "bench.other"
        line.add("  " + say(key, token=view.labels(view.token)), styles.muted)
    return line.strip()


def _paragraph(text: str, width: int, styles: ThemeStyles, *, error: bool = False) -> list[Strip]:
    wrapped = WrappedText(width, text)
    style = styles.error if error else styles.muted
    return [Line(width, styles.text).add(wrapped.text[a:b], style).strip() for a, b in wrapped.lines]
