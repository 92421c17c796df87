"""The screen of several models at one token of a reply: what each would write there, and how far apart they are.

Every model is asked in a worker thread of its own and its answers are kept, so that walking back costs nothing.
"""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from genchat.engine.comparing.next_bytes import js_divergence, kl_divergence
from genchat.engine.distribution import FloatArray
from genchat.engine.errors import GenchatError
from genchat.engine.language import say
from genchat.engine.text import safe, safe_line
from genchat.tui.chat.columns_request import LEAST, MOST, Column, ColumnsRequest
from genchat.tui.keys import bind
from genchat.tui.screens.layout import SMALLEST
from genchat.tui.widgets.inside import Page, Subject
from genchat.tui.widgets.inside.picture import TintedText
from genchat.tui.widgets.key_bar import KeyBar
from genchat.tui.widgets.model_columns import ColumnView, ModelColumns

if TYPE_CHECKING:
    from genchat.tui.chat.dialogue import Turn
    from genchat.tui.chat.session import Session

_TALL = 32  # lines from which more of the text is shown
_MUCH = 12.0  # bits apart that are shown as strongest


@dataclass(frozen=True)
class Taken:
    """The token that the person took, of which column; `writes_it` where the reply's own model is to go on."""

    turn: "Turn"
    column: Column
    token: int
    writes_it: bool


class _Text(Page):
    """The reply's text with its cursor, tinted by how many bits the models are apart on each token."""

    def __init__(self, subject: Subject, tokens: tuple[int, ...], position: int, tint: FloatArray) -> None:
        super().__init__(subject, tokens)
        self.position = position
        self._tint = tint

    def tint(self) -> FloatArray:
        """See Page."""
        return self._tint


