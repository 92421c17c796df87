"""The help dialog (F1): it explains the screen and lists every key, read from the bindings themselves."""

from collections.abc import Iterable, Iterator
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from genchat.engine.language import say
from genchat.tui.keys import bind, description, key_names
from genchat.tui.screens.dialog import Dialog

_KEY_COLUMN = 33


class HelpScreen(Dialog[None]):
    """This dialog shows `explanations` of the screen and `groups` of (title, bindings), the most useful first."""

    BINDINGS: ClassVar[list[BindingType]] = [bind("f1,q,enter", "cancel", "close_help", priority=True)]

    def __init__(self, explanations: list[str], groups: list[tuple[str, list[Binding]]]) -> None:
        super().__init__(say("tui.help.title"), say("tui.help.close"))
        self._explanations = explanations
        self._groups = groups

    def parts(self) -> Iterable[Widget]:
        yield VerticalScroll(Static(self._content()), can_focus=True)

    def _content(self) -> Content:
        parts = [Content(text + "\n") for text in self._explanations]
        for title, bindings in self._groups:
            lines = list(_lines(bindings))
            if lines:
                parts.append(Content.assemble((title + "\n", "bold"), *lines))
        return Content("\n").join(parts)


def _lines(bindings: Iterable[Binding]) -> Iterator[tuple[str, str]]:
    listed: set[str] = set()
    for binding in bindings:
        text = description(binding)
        if text and binding.description not in listed:
            listed.add(binding.description)
            yield f"  {key_names(binding):<{_KEY_COLUMN}}", ""
            yield text + "\n", "$genchat-muted"
