"""Why the n-gram model believes what it believes: counts, back-offs, the exact split of a probability, the sources."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import TypeVar

from genchat.engine.distribution import FloatArray, top_ids
from genchat.engine.evidence import CorpusPlace, NgramEvidence, NgramLevel, NgramShare
from genchat.engine.ngram.corpus import SlotRange, TokenCorpus
from genchat.engine.ngram.tables import NgramTables, State
from genchat.engine.ngram.trie import START_ID

_CANDIDATES = 20  # listed when the mapping is walked; any other token can still be asked for
_PLACES = 3
Value = TypeVar("Value")


class OnDemand(Mapping[int, Value]):
    """A mapping over the whole vocabulary whose values are worked out when asked for."""

    def __init__(self, listed: Sequence[int], size: int, work_out: Callable[[int], Value]) -> None:
        self._listed = listed
        self._size = size
        self._work_out = cache(work_out)

    def __getitem__(self, token: int) -> Value:
        if not 0 <= token < self._size:
            raise KeyError(token)
        return self._work_out(token)

    def __iter__(self) -> Iterator[int]:
        return iter(self._listed)

    def __len__(self) -> int:
        return len(self._listed)


class _Explanation:
    """An explanation takes one position of a text apart."""

    def __init__(
        self, tables: NgramTables, corpus: TokenCorpus | None, state: State, past: Sequence[int], whole: float
    ) -> None:
        self.tables = tables
        self.corpus = corpus
        self.matched = len(state)
        self.node_of = dict(zip(range(self.matched, 0, -1), state, strict=True))  # by context length
        text = (START_ID, *past)
        self.contexts = {length: tuple(text[len(text) - length :]) for length in range(self.matched + 1)}
        self.gammas = {
            length: math.exp(float(tables.levels[length - 1].log_backoffs[node]))
            for length, node in self.node_of.items()
        }
        self.weights = {self.matched: whole}
        for length in range(self.matched, 0, -1):
            self.weights[length - 1] = self.weights[length] * self.gammas[length]
        self.slots: dict[int, SlotRange] = {}
        self.context_counts: dict[int, int] = dict.fromkeys(range(self.matched + 1), 0)
        if corpus is not None:
            for length, context in self.contexts.items():
                self.slots[length] = corpus.occurrences(context)
                self.context_counts[length] = corpus.followed(context, self.slots[length])

    def levels(self) -> tuple[NgramLevel, ...]:
        """The levels come lowest order first."""
        return tuple(
            NgramLevel(
                order=length + 1,
                context=self.contexts[length],
                context_count=self.context_counts[length],
                backoff=self.gammas.get(length, 0.0),
                weight=self.weights[length],
            )
            for length in range(self.matched + 1)
        )

    def shares(self, token: int) -> tuple[NgramShare, ...]:
        """What each level gives to p(token), lowest order first; the contributions sum to p exactly."""
        shares: list[NgramShare] = []
        below = math.exp(float(self.tables.levels[0].log_probs[token]))
        own = below
        for length in range(self.matched + 1):
            if length:
                handed_down = self.gammas[length] * below
                node = self.tables.child(length, self.node_of[length], token)
                below = handed_down if node is None else math.exp(float(self.tables.levels[length].log_probs[node]))
                own = max(below - handed_down, 0.0)
            low, high = self._slots_with(length, token)
            shares.append(NgramShare(length + 1, high - low, self.context_counts[length], own * self.weights[length]))
        return tuple(shares)

    def places(self, token: int) -> tuple[CorpusPlace, ...]:
        """These places of the training text continue this context with `token`, the longest contexts first.

        Where there are none, they are those of the token alone.
        """
        places: dict[tuple[str, int], CorpusPlace] = {}
        for length in range(self.matched, -1, -1):
            slots = self._slots_with(length, token)
            if self.corpus is not None and (length or not places):
                for place in self.corpus.places(slots, length + 1, _PLACES):
                    places.setdefault((place.source, place.line), place)
            if len(places) >= _PLACES:
                break
        return tuple(places.values())[:_PLACES]

    def _slots_with(self, length: int, token: int) -> SlotRange:
        if self.corpus is None:
            return 0, 0
        return self.corpus.occurrences([*self.contexts[length], token], self.slots[length])


def explain(
    tables: NgramTables,
    corpus: TokenCorpus | None,
    state: State,
    past: Sequence[int],
    log_probs: FloatArray,
    whole: float = 1.0,
) -> NgramEvidence:
    """The whole argument for the token after `past`, where the model is in `state` and says `log_probs`.

    Without a corpus (a model built from bare ids) counts are 0 and no places are shown. `whole`: the share of the
    counts in the result, where something else has a say.
    """
    explanation = _Explanation(tables, corpus, state, past, whole)
    candidates = top_ids(log_probs, _CANDIDATES).tolist()
    match: tuple[int, ...] = ()
    slots: SlotRange = (0, 0)
    places: tuple[CorpusPlace, ...] = ()
    if corpus is not None:
        match, slots = corpus.longest_match(past)
        if match:
            places = corpus.places(slots, len(match), _PLACES)
    return NgramEvidence(
        order=len(state) + 1,
        model_order=tables.order,
        levels=explanation.levels(),
        shares=OnDemand(candidates, tables.vocabulary_size, explanation.shares),
        longest_match=match,
        match_count=slots[1] - slots[0],
        places=places,
        places_of=OnDemand(candidates, tables.vocabulary_size, explanation.places),
    )
