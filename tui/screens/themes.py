"""The dialog that chooses a theme: what is highlighted is shown at once, Enter keeps it, Esc restores the old one."""

from collections.abc import Callable, Iterable

from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import OptionList

from genchat.engine.language import say
from genchat.tui.colours import theme_names
from genchat.tui.screens.dialog import Dialog


class ThemesScreen(Dialog[str]):
    """This dialog answers with a theme's name."""

    def __init__(self, current: str, preview: Callable[[str], object]) -> None:
        """`preview` shows a theme."""
        super().__init__(say("tui.themes.title"), say("tui.themes.hint"))
        self._current = current
        self._preview = preview
        self._names = theme_names()

    def parts(self) -> Iterable[Widget]:
        yield OptionList(*(Content(f"{'●' if name == self._current else ' '} {name}") for name in self._names))

    def on_mount(self) -> None:
        choices = self.query_one(OptionList)
        choices.highlighted = self._names.index(self._current)
        choices.focus()

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        if self._names[event.option_index] != self.app.theme:
            self._preview(self._names[event.option_index])

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._names[event.option_index])

    def action_cancel(self) -> None:
        """Show the theme of before, and close."""
        self._preview(self._current)
        self.dismiss(None)
