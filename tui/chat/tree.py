"""All branches of a conversation as rows: the past that branches share once, each branch from where it parts.

No widget is known here. A row is made for every turn at once; what the history tells of it (its model, time, surprise,
and the token it parts with) is read later, for the rows that are looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from genchat.engine.conversation import Role
from genchat.engine.distribution import LN2
from genchat.engine.errors import GenchatError
from genchat.engine.history.branches import StoredReply, name_of
from genchat.engine.history.protocol import History
from genchat.engine.text import safe_line
from genchat.tui.chat.dialogue import Dialogue, Status, Turn

if TYPE_CHECKING:
    from genchat.engine.history.trace import StoredTrace

SPARKS = 10  # parts of a reply in its curve of surprise


@dataclass(frozen=True, eq=False)
class BranchRow:
    """A row is one turn. `same` counts the characters it begins with as the sister nearest to it does."""

    turn: Turn
    depth: int  # how many branchings lie above it
    same: int
    version: tuple[int, int]
    shown: bool

    @property
    def name(self) -> str:
        """Return the name that a person gave to this branch, safe to show."""
        return safe_line(name_of(self.turn.data))

    @property
    def parts(self) -> bool:
        """Return whether there are sisters that this turn can differ from."""
        return self.version[1] > 1


@dataclass(frozen=True, slots=True)
class RowFacts:
    """These facts of a turn come from the history. `token` is where in the text the token stands with which it parts;
    it is empty for the end marker. `bits` are of surprise a token; each of `sparks` is the most surprising token of one
    part of the reply.
    """

    speaker: str = ""
    family: str = ""
    created: datetime | None = None
    status: Status = Status.DONE
    token: tuple[int, int] | None = None
    token_log_prob: float | None = None  # natural
    bits: float | None = None
    sparks: tuple[float, ...] = ()


def rows_of(dialogue: Dialogue) -> list[BranchRow]:
    """Return a row for every turn, each branch after the one before it; no recursion, for branches may be deep."""
    shown = set(map(id, dialogue.path))
    rows: list[BranchRow] = []
    waiting = list(reversed(_sisters(dialogue.roots, 0, shown)))
    while waiting:
        row = waiting.pop()
        rows.append(row)
        children = row.turn.children
        waiting.extend(reversed(_sisters(children, row.depth + (len(children) > 1), shown)))
    return rows


def _sisters(turns: Sequence[Turn], depth: int, shown: set[int]) -> list[BranchRow]:
    """Return the rows of all versions of one turn."""
    same = shared_lengths([turn.text for turn in turns]) if len(turns) > 1 else [0] * len(turns)
    return [
        BranchRow(turn, depth, length, (place, len(turns)), id(turn) in shown)
        for place, (turn, length) in enumerate(zip(turns, same, strict=True), 1)
    ]


def shared_lengths(texts: Sequence[str]) -> list[int]:
    """Return how many characters each text begins with that another one begins with too.

    The texts that share most with one stand beside it in alphabetical order.
    """
    lengths = [0] * len(texts)
    order = sorted(range(len(texts)), key=lambda index: texts[index])
    for one, other in pairwise(order):
        length = shared_length(texts[one], texts[other])
        lengths[one], lengths[other] = max(lengths[one], length), max(lengths[other], length)
    return lengths


def shared_length(one: str, other: str) -> int:
    """Return how many characters both texts begin with."""
    low, high = 0, min(len(one), len(other))
    while low < high:  # comparing slices is faster than comparing characters, even so many times
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def first_word(text: str, same: int) -> tuple[int, int]:
    """Return where the word stands that a text parts with from another after `same` characters."""
    start = same
    while 0 < start < len(text) and text[start - 1].isalnum() and text[start].isalnum():
        start -= 1
    end = start
    while end < len(text) and text[end].isspace():
        end += 1
    while end < len(text) and not text[end].isspace():
        end += 1
    return start, end


def read_facts(history: History, rows: Sequence[BranchRow]) -> dict[int, RowFacts]:
    """Return the facts of each turn by its `id()`. Call this in a worker thread.

    Where the history cannot be read, they are what stands in the turn itself.
    """
    try:
        stored = history.stored_replies(row.turn.stored for row in rows if row.turn.stored is not None)
    except GenchatError:
        stored = {}
    return {id(row.turn): _facts(row, None if row.turn.stored is None else stored.get(row.turn.stored)) for row in rows}


def _facts(row: BranchRow, stored: StoredReply | None) -> RowFacts:
    turn = row.turn
    if turn.role is not Role.ASSISTANT or stored is None:
        created = None if stored is None else stored.created
        return RowFacts(turn.speaker, turn.family, created, turn.status)
    status = turn.status
    if status is Status.DONE and stored.finish_reason is not None:
        status = Status.of(stored.finish_reason)
    speaker, family = stored.model or turn.speaker, stored.family or turn.family
    if stored.trace is None:
        return RowFacts(speaker, family, stored.created, status)
    token, log_prob = _parting_token(stored.trace, row) if row.parts else (None, None)
    surprisals = [-value / LN2 for value in stored.trace.log_probs.tolist() if value == value]  # NaN where unknown
    bits = sum(surprisals) / len(surprisals) if surprisals else None
    return RowFacts(speaker, family, stored.created, status, token, log_prob, bits, _sparks(surprisals))


def _parting_token(trace: "StoredTrace", row: BranchRow) -> tuple[tuple[int, int] | None, float | None]:
    """Return where the token stands that wrote the first differing character, and its log-probability.

    A reply that another one goes on from parts with its end marker.
    """
    index = trace.step_at(row.same)
    if index is None:
        index = len(trace) - 1
        if index < 0 or row.same < len(row.turn.text) or not trace[index].special:
            return None, None
    step = trace[index]
    return (step.start, step.start + len(step.text)), step.log_prob


def _sparks(values: Sequence[float]) -> tuple[float, ...]:
    count = min(SPARKS, len(values))
    edges = [len(values) * part // count for part in range(count + 1)] if count else []
    return tuple(max(values[start:end]) for start, end in pairwise(edges))
