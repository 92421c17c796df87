"""One of a few values, on one line: ‹ value ›, changed with ← and → or a click."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from genchat.engine.text import safe_line
from genchat.tui.colours import theme_styles
from genchat.tui.keys import bind
from genchat.tui.widgets.painting import Line


class Choice(Widget, can_focus=True):
    """The widget offers `values`, pairs of a value and the text shown for it; the text may be untrusted."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("left", "step(-1)", "choice_previous"),
        bind("right,space", "step(1)", "choice_next"),
    ]

    class Changed(Message):
        """Another value was chosen."""

        def __init__(self, choice: "Choice", value: str) -> None:
            super().__init__()
            self.choice = choice
            self.value = value

        @property
        def control(self) -> "Choice":
            return self.choice

    def __init__(self, values: Sequence[tuple[str, str]], value: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._values = values
        names = [name for name, _ in values]
        self._index = names.index(value) if value in names else 0

    @property
    def value(self) -> str:
        """Return the value chosen now."""
        return self._values[self._index][0]

    @value.setter
    def value(self, value: str) -> None:
        self._choose([name for name, _ in self._values].index(value))

    def action_step(self, by: int) -> None:
        """Choose the next value or the one before, cyclically."""
        self._choose((self._index + by) % len(self._values))

    def _choose(self, index: int) -> None:
        if index != self._index:
            self._index = index
            self.refresh()
            self.post_message(self.Changed(self, self.value))

    def on_click(self, event: events.Click) -> None:
        self.action_step(-1 if event.x < 2 else 1)

    def render_line(self, y: int) -> Strip:
        styles = theme_styles(self.app.current_theme, "sheet")
        line = Line(self.size.width, styles.text)
        if y:
            return line.strip()
        mark, shown = (styles.strong, styles.strong) if self.has_focus else (styles.faint, styles.text)
        text = safe_line(self._values[self._index][1], max(self.size.width - 4, 1))
        return line.add("‹ ", mark).add(text, shown).add(" ›", mark).strip()

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()
