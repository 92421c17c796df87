"""Going on from within a reply: its first tokens are kept, one or more are put in by hand, the rest is drawn.

Random numbers are fixed by seed and position, so a fork that takes the token the reply had there writes the same text
again. The past is not read again where it is still at hand: `Pasts` keeps a cursor and a sampler for every place of the
newest replies, within a bound of memory. Cursor.fork makes that cheap: a GPT shares its key/value cache, an LSTM its
state, a counting model its context. A past that was let go is read again, and a notice says so.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, runtime_checkable

from genchat.engine.contract import Cursor, LanguageModel, Notice, ReplySettings, Step, StopSignal
from genchat.engine.decoding import Watch, generate
from genchat.engine.distribution import unknown
from genchat.engine.sampling import Sampler, SamplingSettings
from genchat.engine.text import IncrementalText

MEMORY = 128 * 2**20  # bytes that the pasts of all replies may take together
_BYTES_OF_A_PLACE = 500  # objects around the numbers
_KEPT = "fork.kept"


@runtime_checkable
class KnowsItsSize(Protocol):
    """A cursor that can tell how much it keeps alive beyond the cursor one token before it."""

    @property
    def held_bytes(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Beginning:
    """A reply begins with the tokens `kept` of another reply, then with those of `taken`, which a person chose."""

    kept: tuple[int, ...] = ()
    taken: tuple[int, ...] = ()


@dataclass(eq=False)
class _Past:
    """The places of one reply: place i stands after `tokens[:first + i]`, before the next token is drawn."""

    model: LanguageModel
    tokens: list[int] = field(default_factory=list)
    first: int = 0
    places: list[tuple[Cursor, Sampler]] = field(default_factory=list)
    size: int = 0
    full: bool = False  # it alone takes all the memory there is: no more places are kept

    def cursor_after(self, tokens: list[int]) -> tuple[Cursor, Sampler | None] | None:
        """A cursor of its own after `tokens`, and the sampler that stood there; None where this is no place of it."""
        index = len(tokens) - self.first
        if not self.places or not 0 <= index <= len(self.places) or self.tokens[: len(tokens)] != tokens:
            return None
        if index < len(self.places):
            cursor, sampler = self.places[index]
            return cursor.fork(), sampler.fork()
        cursor, sampler = self.places[-1]  # the end of the reply was never asked what comes next
        there = cursor.fork()
        there.advance(tokens[-1])
        return there, None if sampler.remembers else sampler.fork()


class Pasts:
    """The pasts of the newest replies, for forks of them. Any thread may ask; the oldest go first."""

    def __init__(self, limit: int = MEMORY) -> None:
        self.limit = limit
        self._pasts: deque[_Past] = deque()
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """The size is how many bytes are held, as the cursors tell or as the vocabulary lets guess."""
        with self._lock:
            return sum(past.size for past in self._pasts)

    def keep(self, model: LanguageModel) -> Watch:
        """What `generate` is to watch with, so that the places of the reply it writes are kept."""
        past = _Past(model)
        with self._lock:
            self._pasts.append(past)
        return partial(self._add, past)

    def at(
        self, model: LanguageModel, settings: SamplingSettings, tokens: Sequence[int]
    ) -> tuple[Cursor, Sampler | None] | None:
        """A cursor after `tokens`, and the sampler that stood there if it had these settings; None if not kept."""
        before = list(tokens)
        with self._lock:
            for past in reversed(self._pasts):
                found = past.cursor_after(before) if past.model is model else None
                if found is not None:
                    cursor, sampler = found
                    return cursor, sampler if sampler is not None and sampler.settings == settings else None
        return None

    def cursor_at(self, model: LanguageModel, tokens: Sequence[int]) -> Cursor | None:
        """A cursor after `tokens`, under whatever settings; None if not kept."""
        before = list(tokens)
        with self._lock:
            found = (past.cursor_after(before) for past in reversed(self._pasts) if past.model is model)
            return next((each[0] for each in found if each is not None), None)

    def forget(self, model: LanguageModel) -> None:
        """Let go of everything that belongs to a model, which is then free to go too."""
        with self._lock:
            self._pasts = deque(past for past in self._pasts if past.model is not model)

    def _add(self, past: _Past, cursor: Cursor, sampler: Sampler, before: list[int]) -> None:
        """Keep one more place of `past`. Makes room by letting the oldest go."""
        if past.full:
            return
        if isinstance(cursor, KnowsItsSize):
            size = cursor.held_bytes + _BYTES_OF_A_PLACE
        else:
            size = 4 * past.model.info.vocabulary_size + 8 * len(before) + _BYTES_OF_A_PLACE
        place = cursor.fork(), sampler.fork()
        with self._lock:
            while len(self._pasts) > 1 and sum(each.size for each in self._pasts) + size > self.limit:
                self._pasts.popleft().full = True
            past.full = past.full or past.size + size > self.limit
            if not past.full:
                if not past.places:
                    past.tokens, past.first = before, len(before)
                past.places.append(place)
                past.size += size


def begun(
    model: LanguageModel,
    prompt: Sequence[int],
    beginning: Beginning,
    settings: ReplySettings,
    *,
    stop_tokens: frozenset[int] = frozenset(),
    should_stop: StopSignal | None = None,
    pasts: Pasts | None = None,
    steering: Callable[[], SamplingSettings] | None = None,
) -> Iterator[Step | Notice]:
    """The steps of a reply that begins as `beginning` says, within settings.max_tokens tokens from its start.

    The steps of kept tokens come without distributions: those of the other reply hold for them. A notice before the
    first new one says when the past had to be read again.
    """
    kept = beginning.kept
    tokenizer, before = model.tokenizer, [*prompt, *kept]
    specials = frozenset(tokenizer.special_tokens.values())
    pending, untold = IncrementalText(), unknown(_KEPT)
    for position, token in enumerate(kept):
        text = pending.push(tokenizer.token_bytes(token))
        yield Step(position, token, text, None, untold, untold, None, token in specials)
    cursor: Cursor | None = None
    sampler: Sampler | None = None
    if kept or beginning.taken:
        found = None if pasts is None else pasts.at(model, settings.sampling, before)
        if found is None and pasts is not None:
            yield Notice("fork.read_again", {"tokens": len(before)})
        cursor, sampler = (None, None) if found is None else found
        if sampler is None:
            sampler = Sampler(settings.sampling, tokenizer)
            if sampler.remembers:
                cursor = _read_again(model, prompt, kept, sampler)
    yield from generate(
        model,
        before,
        settings.sampling,
        max_tokens=settings.max_tokens - len(kept),
        stop_tokens=stop_tokens,
        should_stop=should_stop,
        cursor=cursor,
        position=len(kept),
        sampler=sampler,
        pending=pending,
        taken=beginning.taken,
        steering=steering,
        watch=None if pasts is None else pasts.keep(model),
    )


def _read_again(model: LanguageModel, prompt: Sequence[int], kept: Sequence[int], sampler: Sampler) -> Cursor:
    """A cursor after `kept`, with a sampler that has seen every draw on the way."""
    cursor, before = model.start(prompt), list(prompt)
    for position, token in enumerate(kept):
        sampler.take(token, cursor.log_probs(), before, position)
        cursor.advance(token)
        before.append(token)
    return cursor
