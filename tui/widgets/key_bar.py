"""The last line: the keys that do something now, painted in one stroke; a click on one presses it."""

from textual import events
from textual.binding import Binding
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from genchat.tui.colours import inks
from genchat.tui.keys import description, short_key_name
from genchat.tui.widgets.painting import Line


class KeyBar(Widget):
    """Shows the active bindings that are marked to be shown."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._places: list[tuple[int, int, str]] = []

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def _changed(self, screen: Screen[object]) -> None:
        self.refresh()

    def _shown(self) -> list[Binding]:
        active = self.screen.active_bindings.values()
        found: dict[str, Binding] = {}
        for each in active:
            if each.binding.show and each.enabled and description(each.binding):
                found.setdefault(each.binding.description, each.binding)
        # Help first and then the way back, so that both are there on a narrow screen.
        return sorted(found.values(), key=lambda binding: {"help": 0, "stop": 1, "home": 1}.get(binding.id or "", 2))

    def render_line(self, y: int) -> Strip:
        found = inks(self.app.current_theme.dark)
        line = Line(self.size.width, found.text).add(" ")
        self._places = []
        shown = self._shown()
        leaving = [binding for binding in shown if binding.id == "quit"]  # always at the right end
        kept = sum(_width(binding) for binding in leaving)
        for binding in (each for each in shown if each not in leaving):
            if line.room - kept < _width(binding):
                break
            self._add(line, binding)
        line.add(" " * max(line.room - kept, 0))
        for binding in leaving:
            self._add(line, binding)
        return line.strip()

    def _add(self, line: Line, binding: Binding) -> None:
        found = inks(self.app.current_theme.dark)
        start = self.size.width - line.room
        line.add(short_key_name(binding), found.strong).add(" " + description(binding), found.muted).add("  ")
        self._places.append((start, self.size.width - line.room, binding.key.partition(",")[0]))

    def on_click(self, event: events.Click) -> None:
        for start, end, key in self._places:
            if start <= event.x < end:
                self.app.simulate_key(key)


def _width(binding: Binding) -> int:
    return len(short_key_name(binding)) + len(description(binding)) + 3
