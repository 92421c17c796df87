"""The dialog that chooses two to four models which all get the same message."""

from collections.abc import Iterable, Sequence

from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, SelectionList
from textual.widgets.selection_list import Selection

from genchat.engine.language import say
from genchat.engine.text import safe_line
from genchat.tui.chat.services import ModelListing
from genchat.tui.screens.dialog import Dialog

LEAST, MOST = 2, 4


class SeveralModelsScreen(Dialog[tuple[str, ...]]):
    """This dialog answers with the names of the chosen models."""

    def __init__(self, listings: Sequence[ModelListing], current: str) -> None:
        super().__init__(say("several.title"), say("several.hint"))
        self._listings = [each for each in listings if not each.problem and each.chat]
        self._current = current

    def parts(self) -> Iterable[Widget]:
        choices = [
            Selection(
                Content.assemble((safe_line(each.name, 24), "bold"), f"  {safe_line(each.family)}"),
                each.name,
                each.name == self._current,
            )
            for each in self._listings
        ]
        yield SelectionList[str](*choices, id="several")
        yield Button(say("several.send"), id="several-send", variant="primary")

    def on_mount(self) -> None:
        self.query_one("#several").focus()

    @on(Button.Pressed, "#several-send")
    def _send(self) -> None:
        chosen = tuple(self.query_one("#several", SelectionList).selected)
        if LEAST <= len(chosen) <= MOST:
            self.dismiss(chosen)
        else:
            self.show_error(say("several.how_many", least=LEAST, most=MOST))
