"""The conversation as the screen holds it: a tree of turns, of which one path is shown.

Regenerating or editing adds a sibling; nothing is overwritten. No widget and no model is known here.
"""

from collections.abc import Iterator, Mapping, MutableSequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from genchat.engine.contract import FinishReason, Passages, ReplySettings
from genchat.engine.conversation import Message, Role
from genchat.engine.text import safe

if TYPE_CHECKING:
    from genchat.tui.chat.token_records import TokenRecord


class Status(StrEnum):
    """The status says how far a reply has come, or how it ended."""

    WAITING = "waiting"  # the model is still loading
    STREAMING = "streaming"
    DONE = "done"
    STOPPED = "stopped"
    LENGTH = "length"
    BLOCKED = "blocked"
    CUT = "cut"
    ERROR = "error"
    INTERRUPTED = "interrupted"  # the process died in the middle

    @classmethod
    def of(cls, reason: FinishReason) -> "Status":
        """Return the status of a reply that the model ended for this reason."""
        return cls.DONE if reason == "end" else cls(reason)

    @property
    def running(self) -> bool:
        """Return whether more of the reply may come."""
        return self in (Status.WAITING, Status.STREAMING)


@dataclass(eq=False, repr=False)
class Opinion:
    """Another model's records of a reply's text, shown instead of `own_records`; `by` names that model."""

    by: str
    family: str
    own_records: "MutableSequence[TokenRecord]"


@dataclass(eq=False, repr=False)  # Textual writes out what a worker is given; a turn may hold thousands of arrays
class Turn:
    """A turn is one message. `text` is exactly what was written; `records` are its tokens, where they are known."""

    role: Role
    text: str = ""
    parent: "Turn | None" = None
    children: list["Turn"] = field(default_factory=list)
    shown_child: int = 0
    status: Status = Status.DONE
    speaker: str = ""
    backend: str = ""  # the name that opens it again
    family: str = "plugin"
    records: "MutableSequence[TokenRecord]" = field(default_factory=list)
    opinion: Opinion | None = None  # set while `records` are another model's
    passages: Passages | None = None
    unsupported: list[tuple[int, int]] = field(default_factory=list)  # of `text`: what no passage bears out
    abstained: bool = False  # the documents do not hold the answer
    notes: list[str] = field(default_factory=list)
    error: str = ""
    retry_at: float | None = None  # on the monotonic clock: before that, asking again is of no use
    settings: ReplySettings | None = None
    free_text: bool = False  # a text to be continued, and its continuation
    tokens_per_second: float | None = None
    data: Mapping[str, Any] = field(default_factory=dict)  # what its backend wants to find again with it
    stored: int | None = None  # its id in the history
    checksum: str = ""  # of the model that wrote it, where that is known
    forked_from: "Turn | None" = None  # the version that this one shares its beginning with
    system: str = ""  # the system prompt that a reply was given
    recalled: bool = True  # False: the history knows more (tokens, sources) than stands here

    @property
    def shown_text(self) -> str:
        """Return the text in a form that is safe to show."""
        return shown(self.text)

    @property
    def records_family(self) -> str:
        """Return the family of the model that the records come from."""
        return self.family if self.opinion is None else self.opinion.family

    def show_opinion(self, records: "MutableSequence[TokenRecord]", by: str, family: str) -> None:
        """Show another model's records instead of the reply's own."""
        self.opinion = Opinion(by, family, self.records if self.opinion is None else self.opinion.own_records)
        self.records = records

    def show_own_records(self) -> None:
        """Show the reply's own records again."""
        if self.opinion is not None:
            self.records, self.opinion = self.opinion.own_records, None

    @property
    def siblings(self) -> list["Turn"]:
        """Return all versions of this turn, itself among them."""
        return [self] if self.parent is None else self.parent.children

    @property
    def version(self) -> tuple[int, int]:
        """Return the number of this version, counted from 1, and how many versions there are."""
        return self.siblings.index(self) + 1, len(self.siblings)


