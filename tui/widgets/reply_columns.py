"""Replies of several models to one message, side by side: each with its tokens, one of which is open."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from textual.strip import Strip
from textual.widget import Widget

from genchat.engine.language import say
from genchat.engine.language.numbers import decimal, percent
from genchat.engine.text import safe_line
from genchat.tui.chat.dialogue import Turn
from genchat.tui.colours import ThemeStyles, theme_styles
from genchat.tui.widgets.painting import Line
from genchat.tui.widgets.tint import step_of, style_of
from genchat.tui.widgets.wrapping import WrappedText

_BETWEEN = " │ "
_ROWS = 5  # candidates of the open token
_HEAD = 2


class ReplyColumns(Widget):
    """The widget paints replies; `chosen` is the column and `tokens` the open token of each."""

    def __init__(self, turns: Sequence[Turn], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.turns = turns
        self.chosen = 0
        self.tokens = [0] * len(turns)

    @property
    def _width(self) -> int:
        return max((self.size.width - len(_BETWEEN) * (len(self.turns) - 1)) // max(len(self.turns), 1), 1)

    def render_line(self, y: int) -> Strip:
        styles = theme_styles(self.app.current_theme)
        strips: list[Strip] = []
        for number in range(len(self.turns)):
            if number:
                strips.append(Line(len(_BETWEEN), styles.text).add(_BETWEEN, styles.rule).strip())
            strips.append(self._cell(number, y, styles))
        return Strip.join(strips).adjust_cell_length(self.size.width, styles.text)

    def _cell(self, number: int, y: int, styles: ThemeStyles) -> Strip:
        turn, line = self.turns[number], Line(self._width, styles.text)
        records, bottom = turn.records, self.size.height - _ROWS - 1
        if y == 0:
            mark = "▸ " if number == self.chosen else "  "
            return line.add(mark).add(safe_line(turn.speaker), styles.family(turn.family)).strip()
        if y == 1:
            bits = [record.surprisal for record in records if record.surprisal is not None]
            told = say("several.bits", tokens=len(records), bits=decimal(sum(bits) / len(bits))) if bits else turn.error
            return line.add(told, styles.muted).strip()
        if y < bottom:
            return self._text(number, y - _HEAD, line, styles)
        if y == bottom or not records:
            return line.add("─" * self._width, styles.rule).strip() if y == bottom else line.strip()
        record = records[self.tokens[number]]
        rows = record.rows(_ROWS)
        if y - bottom - 1 >= len(rows):
            return line.strip()
        row = rows[y - bottom - 1]
        style = styles.strong if row.token == record.token else styles.text
        line.add("▸ " if row.token == record.token else "  ").add(row.label, style, width=max(self._width - 9, 4))
        return line.add(percent(row.raw), styles.muted, width=6, right=True).strip()

    def _text(self, number: int, y: int, line: Line, styles: ThemeStyles) -> Strip:
        records = self.turns[number].records
        pieces = [record.text for record in records]
        starts = list(accumulate((len(piece) for piece in pieces), initial=0))
        wrapped = WrappedText(self._width, "".join(pieces) or self.turns[number].shown_text)
        room = self.size.height - _ROWS - 1 - _HEAD
        opened = starts[self.tokens[number]] if records else 0
        at = bisect_right(wrapped.lines, opened, key=lambda span: span[0]) - 1
        first = max(min(at - room // 2, len(wrapped.lines) - room), 0)
        if first + y >= len(wrapped.lines):
            return line.strip()
        start, end = wrapped.lines[first + y]
        if not records:
            return line.add(wrapped.text[start:end]).strip()
        token = max(bisect_right(starts, start) - 1, 0)
        while token < len(records) and starts[token] < end:
            text = wrapped.text[max(starts[token], start) : min(starts[token + 1], end)]
            picked = number == self.chosen and token == self.tokens[number]
            line.add(
                text, styles.selected if picked else styles.text + style_of(step_of("surprise", records[token]), styles)
            )
            token += 1
        return line.strip()
