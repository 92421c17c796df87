"""All branches of a conversation as rows: the past that branches share once, each branch from where it parts.

No widget is known here. A row is made for every turn; its line says from which word on it differs from its sisters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from genchat.engine.conversation import Role
from genchat.engine.text import safe
from genchat.tui.chat.dialogue import Dialogue, Turn

_LONGEST = 400  # characters of a turn that its row may show
_SHARED_SHOWN = 24  # characters of the shared beginning that are shown before the place where branches part


@dataclass(frozen=True, eq=False)
class BranchRow:
    """A row is one turn. `shared` is the end of what it has in common with its sisters, `own` what follows."""

    turn: Turn
    depth: int  # how many branchings lie above it
    shared: str
    own: str
    first: int | None  # place of its first differing token, where the tokens are known
    version: tuple[int, int]
    shown: bool

    @property
    def bits(self) -> float | None:
        """Return the bits a token, where probabilities are known."""
        surprisals = [record.surprisal for record in self.turn.records if record.surprisal is not None]
        return sum(surprisals) / len(surprisals) if surprisals else None

    @property
    def first_log_prob(self) -> float | None:
        """Return the natural log-probability of the first differing token."""
        if self.first is None or self.first >= len(self.turn.records):
            return None
        return self.turn.records[self.first].log_prob


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
    """The rows of all versions of one turn."""
    if len(turns) == 1:
        turn = turns[0]
        return [BranchRow(turn, depth, "", _on_one_line(turn.text[:_LONGEST]), None, (1, 1), id(turn) in shown)]
    rows = []
    tokens = _first_differences(turns)
    for place, (turn, same) in enumerate(zip(turns, shared_lengths([turn.text for turn in turns]), strict=True)):
        shared = turn.text[:same]
        cut = shared if same <= _SHARED_SHOWN else "…" + shared[-_SHARED_SHOWN:]
        own = _on_one_line(turn.text[same : same + _LONGEST])
        version = (place + 1, len(turns))
        rows.append(BranchRow(turn, depth, _on_one_line(cut.lstrip()), own, tokens[place], version, id(turn) in shown))
    return rows


def _on_one_line(text: str) -> str:
    return safe(text).replace("\n", " ").replace("\t", " ")


def shared_lengths(texts: Sequence[str]) -> list[int]:
    """Return how many characters each text begins with that another one begins with too, up to a whole word.

    The texts that share most with one stand beside it in alphabetical order.
    """
    lengths = _shared_with_neighbours(texts)
    return [_whole_words(text, length) for text, length in zip(texts, lengths, strict=True)]


def _whole_words(text: str, length: int) -> int:
    while 0 < length < len(text) and text[length - 1].isalnum() and text[length].isalnum():
        length -= 1
    return length


def _first_differences(turns: Sequence[Turn]) -> list[int | None]:
    """The place of each reply's first token that no other version has after the same past, where it is known."""
    known = [index for index, turn in enumerate(turns) if turn.role is Role.ASSISTANT and turn.records]
    sequences = [tuple(-1 if each.token is None else each.token for each in turns[index].records) for index in known]
    places: list[int | None] = [None] * len(turns)
    if len(known) > 1:
        for index, length, tokens in zip(known, _shared_with_neighbours(sequences), sequences, strict=True):
            places[index] = length if length < len(tokens) else None
    return places


def _shared_with_neighbours(sequences: Sequence[str] | Sequence[tuple[int, ...]]) -> list[int]:
    lengths = [0] * len(sequences)
    order = sorted(range(len(sequences)), key=lambda index: sequences[index])
    for one, other in pairwise(order):
        length = _shared(sequences[one], sequences[other])
        lengths[one], lengths[other] = max(lengths[one], length), max(lengths[other], length)
    return lengths


def _shared(one: Sequence[object], other: Sequence[object]) -> int:
    different = (place for place, (left, right) in enumerate(zip(one, other, strict=False)) if left != right)
    return next(different, min(len(one), len(other)))
