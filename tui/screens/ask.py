"""Three small dialogs: they ask for a line, for a text of several lines, and for yes or no."""

from collections.abc import Callable, Iterable
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from genchat.engine.errors import GenchatError
from genchat.engine.language import say
from genchat.engine.text import safe
from genchat.tui.keys import bind
from genchat.tui.screens.dialog import Dialog
from genchat.tui.widgets.line_input import LineInput
from genchat.tui.widgets.prompt import Prompt


class LineScreen(Dialog[str]):
    """This dialog asks for one line of text. `check` may refuse it by raising a GenchatError, which is shown."""

    def __init__(self, title: str, text: str, hint: str = "", check: Callable[[str], object] | None = None) -> None:
        super().__init__(title, say("tui.dialog.enter"))
        self._initial = text
        self._hint = hint
        self._check = check

    def parts(self) -> Iterable[Widget]:
        if self._hint:
            yield Static(Content(safe(self._hint)), classes="hint")
        yield LineInput(self._initial, select_on_focus=False)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        try:
            if self._check is not None:
                self._check(event.value)
        except GenchatError as error:
            self.show_error(str(error))
            return
        self.dismiss(event.value)


class TextScreen(Dialog[str]):
    """This dialog asks for a text of several lines, written as in the prompt."""

    def __init__(self, title: str, text: str, hint: str, check: Callable[[str], object]) -> None:
        """`check` may refuse what was written by raising a GenchatError, which is shown."""
        super().__init__(title, say("tui.dialog.enter"))
        self._initial = text
        self._hint = hint
        self._check = check

    def parts(self) -> Iterable[Widget]:
        yield Static(Content(safe(self._hint)), classes="hint")
        yield Prompt()

    def on_mount(self) -> None:
        prompt = self.query_one(Prompt)
        prompt.write(self._initial)
        prompt.focus()

    @on(Prompt.Sent)
    def _sent(self, message: Prompt.Sent) -> None:
        message.stop()
        try:
            self._check(message.text)
        except GenchatError as error:
            self.show_error(str(error))
            return
        self.dismiss(message.text)


class ConfirmScreen(Dialog[bool]):
    """This dialog asks for confirmation. Yes needs its own key or a click on the word; Enter and Esc change nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("y,s", "confirm", "confirm"),
        bind("n,enter", "cancel", "cancel"),
    ]

    def __init__(self, title: str, text: str) -> None:
        super().__init__(title)
        self._text = text

    def parts(self) -> Iterable[Widget]:
        yield Static(Content(safe(self._text)))
        yes, no = say("tui.dialog.confirm").split(" · ")
        answers = "[@click=screen.confirm]$yes[/]   [@click=screen.cancel]$no[/]"
        yield Static(Content.from_markup(answers, yes=yes, no=no), classes="answers")

    def action_confirm(self) -> None:
        """Confirm, and close the dialog."""
        self.dismiss(True)