class ColumnsScreen(Screen["Taken | None"]):
    """This screen answers with the token that was taken, if any."""

    CSS_PATH = "columns.tcss"
    AUTO_FOCUS = ""
    HELP_TITLE = "columns.help"
    HELP_TEXTS = ("columns.about",)
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("escape", "back", "columns_back", show=True, priority=True),
        bind("left", "token(-1)", "columns_left", show=True, shown="←→"),
        bind("right", "token(1)", "columns_right"),
        bind("up", "candidate(-1)", "columns_up", show=True, shown="↑↓"),
        bind("down", "candidate(1)", "columns_down"),
        bind("tab", "column(1)", "columns_next", show=True, priority=True),
        bind("shift+tab", "column(-1)", "columns_previous", priority=True),
        bind("enter", "take", "columns_take", show=True),
        bind("plus", "add", "columns_add", show=True),
        bind("minus", "remove", "columns_remove", show=True),
    ]

    class Answered(Message):
        """A model has answered, or could not."""

        def __init__(self, name: str, index: int, column: Column | None, problem: str = "") -> None:
            super().__init__()
            self.name, self.index, self.column, self.problem = name, index, column, problem

    def __init__(self, session: "Session", turn: "Turn", index: int) -> None:
        super().__init__()
        self._request = ColumnsRequest(session, turn)
        self._turn, self._index = turn, index
        self._names = [self._request.writer, *self._request.others()[: LEAST - 1]]
        self._columns: dict[str, Column] = {}
        self._problems: dict[str, str] = {}
        self._chosen = self._marked = 0
        self._title = Static("", id="columns-title", markup=False)
        self._text = TintedText(id="columns-text")
        self._parts = ModelColumns(id="columns")
        self._note = Static("", id="columns-note", markup=False)

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._text
        yield self._parts
        yield self._note
        yield KeyBar(id="keys")
        yield Static(say("tui.too_small"), id="too-small", markup=False)

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, lambda theme: self._show())
        self._ask()

    def on_resize(self, event: events.Resize) -> None:
        width, height = self.app.size
        self.set_class(width < SMALLEST[0] or height < SMALLEST[1], "-tiny")
        self.set_class(height >= _TALL, "-tall")
        self.call_after_refresh(self._show)

    # -- the models ---------------------------------------------------------------------------------------------

    def _ask(self) -> None:
        """Ask every model that has not answered at this token."""
        for name in self._names:
            known = self._columns.get(name)
            if (known is None or known.index != self._index) and name not in self._problems:
                work = partial(self._answer, name, self._index)
                self.run_worker(work, thread=True, exclusive=True, group=f"columns-{name}", exit_on_error=False)
        self._show()

    def _answer(self, name: str, index: int) -> None:
        try:
            self.post_message(self.Answered(name, index, self._request.column(name, index)))
        except GenchatError as error:
            self.post_message(self.Answered(name, index, None, safe(str(error))))
        except Exception as error:  # a model of another author may raise anything
            self.post_message(self.Answered(name, index, None, safe(f"{type(error).__name__}: {error}")))

    @on(Answered)
    def _answered(self, message: Answered) -> None:
        if message.column is None:
            self._problems[message.name] = message.problem
        elif message.index == self._index:
            self._columns[message.name] = message.column
        self._show()

    # -- what is shown ------------------------------------------------------------------------------------------

    def _show(self) -> None:
        record = self._turn.records[self._index]
        place = say("tui.panel.token", place=self._index + 1, count=len(self._turn.records))
        self._title.update(
            Content.assemble((say("columns.title", token=safe_line(record.label, 24)), "bold"), f"   {place}")
        )
        self._text.show(self._page())
        self._parts.show([self._view(name) for name in self._names], self._chosen, self._marked)
        key = "columns.alone" if len(self._names) < LEAST and not self._request.others() else "columns.note"
        self._note.update(Content(say(key)))

    def _page(self) -> _Text:
        records = self._turn.records
        tokens = tuple(record.token or 0 for record in records)
        subject = Subject(records[self._index].labels, self._turn.family)
        return _Text(subject, tokens, self._index, self._tint())

    def _tint(self) -> FloatArray:
        """How many bits the model that is furthest away is apart from the writer, token by token."""
        tint = np.zeros(len(self._turn.records), dtype=np.float32)
        own = self._columns.get(self._names[0])
        if own is None:
            return tint
        others = [self._columns[name] for name in self._names[1:] if name in self._columns]
        for index in range(len(tint) if others else 0):
            start, end = self._request.span(index)
            bits = own.price.between(start, end)
            tint[index] = min(max(abs(other.price.between(start, end) - bits) for other in others) / _MUCH, 1.0)
        return tint

    def _view(self, name: str) -> ColumnView:
        column, own = self._columns.get(name), self._columns.get(self._names[0])
        if column is None or column.index != self._index:
            return ColumnView(name, None, self._problems.get(name, ""))
        if own is None or own.index != self._index or column is own:
            return ColumnView(name, column)
        kl = kl_divergence(own.next_bytes, column.next_bytes)
        return ColumnView(name, column, "", kl, js_divergence(own.next_bytes, column.next_bytes))

    @on(TintedText.Picked)
    def _picked(self, message: TintedText.Picked) -> None:
        self.action_token(message.position - self._index)

    # -- what the person does -----------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "add":
                return len(self._names) < MOST and bool(self._further())
            case "remove":
                return len(self._names) > 1 and self._chosen > 0
            case "take":
                return self._names[self._chosen] in self._columns
        return True

    def _further(self) -> list[str]:
        return [name for name in self._request.others() if name not in self._names]

    def action_token(self, by: int) -> None:
        """Go to another token of the reply."""
        self._index = min(max(self._index + by, 0), len(self._turn.records) - 1)
        self._marked = 0
        self._ask()

    def action_candidate(self, by: int) -> None:
        """Go to another candidate of the chosen column."""
        column = self._columns.get(self._names[self._chosen])
        most = 0 if column is None else min(len(column.expected), self._parts.room) - 1
        self._marked = min(max(self._marked + by, 0), max(most, 0))
        self._show()

    def action_column(self, by: int) -> None:
        """Go to another column."""
        self._chosen, self._marked = (self._chosen + by) % len(self._names), 0
        self._show()
        self.refresh_bindings()

    def action_take(self) -> None:
        """Have the model of the column go on from here with the marked candidate."""
        column = self._columns.get(self._names[self._chosen])
        if column is not None and column.index == self._index:
            self.dismiss(Taken(self._turn, column, column.expected[self._marked].token, self._chosen == 0))

    def action_add(self) -> None:
        """Put another model beside these."""
        from genchat.tui.screens.models import ModelsScreen

        further = self._further()
        listings = [each for each in self._request.session.listings if each.name in further]
        self.app.push_screen(ModelsScreen(listings, ""), self._added)

    def _added(self, name: str | None) -> None:
        if name is not None and len(self._names) < MOST:
            self._names.append(name)
            self._problems.pop(name, None)
            self._ask()
            self.refresh_bindings()

    def action_remove(self) -> None:
        """Take the chosen column away."""
        self._names.pop(self._chosen)
        self._chosen, self._marked = 0, 0
        self._show()
        self.refresh_bindings()

    def action_back(self) -> None:
        """Go back to the chat."""
        self.dismiss(None)
