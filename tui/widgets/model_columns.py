"""Models side by side at one token: their candidates, how far apart they are, and what the whole reply cost each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from genchat.engine.language import say
from genchat.engine.language.numbers import decimal, percent
from genchat.engine.text import safe_line
from genchat.tui.colours import ThemeStyles, theme_styles
from genchat.tui.widgets.painting import Line, fit

if TYPE_CHECKING:
    from genchat.tui.chat.columns_request import Column

HEAD = 5  # lines above the candidates
_BETWEEN = " │ "
_NUMBER = 6


@dataclass(frozen=True)
class ColumnView:
    """A column that is shown: what its model said (None: not yet), or why it cannot; `kl` and `js` are bits."""

    name: str
    column: "Column | None" = None
    problem: str = ""
    kl: float | None = None  # None for the model that wrote the reply
    js: float | None = None


class ModelColumns(Widget):
    """The widget paints the columns. `chosen` is the column and `marked` the candidate that the keys stand on."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._views: Sequence[ColumnView] = ()
        self._chosen, self._marked = 0, 0

    def show(self, views: Sequence[ColumnView], chosen: int, marked: int) -> None:
        """Show these columns."""
        self._views, self._chosen, self._marked = views, chosen, marked
        self.refresh()

    @property
    def room(self) -> int:
        """Return how many candidates fit."""
        return max(self.size.height - HEAD, 1)

    def render_line(self, y: int) -> Strip:
        styles = theme_styles(self.app.current_theme)
        if not self._views:
            return Strip.blank(self.size.width, styles.text)
        width = (self.size.width - len(_BETWEEN) * (len(self._views) - 1)) // len(self._views)
        strips = []
        for number, view in enumerate(self._views):
            if number:
                strips.append(Line(len(_BETWEEN), styles.text).add(_BETWEEN, styles.rule).strip())
            strips.append(self._cell(view, number == self._chosen, y, width, styles))
        return Strip.join(strips).adjust_cell_length(self.size.width, styles.text)

    def _cell(self, view: ColumnView, chosen: bool, y: int, width: int, styles: ThemeStyles) -> Strip:
        line, column = Line(width, styles.text), view.column
        if y == 0:
            family = "" if column is None else column.family
            mark = "▸ " if chosen else "  "
            return line.add(mark).add(safe_line(view.name, width), styles.family(family)).strip()
        if column is None:
            waiting = safe_line(view.problem) if view.problem else say("columns.asking")
            lines = [waiting[start : start + width] for start in range(0, len(waiting), max(width, 1))]
            kind = styles.error if view.problem else styles.muted
            return line.add(lines[y - 1] if y - 1 < len(lines) else "", kind).strip()
        if y == 1:
            return line.add(
                fit(say("columns.price", bits=decimal(column.price.bits_per_byte)), width), styles.muted
            ).strip()
        if y == 2:
            return line.add(fit(say("columns.here", bits=decimal(column.bits)), width), styles.muted).strip()
        if y == 3:
            apart = say("columns.writer") if view.kl is None or view.js is None else ""
            apart = apart or say("columns.apart", kl=decimal(view.kl or 0.0), js=decimal(view.js or 0.0))
            return line.add(fit(apart, width), styles.muted).strip()
        index = y - HEAD
        if y < HEAD or index >= len(column.expected):
            return line.strip()
        expected = column.expected[index]
        marked = chosen and index == self._marked
        line.add("▸ " if marked else "  ", Style(color=styles.family_colour(column.family)))
        name = max(width - 2 - _NUMBER - 1 - self._bar(width), 4)
        line.add(expected.label, styles.selected if marked else styles.text, width=name)
        line.add(percent(expected.probability), styles.strong if marked else styles.muted, width=_NUMBER, right=True)
        filled = round(expected.probability * self._bar(width))
        return line.add(" ").add("█" * filled, Style(color=styles.family_colour(column.family))).strip()

    def _bar(self, width: int) -> int:
        return max(min(width - 22, 24), 0)
