"""The dialog that searches all stored messages while the person types."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from genchat.engine.conversation import Role
from genchat.engine.errors import GenchatError
from genchat.engine.history.protocol import History
from genchat.engine.history.records import SearchHit
from genchat.engine.language import say
from genchat.engine.text import safe, safe_line
from genchat.tui.dates import day_name, local_day
from genchat.tui.keys import bind
from genchat.tui.screens.dialog import Dialog
from genchat.tui.widgets.line_input import LineInput

_MOST = 40


class SearchScreen(Dialog[SearchHit]):
    """This dialog answers with the match that was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("down", "choose(1)", "hit_next", priority=True),
        bind("up", "choose(-1)", "hit_previous", priority=True),
    ]

    @dataclass
    class SearchDone(Message):
        """A search has ended."""

        words: str
        hits: tuple[SearchHit, ...]
        error: str = ""

    def __init__(self, history: History) -> None:
        super().__init__(say("tui.search.title"), say("tui.search.keys"))
        self._history = history
        self._hits: tuple[SearchHit, ...] = ()

    def parts(self) -> Iterable[Widget]:
        yield LineInput(placeholder=say("tui.search.placeholder"))
        choices = OptionList(markup=False)
        choices.can_focus = False
        yield choices
        yield Static("", classes="hint", markup=False)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        words = event.value
        self.run_worker(partial(self._search, words), thread=True, exclusive=True, exit_on_error=False, group="search")

    def _search(self, words: str) -> None:
        try:
            hits = self._history.search(words, limit=_MOST) if words.strip() else ()
        except GenchatError as error:
            self.post_message(self.SearchDone(words, (), str(error)))
        else:
            self.post_message(self.SearchDone(words, hits))

    @on(SearchDone)
    def _search_done(self, message: SearchDone) -> None:
        if message.words != self.query_one(Input).value:
            return
        self._hits = message.hits
        choices = self.query_one(OptionList)
        choices.clear_options()
        choices.add_options([Option(hit_content(hit)) for hit in self._hits])
        choices.highlighted = 0 if self._hits else None
        nothing = say("tui.search.nothing") if message.words.strip() and not self._hits else ""
        self.query_one(".hint", Static).update(Content(nothing))
        self.show_error(message.error)

    def action_choose(self, by: int) -> None:
        """Highlight the next or the previous match."""
        choices = self.query_one(OptionList)
        if self._hits:
            choices.highlighted = ((choices.highlighted or 0) + by) % len(self._hits)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        index = self.query_one(OptionList).highlighted
        if index is not None and index < len(self._hits):
            self.dismiss(self._hits[index])

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._hits[event.option_index])


def hit_content(hit: SearchHit) -> Content:
    """Return the title and the excerpt, with the matching words in bold; both may hold anything."""
    pieces: list[tuple[str, str]] = []
    last = 0
    for start, end in hit.highlights:
        pieces += [(_flat(hit.excerpt[last:start]), "$genchat-muted"), (_flat(hit.excerpt[start:end]), "bold")]
        last = end
    pieces.append((_flat(hit.excerpt[last:]), "$genchat-muted"))
    about = day_name(local_day(hit.created), datetime.now().astimezone().date())
    if hit.role is Role.USER:
        about += f" · {say('tui.you')}"
    title = safe_line(hit.title, 48) or say("tui.untitled")
    return Content.assemble((title, ""), (f"  {about}", "$genchat-faint"), "\n", *pieces)


def _flat(text: str) -> str:
    return safe(text).replace("\n", " ").replace("\t", " ")
