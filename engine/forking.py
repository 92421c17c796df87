"""The pasts of the latest replies, so that another future can begin at any of their tokens without reading them again.

A place is a fork of the cursor (KV cache, hidden state or n-gram context) and of the sampler as they stood before a
token, and the step that followed. Forks share what they can, so most of the memory is the distributions of the steps;
it is bounded, and the oldest replies go first. What is no longer here is read again, which takes a step a token.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from genchat.engine.contract import Cursor, Step
from genchat.engine.sampling import Sampler, SamplingSettings

MOST_BYTES = 96 << 20
_BYTES_A_CANDIDATE = 17  # of one step: raw, adjusted and drawn distribution in float32, removals, and the cursor's own


@dataclass(frozen=True)
class Place:
    """A place is where one token of a reply was drawn."""

    cursor: Cursor
    sampler: Sampler
    step: Step


@dataclass
class Past:
    """A past is one reply as far as it is remembered: `places[i]` is where token i stands."""

    prompt: tuple[int, ...]
    sampling: SamplingSettings
    places: list[Place] = field(default_factory=list)
    size: int = 0  # bytes, about
    full: bool = False

    def shared(self, tokens: Sequence[int]) -> int:
        """The number of first tokens that are the same as those of this reply."""
        count = 0
        for place, token in zip(self.places, tokens, strict=False):
            if place.step.token != token:
                break
            count += 1
        return count


class Pasts:
    """The store remembers replies up to `most_bytes`. One thread uses it at a time."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._pasts: list[Past] = []

    def begin(self, prompt: Sequence[int], sampling: SamplingSettings) -> Past:
        """A new reply, of which nothing is known yet."""
        past = Past(tuple(prompt), sampling)
        self._pasts.append(past)
        return past

    def recorder(self, past: Past) -> tuple[Callable[[Cursor, Sampler], object], Callable[[Step], object]]:
        """Two functions for `generate`: one is called before a token with what stands there, one with its step."""
        waiting: list[tuple[Cursor, Sampler]] = []

        def before(cursor: Cursor, sampler: Sampler) -> None:
            waiting[:] = [] if past.full else [(cursor.fork(), sampler.fork())]

        def after(step: Step) -> None:
            if waiting:
                cursor, sampler = waiting.pop()
                self.add(past, Place(cursor, sampler, step))

        return before, after

    def best(self, prompt: Sequence[int], sampling: SamplingSettings, tokens: Sequence[int]) -> tuple[Place, ...]:
        """The places of the remembered reply to `prompt` that begins with most of `tokens`.

        The last of them is where the reply parts from `tokens`, or ends; the tokens before it are the same.
        """
        found: tuple[Place, ...] = ()
        for past in self._pasts:
            if past.sampling == sampling and past.prompt == tuple(prompt):
                places = past.places[: past.shared(tokens) + 1]
                if len(places) > len(found):
                    found = tuple(places)
        return found

    def add(self, past: Past, place: Place) -> None:
        """Remember one more token of a reply, as long as there is room."""
        size = _BYTES_A_CANDIDATE * (place.step.raw.vocabulary_size or 0)
        while sum(each.size for each in self._pasts) + size > self._most_bytes and self._pasts[0] is not past:
            del self._pasts[0]
        if past.size + size > self._most_bytes:
            past.full = True
            return
        past.places.append(place)
        past.size += size
