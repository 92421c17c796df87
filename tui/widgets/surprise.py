"""The surprise line: one small bar a token of the reply, as high as the model was surprised by what it drew."""

from textual import events
from textual.strip import Strip
from textual.widget import Widget

from genchat.engine.language import say
from genchat.engine.language.numbers import decimal
from genchat.tui.chat.dialogue import Turn
from genchat.tui.chat.messages import TokenPicked
from genchat.tui.colours import theme_styles
from genchat.tui.widgets.painting import Line
from genchat.tui.widgets.tint import OFF, legend

_BARS = "▁▂▃▄▅▆▇█"
_HIGHEST = 12.0  # bits of a full bar
_INDENT = 2


class SurpriseLine(Widget):
    """The line follows the reply that the panel shows; a click opens the token under it."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._turn: Turn | None = None
        self._index = 0
        self._first = 0
        self._counted = 0  # records that the two sums hold
        self._known = 0
        self._bits = 0.0
        self._tint = OFF

    def explain(self, tint: str) -> None:
        """Say at the end of the line what the tint of the transcript means."""
        self._tint = tint
        self.refresh()

    def show(self, turn: Turn | None, index: int) -> None:
        """Show the reply, with the open token marked."""
        if turn is not self._turn or (turn is not None and len(turn.records) < self._counted):
            self._counted, self._known, self._bits = 0, 0, 0.0
        self._turn, self._index = turn, index
        for record in turn.records[self._counted :] if turn is not None else ():
            self._counted += 1
            if record.surprisal is not None:
                self._known += 1
                self._bits += record.surprisal
        self.refresh()

    def render_line(self, y: int) -> Strip:
        styles = theme_styles(self.app.current_theme)
        line = Line(self.size.width, styles.text).add(" " * _INDENT)
        records = self._turn.records if self._turn is not None else []
        meaning = legend(self._tint, styles)
        if not self._known:
            for text, style in meaning:
                line.add(text, style)
            return line.strip()
        tail = f"  {decimal(self._bits / self._known)} {say('tui.surprise.unit')}"
        width = sum(len(text) for text, _ in meaning)
        if width and line.room - width < 8 + len(tail):
            tail = ""
        room = max(line.room - len(tail) - width - 3, 8)
        self._first = max(min(self._index - room // 2, len(records) - room), 0)
        shown = records[self._first : self._first + room]
        for index, record in enumerate(shown, self._first):
            open_here = index == self._index
            line.add(surprise_bar(record.surprisal or 0), styles.strong if open_here else styles.faint)
        line.add(tail, styles.muted)
        if meaning:
            line.add(" " * max(line.room - width - 1, 1))
        for text, style in meaning:
            line.add(text, style)
        return line.strip()

    def on_click(self, event: events.Click) -> None:
        index = self._first + event.x - _INDENT
        if self._turn is not None and 0 <= index < len(self._turn.records):
            self.post_message(TokenPicked(self._turn, index))


def surprise_bar(bits: float) -> str:
    """Return one character as high as the surprise."""
    return _BARS[round(min(bits / _HIGHEST, 1) * (len(_BARS) - 1))]
