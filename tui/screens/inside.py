"""The screen that shows what a model computed at one token, as pictures.

The model is asked once, in a worker; every key after that only paints what has arrived. The pages know their cursors,
the text below is tinted by what the page shows, and Esc always leads one step back.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from genchat.engine.errors import GenchatError
from genchat.engine.language import say
from genchat.engine.language.numbers import decimal
from genchat.engine.text import safe, safe_line
from genchat.engine.token_labels import Labels
from genchat.tui.keys import bind
from genchat.tui.screens.layout import SMALLEST
from genchat.tui.widgets.inside import Page, Subject
from genchat.tui.widgets.inside.pages import missing_of, pages_of
from genchat.tui.widgets.inside.picture import Picture, TintedText
from genchat.tui.widgets.key_bar import KeyBar

if TYPE_CHECKING:
    from genchat.tui.chat.dialogue import Turn
    from genchat.tui.chat.inside_request import Inside, InsideRequest
    from genchat.tui.chat.session import Session

_LONGEST_LABEL = 24
WIDE = 150  # columns from which the text stands beside the picture


class InsideScreen(Screen[None]):
    """This screen shows the pages of one token."""

    CSS_PATH = "inside.tcss"
    AUTO_FOCUS = ""
    HELP_TITLE = "tui.help.inside"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("escape", "back", "inside_back", show=True, priority=True),
        bind("tab", "page(1)", "inside_page", show=True, priority=True),
        bind("shift+tab", "page(-1)", "inside_page_before", priority=True),
        bind("enter", "open", "inside_open", show=True),
        bind("s", "sort", "inside_sort", show=True),
        bind("left", "move(-1, 0)", "inside_left", show=True, shown="←→"),
        bind("right", "move(1, 0)", "inside_right"),
        bind("up", "move(0, -1)", "inside_up", show=True, shown="↑↓"),
        bind("down", "move(0, 1)", "inside_down"),
    ]

    class Ready(Message):
        """The model has answered, or could not."""

        def __init__(self, inside: "Inside | None", error: str = "") -> None:
            super().__init__()
            self.inside, self.error = inside, error

    def __init__(self, request: "InsideRequest") -> None:
        super().__init__()
        self._request = request
        self._inside: Inside | None = None
        self._pages: list[Page] = []
        self._shown = 0
        self._error = ""
        self._title = Static("", id="inside-title", markup=False)
        self._tabs = Static("", id="inside-tabs", markup=False)
        self._picture = Picture(id="picture")
        self._text = TintedText(id="tinted")
        self._note = Static("", id="inside-note", markup=False)

    @classmethod
    def of(cls, session: "Session", turn: "Turn", index: int) -> "InsideScreen":
        """Return the screen for token `index` of `turn`."""
        from genchat.tui.chat.inside_request import InsideRequest

        return cls(InsideRequest(session, turn, index))

    @property
    def HELP_TEXTS(self) -> tuple[str, ...]:
        """Return the keys of the texts that explain the page that is shown."""
        page = self.page
        return ("inside.help",) if page is None else (page.EXPLANATION, "inside.help")

    @property
    def page(self) -> Page | None:
        """Return the page that is shown."""
        return self._pages[self._shown] if self._pages else None

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._tabs
        with Container(id="inside-body"):
            yield self._picture
            yield self._text
        yield self._note
        yield KeyBar(id="keys")
        yield Static(say("tui.too_small"), id="too-small", markup=False)

    def on_mount(self) -> None:
        model, label = safe_line(self._request.model), safe_line(self._request.label, _LONGEST_LABEL)
        self._title.update(Content.assemble((say("inside.title", token=label), "bold"), f"   {model}"))
        self._note.update(Content(say("inside.asking", name=model)))
        self.app.theme_changed_signal.subscribe(self, lambda theme: self._show())
        self.run_worker(self._ask, thread=True, exit_on_error=False, group="inside")

    def on_resize(self, event: events.Resize) -> None:
        width, height = self.app.size
        self.set_class(width < SMALLEST[0] or height < SMALLEST[1], "-tiny")
        self.set_class(width >= WIDE, "-wide")
        self.call_after_refresh(self._show)

    # -- the model ----------------------------------------------------------------------------------------------

    def _ask(self) -> None:
        try:
            self.post_message(self.Ready(self._request.ask()))
        except GenchatError as error:
            self.post_message(self.Ready(None, str(error)))
        except Exception as error:  # a model that cannot be laid open is no reason to end anything
            self.post_message(self.Ready(None, say("tui.reply_failed", reason=f"{type(error).__name__}: {error}")))

    @on(Ready)
    def _ready(self, message: Ready) -> None:
        self._inside, inside = message.inside, message.inside
        data = None if inside is None else inside.data
        subject = Subject(Labels(None) if inside is None else inside.labels, "" if inside is None else inside.family)
        self._pages = pages_of(data, subject, self._request.passages)
        if data is not None and inside is not None:
            label, seconds = safe_line(self._request.label, _LONGEST_LABEL), decimal(data.seconds)
            about = say("inside.computed", name=safe_line(inside.model), seconds=seconds)
            self._title.update(
                Content.assemble((say("inside.title", token=label), "bold"), (f"   {about}", "$genchat-muted"))
            )
        self._error = message.error
        self._show()
        self.refresh_bindings()

    # -- what is shown ------------------------------------------------------------------------------------------

    def _show(self) -> None:
        page = self.page
        self._tabs.update(self._tab_line())
        self.set_class(page is None or not page.tokens, "-no-text")
        self._picture.show(page)
        self._text.show(page)
        if self._inside is not None or self._error:
            self._say_note()

    def _tab_line(self) -> Content:
        """Return the names of the pages, or where there is no room for them the one shown, and what its marks mean."""
        page, room = self.page, self.app.size.width - 2
        if page is None:
            return Content("")
        titles = [f"[{each.title}]" if each is page else f" {each.title} " for each in self._pages]
        if sum(len(title) + 1 for title in titles) > room:
            titles = [f"[{page.title}]", f" {self._shown + 1}/{len(self._pages)} "]
        parts = [(f"{title} ", "bold" if title == f"[{page.title}]" else "$genchat-muted") for title in titles]
        legend = say(page.LEGEND)
        used = sum(len(title) + 1 for title in titles)
        if used + len(legend) < room:
            parts.append((legend.rjust(room - used), "$genchat-muted"))
        return Content.assemble(*parts)

    def _say_note(self) -> None:
        page, data = self.page, None if self._inside is None else self._inside.data
        lines = [] if page is None else [page.note()]
        if self._error:
            lines.append(self._error)
        elif data is not None or self._request.turn.family != "documents":
            lines += [say(key) for key in missing_of(data)]
        self._note.update(Content(safe("\n".join(line for line in lines if line))))

    @on(TintedText.Picked)
    def _picked(self, message: TintedText.Picked) -> None:
        if self.page is not None:
            self.action_move(message.position - self.page.position, 0)

    # -- what the person does -----------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        page = self.page
        match action:
            case "page":
                return len(self._pages) > 1
            case "move":
                return page is not None and (bool(page.tokens) or not parameters[0])
            case "open":
                return page is not None and page.opens
            case "sort":
                return page is not None and page.sorts
        return True

    def action_move(self, right: int, down: int) -> None:
        """Move the cursor of the page."""
        self._on_page(lambda page: page.move(right, down))

    def action_open(self) -> None:
        """Open what is under the cursor."""
        self._on_page(lambda page: page.open())

    def action_sort(self) -> None:
        """Sort the rows in another way."""
        self._on_page(lambda page: page.sort())

    def action_page(self, by: int) -> None:
        """Show the next page."""
        if self._pages:
            self._shown = (self._shown + by) % len(self._pages)
            self._show()
            self.refresh_bindings()

    def action_back(self) -> None:
        """Close what is open, or go back to the chat."""
        page = self.page
        if page is not None and page.close():
            self._show()
        else:
            self.dismiss(None)

    def _on_page(self, change: Callable[[Page], object]) -> None:
        if self.page is not None:
            change(self.page)
            self._show()