class Dialogue:
    """A dialogue is one conversation as a tree of turns."""

    def __init__(self, title: str = "", stored: str | None = None, system: str = "") -> None:
        self.title = title
        self.stored = stored
        self.system = system  # of the replies to come
        self._root = Turn(Role.SYSTEM)

    @property
    def path(self) -> list[Turn]:
        """Return the turns that are shown, oldest first."""
        return list(self._walk())

    def _walk(self) -> Iterator[Turn]:
        turn = self._root
        while turn.children:
            turn = turn.children[turn.shown_child]
            yield turn

    @property
    def roots(self) -> list[Turn]:
        """Return the first turns of all branches."""
        return self._root.children

    def show_branch(self, turn: Turn) -> None:
        """Show the branch that `turn` lies on; below it, what was shown there last."""
        below, above = turn, turn.parent
        while above is not None:
            above.shown_child = above.children.index(below)
            below, above = above, above.parent

    @property
    def leaf(self) -> Turn | None:
        """Return the newest turn that is shown."""
        path = self.path
        return path[-1] if path else None

    @property
    def last_reply(self) -> Turn | None:
        """Return the newest reply that is shown."""
        return next((turn for turn in reversed(self.path) if turn.role is Role.ASSISTANT), None)

    @property
    def last_question(self) -> Turn | None:
        """Return the newest shown message of the person."""
        return next((turn for turn in reversed(self.path) if turn.role is Role.USER), None)

    def add(self, turn: Turn, after: Turn | None = None) -> Turn:
        """Put `turn` after another one (at the beginning if None) and show it."""
        parent = after or self._root
        turn.parent = parent
        parent.children.append(turn)
        parent.shown_child = len(parent.children) - 1
        return turn

    def count(self, turn: Turn) -> int:
        """Return how many turns the branch has that begins with `turn`."""
        number, waiting = 0, [turn]
        while waiting:
            number += 1
            waiting += waiting.pop().children
        return number

    def remove(self, turn: Turn) -> None:
        """Take `turn` and all below it out of the tree; where it was shown, the next version is, or the one before."""
        parent = turn.parent
        if parent is None:
            return
        index = parent.children.index(turn)
        del parent.children[index]
        if parent.shown_child > index or parent.shown_child == len(parent.children):
            parent.shown_child = max(parent.shown_child - 1, 0)
        turn.parent = None

    def append(self, turn: Turn) -> Turn:
        """Put `turn` at the end of what is shown."""
        return self.add(turn, self.leaf)

    def parent_of(self, turn: Turn) -> Turn | None:
        """Return the turn before this one, or None at the beginning."""
        return None if turn.parent is self._root else turn.parent

    @staticmethod
    def leads_to(turn: Turn, end: Turn) -> bool:
        """Return whether `end` is this turn or lies below it."""
        each: Turn | None = end
        while each is not None and each is not turn:
            each = each.parent
        return each is turn

    def show_sibling(self, turn: Turn, by: int) -> Turn | None:
        """Show the version that is `by` steps away; returns None if there is none."""
        parent = turn.parent
        if parent is None:
            return None
        index = parent.children.index(turn) + by
        if not 0 <= index < len(parent.children):
            return None
        parent.shown_child = index
        return parent.children[index]

    def messages_before(self, turn: Turn) -> list[Message]:
        """Return the messages that a model reads in order to write `turn`, the system prompt first.

        A reply was given its own, which may have been changed since.
        """
        messages: list[Message] = []
        ancestor = self.parent_of(turn)
        while ancestor is not None:
            messages.append(Message(ancestor.role, ancestor.text, ancestor.data))
            ancestor = self.parent_of(ancestor)
        system = turn.system if turn.role is Role.ASSISTANT else self.system
        if system:
            messages.append(Message(Role.SYSTEM, system))
        return messages[::-1]


def shown(text: str) -> str:
    """Return a message's text as the transcript shows it."""
    return safe(text).replace("\t", "    ")
