"""The card of the tour: what to look at and which key to press, above the conversation and never over it."""

from textual.content import Content
from textual.widgets import Static

from genchat.engine.language import say


class TourCard(Static):
    """The card is hidden while there is no tour. Its two words at the end can be clicked."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("", id=id, markup=False)
        self.display = False

    def show_stop(self, number: int, count: int, name: str, keys: str, go_on: str, leave: str) -> None:
        """Show a stop; `keys` are those to press now, the last two those that do it and that leave."""
        title = say("tour.place", number=number, count=count, title=say(f"tour.{name}_title"))
        text = say(f"tour.{name}", keys=keys)
        self._show(title, text, say("tour.keys", keys=keys, go_on=go_on, leave=leave))

    def show_words(self, title: str, text: str, keys: str = "") -> None:
        """Show something that is no stop: an offer, a wait, the end."""
        self._show(title, text, keys)

    def _show(self, title: str, text: str, keys: str) -> None:
        self.update(Content.assemble((title, "bold"), f"  {text}", (f"\n{keys}" if keys else "", "$genchat-muted")))
        self.display = True

    def hide(self) -> None:
        """Take the card away."""
        self.display = False
