"""A reply that ends at a text rather than at a token, as in a transcript: "\\nUser:" begins what another says.

A text to stop at may come in several tokens, so a step is held back as long as the end of what was written could be
the beginning of one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from genchat.engine.contract import Step


def until_text(steps: Iterator[Step], stops: Sequence[str]) -> Iterator[Step]:
    """The steps before the first of `stops`, then the tokens it came in, marked special and without text.

    Blanks at the very beginning of the reply are left out of its text.
    """
    return _without_first_blanks(_ended(steps, stops))


def _ended(steps: Iterator[Step], stops: Sequence[str]) -> Iterator[Step]:
    held: list[Step] = []
    for step in steps:
        held.append(step)
        written = "".join(piece.text for piece in held)
        end = min((start for stop in stops if (start := written.find(stop)) >= 0), default=None)
        if end is not None:
            yield from _cut(held, end)
            return
        if step.special or not _may_become(written, stops):
            yield from held
            held.clear()
    yield from held


def _may_become(written: str, stops: Sequence[str]) -> bool:
    """Whether `written` ends with the beginning of a text to stop at."""
    return any(written.endswith(stop[:length]) for stop in stops for length in range(1, len(stop)))


def _cut(held: Sequence[Step], end: int) -> Iterator[Step]:
    """The steps in `held` with `end` characters of their text; those that bring none of it are marked special."""
    left = end
    for step in held:
        kept = step.text[:left]
        left -= len(kept)
        yield replace(step, text=kept, special=step.special or (not kept and bool(step.text)))


def _without_first_blanks(steps: Iterator[Step]) -> Iterator[Step]:
    began = False
    for step in steps:
        if not began:
            step = replace(step, text=step.text.lstrip())
            began = bool(step.text)
        yield step
