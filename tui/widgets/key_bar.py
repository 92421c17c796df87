"""The last line: the keys that do something now, painted in one stroke; a click on one presses it."""

from textual import events
from textual.binding import Binding
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from genchat.tui.colours import theme_styles
from genchat.tui.keys import description, short_key_name
from genchat.tui.widgets.painting import Line


class KeyBar(Widget):
    """The bar shows the active bindings that are marked to be shown."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._key_spans: list[tuple[int, int, str]] = []

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def _changed(self, screen: Screen[object]) -> None:
        self.refresh()

    def _shown(self) -> list[Binding]:
        active = self.screen.active_bindings.values()
        bindings: dict[str, Binding] = {}
        for active_binding in active:
            if active_binding.binding.show and active_binding.enabled and description(active_binding.binding):
                bindings.setdefault(active_binding.binding.description, active_binding.binding)
        # Help first and then the way back, so that both are there on a narrow screen.
        first = {"help": 0, "stop": 1, "home": 1, "bench_leave": 1}
        return sorted(bindings.values(), key=lambda binding: first.get(binding.id or "", 2))

    def render_line(self, y: int) -> Strip:
        styles = theme_styles(self.app.current_theme)
        line = Line(self.size.width, styles.text).add(" ")
        self._key_spans = []
        shown = self._shown()
        leaving = [binding for binding in shown if binding.id == "quit"]  # always at the right end
        kept = sum(_width(binding) for binding in leaving)
        for binding in (other for other in shown if other not in leaving):
            if line.room - kept < _width(binding):
                break
            self._add(line, binding)
        line.add(" " * max(line.room - kept, 0))
        for binding in leaving:
            self._add(line, binding)
        return line.strip()

    def _add(self, line: Line, binding: Binding) -> None:
        styles = theme_styles(self.app.current_theme)
        start = self.size.width - line.room
        line.add(short_key_name(binding), styles.strong).add(" " + description(binding), styles.muted).add("  ")
        self._key_spans.append((start, self.size.width - line.room, binding.key.partition(",")[0]))

    def on_click(self, event: events.Click) -> None:
        for start, end, key in self._key_spans:
            if start <= event.x < end:
                self.app.simulate_key(key)


def _width(binding: Binding) -> int:
    return len(short_key_name(binding)) + len(description(binding)) + 3
