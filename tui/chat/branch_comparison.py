"""Two branches of a conversation beside each other: what they share, and each from where they part."""

from dataclasses import dataclass

from genchat.tui.chat.dialogue import Turn
from genchat.tui.chat.tree import shared_length


@dataclass(frozen=True, eq=False)
class Comparison:
    """A comparison holds the turns of two branches from the first that differs.

    `same` counts the characters that these first turns share; `before` is the last turn that both branches have.
    """

    before: Turn | None
    one: tuple[Turn, ...]
    other: tuple[Turn, ...]
    same: int


def compared(one: Turn, other: Turn) -> Comparison | None:
    """Compare the branches that two turns lie on; None where both lie on the same one."""
    first, second = _branch(one), _branch(other)
    length = min(len(first), len(second))
    place = next((index for index in range(length) if first[index] is not second[index]), length)
    if place == length:
        return None
    alike = first[place].role is second[place].role
    same = shared_length(first[place].text, second[place].text) if alike else 0
    before = first[place - 1] if place else None
    return Comparison(before, tuple(first[place:]), tuple(second[place:]), same)


def _branch(turn: Turn) -> list[Turn]:
    """Return all turns of the branch: what leads to `turn`, and what is shown below it."""
    above: list[Turn] = []
    each: Turn | None = turn
    while each is not None and each.parent is not None:  # the root of the tree is no turn
        above.append(each)
        each = each.parent
    branch, last = above[::-1], turn
    while last.children:
        last = last.children[last.shown_child]
        branch.append(last)
    return branch
