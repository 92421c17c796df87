"""The guide of the tour: it has a reply written, shows stop after stop, sees when one was done, and puts all back.

During the tour the person's own conversation and settings are set aside, and nothing is written into the history.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genchat.engine.contract import ReplySettings
from genchat.engine.errors import GenchatError
from genchat.engine.history.protocol import History
from genchat.engine.history.records import Conversation
from genchat.engine.language import say
from genchat.tui.chat.dialogue import Dialogue
from genchat.tui.tour.bookmark import Bookmark
from genchat.tui.tour.card import TourCard
from genchat.tui.tour.stops import STOPS, Seen, cuts_of, replies_of

if TYPE_CHECKING:
    from genchat.tui.tour.stage import Stage

_EVERY = 0.15  # seconds between two looks at the screen
_TOKENS = 40
_SAMPLING: dict[str, Any] = {"temperature": 0.9, "top_k": 0, "top_p": 1.0, "min_p": 0.0, "seed": 7}  # real uncertainty


@dataclass(frozen=True)
class _Aside:
    """What is put back when the tour ends."""

    dialogue: Dialogue
    conversation: Conversation | None
    settings: ReplySettings
    history: History
    free_text: bool
    model: str


class Guide:
    """The guide of one chat screen. `names` tells keys by the ids of bindings; `bookmark` is the file of the place."""

    def __init__(
        self, screen: "Stage", card: TourCard, names: Callable[[], Mapping[str, str]], bookmark: Path | None
    ) -> None:
        self._screen, self._card, self._names, self._bookmark = screen, card, names, bookmark
        self._aside: _Aside | None = None
        self._stop_looking: Callable[[], object] | None = None
        self._seen = Seen()
        self._stop = 0
        self._wanted = 0  # the stop to begin at, once the reply is there
        self._written = False
        self._open: set[str] = set()
        self.offering = False

    @property
    def is_on(self) -> bool:
        """Return whether the tour goes on."""
        return self._aside is not None

    @property
    def stop(self) -> int:
        """Return the index of the stop that is shown."""
        return self._stop

    # -- beginning and ending -----------------------------------------------------------------------------------

    def offer(self) -> None:
        """Offer the tour once, at the very first start; whoever begins to write has answered."""
        if self._bookmark is None or self.is_on:
            return
        mark = Bookmark.read(self._bookmark)
        if mark.offered:
            return
        replace(mark, offered=True).write(self._bookmark)
        self.offering = True
        keys = self._names()
        words = say("tour.offer_keys", go_on=keys.get("tour_next", ""), leave=keys.get("tour_leave", ""))
        self._card.show_words(say("tour.offer_title"), say("tour.offer"), words)
        self._screen.refresh_bindings()

    def decline(self) -> None:
        """Take the offer away."""
        if self.offering:
            self.offering = False
            self._card.hide()
            self._screen.refresh_bindings()

    def start(self, at: int | None = None) -> None:
        """Begin, or go on at the stop where it was left."""
        from genchat.engine.history import NullHistory

        session = self._screen.session
        if self.is_on or session.live is not None:
            return
        self.offering = False
        mark = Bookmark() if self._bookmark is None else Bookmark.read(self._bookmark)
        self._wanted = min(mark.stop if at is None else at, len(STOPS) - 1)
        self._aside = _Aside(
            session.dialogue, session.conversation, session.settings, session.history, session.free_text, session.model
        )
        session.history = NullHistory()
        session.set_free_text(False)
        session.begin()
        sampling = replace(session.settings.sampling, **_SAMPLING)
        session.settings = ReplySettings(sampling, _TOKENS)
        self._written = False
        self._screen.show_conversation()
        listing = next((each for each in session.listings if each.name == session.model), None)
        if listing is None or listing.family in ("gemini", "documents") or not listing.chat:
            self._screen.models.load(session.local_model())
        self._card.show_words(say("tour.title"), say("tour.waiting"))
        self._stop_looking = self._screen.host.every(_EVERY, self._look)
        self._screen.refresh_bindings()

    def leave(self) -> None:
        """End the tour and put everything back; the place is kept."""
        aside, self._aside = self._aside, None
        if self._stop_looking is not None:
            self._stop_looking()
            self._stop_looking = None
        self.decline()
        self._card.hide()
        if aside is None:
            return
        session = self._screen.session
        if session.live is not None:
            session.live.stream.stop()
            session.live = None
        self._screen.bench.close()
        made_up = session.history
        session.history, session.settings = aside.history, aside.settings
        with suppress(GenchatError):
            made_up.close()
        session.set_free_text(aside.free_text)
        session.dialogue, session.conversation = aside.dialogue, aside.conversation
        if session.model != aside.model:
            self._screen.models.load(aside.model)
        self._screen.show_conversation()
        self._screen.action_home()
        self._screen.refresh_bindings()

    def next(self) -> None:
        """Do for the person what the stop asks for; begin the tour where it is only offered."""
        if not self.is_on:
            self.start(0 if self.offering else None)
        elif self._written:
            STOPS[self._stop].show(self._screen)

    # -- looking at the screen ----------------------------------------------------------------------------------

    def _look(self) -> None:
        screen, session = self._screen, self._screen.session
        names = {type(each).__name__ for each in screen.app.screen_stack[1:]}
        left, self._open = self._open - names, names
        self._seen.opened |= left
        if names:
            return
        if not self._written:
            reply = session.dialogue.last_reply
            if reply is None and session.backend is not None and session.live is None:
                screen.reply.answer(screen.reply.ask(say("tour.question")))
            elif reply is not None and session.live is None and reply.records:
                self._written = True
                self._show(self._wanted)
            return
        if STOPS[self._stop].done(screen, self._seen):
            self._go_on()

    def _go_on(self) -> None:
        if self._stop + 1 < len(STOPS):
            self._show(self._stop + 1)
            return
        self._keep(0)
        self.leave()
        self._screen.host.note(say("tour.end"), lasting=True)

    def _show(self, stop: int) -> None:
        self._stop = stop
        screen = self._screen
        reply = screen.session.dialogue.last_reply
        written = screen.session.settings if reply is None or reply.settings is None else reply.settings
        sampling = screen.bench.settings if screen.bench.is_open else written.sampling
        self._seen = Seen(screen.transcript.cursor, sampling.temperature, cuts_of(sampling), replies_of(screen))
        self._keep(stop)
        keys = self._names()
        wanted = " ".join(keys[each] for each in STOPS[stop].keys if each in keys)
        go_on, leave = keys.get("tour_next", ""), keys.get("tour_leave", "")
        self._card.show_stop(stop + 1, len(STOPS), STOPS[stop].name, wanted, go_on, leave)

    def _keep(self, stop: int) -> None:
        if self._bookmark is not None:
            Bookmark(stop, offered=True).write(self._bookmark)
