"""The history for reading: conversations, their messages, and the tokens of each reply with their distributions."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from types import TracebackType
from typing import TYPE_CHECKING

from genchat.engine.contract import Passages
from genchat.engine.distribution import LN2
from genchat.engine.errors import HistoryError, UsageError
from genchat.engine.history.protocol import History
from genchat.engine.history.records import Conversation, Run, SearchHit, StoredMessage
from genchat.engine.interface.arguments import count_of, kind_of, text_of
from genchat.engine.interface.next_tokens import Candidates
from genchat.engine.interface.opening import home
from genchat.engine.interface.tables import Rows, Table, notes, one_line
from genchat.engine.interface.tinted import Piece, hover_of, tinted
from genchat.engine.language import say
from genchat.engine.language.numbers import decimal, percent
from genchat.engine.text import safe

if TYPE_CHECKING:
    from genchat.engine.history.trace import StoredTrace


class Conversations(Rows[Conversation]):
    """These are conversations, the most recently used first."""

    def _table(self) -> Table:
        columns = ("id", "date", "messages", "title")
        return Table(
            tuple(say(f"interface.column_{name}") for name in columns),
            [
                (
                    conversation.id[:8],
                    f"{conversation.updated.astimezone():%Y-%m-%d %H:%M}",
                    str(conversation.messages),
                    conversation.title,
                )
                for conversation in self
            ],
            right=frozenset({2}),
        )


class Hits(Rows[SearchHit]):
    """These are the matches of a search, newest first."""

    def _table(self) -> Table:
        columns = ("id", "date", "title", "text")
        return Table(
            tuple(say(f"interface.column_{name}") for name in columns),
            [(hit.conversation[:8], f"{hit.created.astimezone():%Y-%m-%d}", hit.title, hit.excerpt) for hit in self],
        )


@dataclass(frozen=True, repr=False)
class SavedMessage:
    """This is one message of the history. `steps` are its tokens, each with its likeliest candidates; None where none
    were recorded.
    """

    stored: StoredMessage
    run: Run | None
    steps: "StoredTrace | None"
    passages: Passages | None

    @property
    def role(self) -> str:
        """ "user", "assistant" or "system"."""
        return str(self.stored.role)

    @property
    def text(self) -> str:
        """This is what was written."""
        return self.stored.text

    def candidates(self, position: int, top: int = 10) -> Candidates:
        """These candidates were kept of the model's distribution at the token of that position, counted from 0.

        Raises HistoryError where no tokens were kept, IndexError where there is no such token.
        """
        if self.steps is None:
            raise HistoryError("no_tokens_kept")
        vocabulary = self.steps.vocabulary
        bytes_of = _no_bytes if vocabulary is None else vocabulary.token_bytes
        return Candidates(self.steps[position].raw, bytes_of, self._label, count_of("top", top))

    def __str__(self) -> str:
        return safe(f"{say(f'history.speaker_{self.role}')}: {self.text}")

    def __repr__(self) -> str:
        if self.steps is None:
            return str(self)
        return self._table(self.steps).text()

    def _table(self, steps: "StoredTrace") -> Table:
        rows = []
        for step in steps:
            known = step.log_prob
            label = self._label(step.token, step.text)
            numbers = ("", "") if known is None else (percent(math.exp(known)), decimal(-known / LN2))
            rows.append((label, *numbers))
        columns = tuple(say(f"cli.column.{name}") for name in ("token", "percent", "bits"))
        return Table(columns, rows, right=frozenset({1, 2}), labels=frozenset({0}))

    def _label(self, token: int | None, text: str = "") -> str:
        vocabulary = None if self.steps is None else self.steps.vocabulary
        return one_line(text) if token is None or vocabulary is None else vocabulary.label(token)

    def _repr_html_(self) -> str:
        speaker = f"<b>{escape(say(f'history.speaker_{self.role}'))}</b>"
        if self.steps is None:
            return speaker + tinted([Piece(self.text, None, "")])
        below = () if self.run is None else (self.run.model,)
        return speaker + tinted(self._pieces(self.steps)) + notes(below)

    def _pieces(self, steps: "StoredTrace") -> Iterator[Piece]:
        for step in steps:
            label = self._label(step.token, step.text)
            hover = hover_of(label, step.log_prob, step.rank, step.raw, self._label)
            bits = None if step.log_prob is None else -step.log_prob / LN2
            yield Piece(label if step.special else step.text, bits, hover, step.special)


def _no_bytes(_token: int) -> bytes:
    return b""


class SavedConversation(Rows[SavedMessage]):
    """The messages of one conversation, first to last; `info` says its title and dates."""

    def __init__(self, info: Conversation, messages: Iterable[SavedMessage]) -> None:
        super().__init__(messages)
        self.info = info

    def __repr__(self) -> str:
        return "\n".join([one_line(self.info.title), *map(str, self)])

    def _repr_html_(self) -> str:
        title = f"<h4>{escape(one_line(self.info.title))}</h4>"
        return title + "".join(message._repr_html_() for message in self)


class SavedHistory:
    """The history file, for reading. Close it, or use it in a `with` block."""

    def __init__(self, history: History) -> None:
        self._history = history

    def list(self, limit: int = 50) -> Conversations:
        """The list is the conversations used last."""
        return Conversations(self._history.conversations(count_of("limit", limit)))

    def search(self, words: str, limit: int = 20) -> Hits:
        """The hits are messages and titles that hold all the words; accents and case do not matter."""
        return Hits(self._history.search(text_of(words), count_of("limit", limit)))

    def read(self, conversation: "str | Conversation | SearchHit", *, every_branch: bool = False) -> SavedConversation:
        """A conversation, by its id (or the beginning of it), or as `list` and `search` give it.

        The branch that was shown last, or every message of all branches in order of writing. Raises
        ConversationNotFound.
        """
        history = self._history
        if isinstance(conversation, Conversation):
            name = conversation.id
        elif isinstance(conversation, SearchHit):
            name = conversation.conversation
        elif isinstance(conversation, str):
            name = conversation
        else:
            raise UsageError("conversation_expected", found=kind_of(conversation))
        info = history.conversation(name)
        messages = history.tree(info.id) if every_branch else history.shown(info.id)
        return SavedConversation(
            info,
            (
                SavedMessage(message, history.run(message.id), history.trace(message.id), history.passages(message.id))
                for message in messages
            ),
        )

    def __iter__(self) -> Iterator[Conversation]:
        last: Conversation | None = None
        while page := self._history.conversations(50, last):
            yield from page
            last = page[-1]

    def close(self) -> None:
        """Let the file go. May be called twice."""
        self._history.close()

    def __enter__(self) -> "SavedHistory":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return repr(self.list())

    def _repr_html_(self) -> str:
        return self.list()._repr_html_()


def history() -> SavedHistory:
    """The conversations that were kept here, for reading. Raises HistoryError where there are none yet."""
    from genchat.engine.history.store import HistoryStore

    path = home()[0].history
    if not path.exists():
        raise HistoryError("history_absent", path=path)
    return SavedHistory(HistoryStore.open(path))
