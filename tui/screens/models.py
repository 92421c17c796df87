"""The dialog that chooses a model: it lists all models of this machine, and says why some cannot be opened."""

from collections.abc import Iterable, Sequence

from textual import events, on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from genchat.engine.language import say
from genchat.engine.text import fold, safe_line
from genchat.tui.chat.services import ModelListing
from genchat.tui.screens.dialog import Dialog

_WIDEST_NAME = 24


class ModelsScreen(Dialog[str]):
    """This dialog answers with a model's name."""

    def __init__(self, listings: Sequence[ModelListing], current: str) -> None:
        super().__init__(say("tui.models.title"), say("tui.models.hint"))
        self._listings = listings
        self._current = current
        self._typed = ""

    def parts(self) -> Iterable[Widget]:
        if not self._listings:
            yield Static(Content(say("tui.models.none")))
            return
        yield OptionList(*(self._option(listing) for listing in self._listings), markup=False)

    def on_mount(self) -> None:
        for choices in self.query(OptionList):
            names = [listing.name for listing in self._listings]
            choices.highlighted = names.index(self._current) if self._current in names else 0
            choices.focus()

    def on_key(self, event: events.Key) -> None:
        """Narrow the list to what is typed; Backspace takes a letter back."""
        if event.key == "backspace":
            self._typed = self._typed[:-1]
        elif event.is_printable and event.character is not None:
            self._typed += event.character
        else:
            return
        event.stop()
        shown = [each for each in self._listings if self._matches(each)]
        for choices in self.query(OptionList):
            choices.clear_options()
            choices.add_options([self._option(each) for each in shown])
            choices.highlighted = 0 if shown else None
        box = self.query_one(".dialog")
        box.border_subtitle = Content(safe_line(f"› {self._typed}") if self._typed else say("tui.models.hint"))

    def _matches(self, listing: ModelListing) -> bool:
        return all(word in fold(f"{listing.name} {listing.family}") for word in fold(self._typed).split())

    def _option(self, listing: ModelListing) -> Option:
        mark = "● " if listing.name == self._current else "  "
        facts = [] if listing.family == listing.name else [listing.family]
        if not listing.chat:
            facts.append(say("tui.models.text_only"))
        if listing.description and not listing.problem:
            facts.append(listing.description)
        column = min(max(len(other.name) for other in self._listings), _WIDEST_NAME)
        name = safe_line(listing.name, _WIDEST_NAME).ljust(column)
        prompt = Content.assemble(mark, (name, "bold"), "  ", (safe_line(" · ".join(facts)), "$genchat-muted"))
        if listing.problem:
            # A reason may be long, and wraps here; it begins on a line of its own.
            prompt += Content("\n    " + safe_line(listing.problem))
        return Option(prompt, id=listing.name, disabled=bool(listing.problem))

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)
