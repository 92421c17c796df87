"""The controller of forks: it takes another token at a place of a reply and lets the model that wrote it go on there.

The old reply stays; the fork stands beside it as another version, made with the same settings and the same seed, so
that a fork with the reply's own token writes the reply's own text.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from genchat.engine.contract import ReplySettings
from genchat.engine.errors import GenchatError, UsageError
from genchat.engine.language import say
from genchat.engine.language.numbers import percentage, whole
from genchat.engine.text import safe_line
from genchat.tui.chat.dialogue import Turn
from genchat.tui.chat.host import Host
from genchat.tui.chat.inspector import Inspector
from genchat.tui.chat.live_reply import LiveReply
from genchat.tui.chat.session import Session


@dataclass(frozen=True, eq=False)
class Fork:
    """A fork is a reply that begins with `tokens` in place of those of `origin`."""

    origin: Turn
    tokens: tuple[int, ...]
    settings: ReplySettings
    by_hand: int  # how many of the last tokens a person chose


class Forks:
    """This controller begins replies from within other replies."""

    def __init__(self, session: Session, host: Host, reply: LiveReply, inspector: Inspector) -> None:
        self._session = session
        self._host = host
        self._reply = reply
        self._inspector = inspector

    # -- what can be done ---------------------------------------------------------------------------------------

    @property
    def place(self) -> tuple[Turn, int] | None:
        """Return the open token if its model can go on from there: a turn that is over, and whose tokens are known."""
        if self._session.live is not None or self._inspector.token is None:
            return None
        turn, index = self._inspector.token
        known = index < len(turn.records) and all(record.token is not None for record in turn.records[: index + 1])
        return (turn, index) if known and turn.opinion is None and turn.settings is not None else None

    @property
    def unfinished(self) -> Turn | None:
        """Return the open reply if it could go on: one that was stopped, cut off or ended by its length."""
        place = self.place
        if place is None or place[0].records[-1].token is None or place[0].records[-1].special:
            return None
        return place[0]

    @property
    def origin(self) -> Turn | None:
        """Return the reply that the open one was forked from, if it was."""
        token = self._inspector.token
        return None if self._session.live is not None or token is None else token[0].forked_from

    # -- doing it -----------------------------------------------------------------------------------------------

    def take(self, turn: Turn, index: int, tokens: Sequence[int]) -> None:
        """Go on from token `index` of `turn` with other tokens in its place."""
        settings = turn.settings
        if settings is None or not tokens:
            return
        kept = tuple(record.token for record in turn.records[:index] if record.token is not None)
        most = max(settings.max_tokens, len(kept) + len(tokens))
        self._begin(Fork(turn, (*kept, *tokens), replace(settings, max_tokens=most), len(tokens)))

    def go_on(self) -> None:
        """Let a reply that was stopped or cut off go on for as long again."""
        turn = self.unfinished
        if turn is None or turn.settings is None:
            return
        tokens = tuple(record.token for record in turn.records if record.token is not None)
        settings = replace(turn.settings, max_tokens=len(tokens) + turn.settings.max_tokens)
        self._begin(Fork(turn, tokens, settings, 0))

    def type_tokens(self) -> None:
        """Ask for any text to stand at the open token, and go on from there."""
        from genchat.tui.screens.ask import LineScreen

        place = self.place
        if place is None:
            return
        turn, index = place
        name, open_backend = self._session.opener_of(turn)
        if self._session.backend_of(turn) is None:
            self._host.note(say("tui.fork.opening", name=safe_line(name)))
            self._host.work(open_backend, "open")
            return
        label = safe_line(turn.records[index].label)
        dialog = LineScreen(say("tui.fork.title", place=index + 1, token=label), "", say("tui.fork.hint"), self._check)

        def typed(text: str | None) -> None:
            if text:
                self.take(turn, index, self._encode(turn, text))

        self._host.ask(dialog, typed)

    def _check(self, text: str) -> None:
        """Raise UsageError for a text that the model's vocabulary cannot write."""
        place = self.place
        if place is not None and text:
            self._encode(place[0], text)

    def _encode(self, turn: Turn, text: str) -> list[int]:
        name, open_backend = self._session.opener_of(turn)
        tokenizer = open_backend().tokenizer
        if tokenizer is None:
            raise UsageError("fork_impossible", name=name)
        unknown = tokenizer.unknown_in(text)
        if unknown:
            raise UsageError("fork_unwritable", name=name, pieces=" ".join(unknown[:8]))
        return tokenizer.encode(text)

    def _begin(self, fork: Fork) -> None:
        parent = fork.origin.parent
        if parent is None:
            return
        try:
            self._session.check_fork(fork.origin)
        except GenchatError as problem:
            self._host.note(str(problem), error=True)
            return
        self._reply.answer_from(parent, fork.origin, fork.tokens, fork.settings)
        if fork.by_hand == 1:
            self._tell(fork)

    def _tell(self, fork: Fork) -> None:
        """Say how likely the model found the token that was chosen, where that is known already."""
        record = fork.origin.records[len(fork.tokens) - 1] if len(fork.tokens) <= len(fork.origin.records) else None
        token = fork.tokens[-1]
        row = None if record is None else next((row for row in record.rows(0xFFFF) if row.token == token), None)
        if row is not None:
            values = {"token": safe_line(row.label), "share": percentage(row.raw), "rank": whole(row.rank)}
            self._host.note(say("tui.fork.taken", **values))

    def undo(self) -> Turn | None:
        """Return the reply that the open one was forked from; both stay."""
        return self.origin
