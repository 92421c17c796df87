"""The statistical model laid open: the orders that each token of a text came from, and the longest verbatim run."""

import math
import time
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from genchat.engine.distribution import FloatArray
from genchat.engine.evidence import CorpusPlace
from genchat.engine.inside import InsideNgram, VerbatimRun
from genchat.engine.ngram.corpus import TokenCorpus
from genchat.engine.ngram.tables import NgramTables, State

_PLACES = 3
_AROUND = 3  # lines before and after


class Walk(Protocol):
    """The cursor of a model of this family."""

    def advance(self, token: int) -> None: ...

    def match_length(self) -> int: ...

    def split(self, token: int) -> tuple[FloatArray, float]:
        """What each order gives to p(token), float32 [model order], lowest first, and what recalled replies give."""
        ...


def level_shares(tables: NgramTables, state: State, token: int) -> FloatArray:
    """float32 [order]: what each order gives to p(token) in `state`, lowest first; they sum to p(token)."""
    found = np.zeros(tables.order, dtype=np.float64)
    found[0] = math.exp(float(tables.levels[0].log_probs[token]))
    for length in range(1, len(state) + 1):
        node = state[-length]
        below = float(found.sum())
        handed_down = math.exp(float(tables.levels[length - 1].log_backoffs[node]))
        found *= handed_down
        child = tables.child(length, node, token)
        if child is not None:
            found[length] = max(math.exp(float(tables.levels[length].log_probs[child])) - handed_down * below, 0.0)
    return np.asarray(found, dtype=np.float32)


def look_inside(walk: Walk, order: int, corpus: TokenCorpus | None, tokens: Sequence[int], first: int) -> InsideNgram:
    """The ladder of tokens[first:]; `walk` stands before them."""
    started = time.perf_counter()
    count = len(tokens) - first
    orders, matched = np.zeros(count, dtype=np.int32), np.zeros(count, dtype=np.int32)
    contributions = np.zeros((order, count), dtype=np.float32)
    recalled = np.zeros(count, dtype=np.float32)
    for index, token in enumerate(tokens[first:]):
        orders[index] = walk.match_length() + 1
        contributions[:, index], recalled[index] = walk.split(token)
        walk.advance(token)
        if corpus is not None:
            matched[index] = len(corpus.longest_match(tokens[: first + index + 1])[0])
    return InsideNgram(
        tokens=tuple(tokens),
        first=first,
        orders=orders,
        contributions=contributions,
        recalled=recalled,
        matched=matched,
        run=None if corpus is None or not count else _longest_run(corpus, tokens, first + int(matched.argmax()) + 1),
        missing=() if corpus is not None else ("inside.no_corpus",),
        seconds=time.perf_counter() - started,
    )


def _longest_run(corpus: TokenCorpus, tokens: Sequence[int], end: int) -> VerbatimRun | None:
    match, slots = corpus.longest_match(tokens[:end])
    if not match:
        return None
    places = corpus.places(slots, len(match), _PLACES)
    return VerbatimRun(end - len(match), end, slots[1] - slots[0], places, _lines_around(corpus, slots[0], len(match)))


def _lines_around(corpus: TokenCorpus, slot: int, length: int) -> tuple[CorpusPlace, ...]:
    """The line where an occurrence ends and its neighbours of the same source, in their order."""
    table, begin = corpus.lines, int(corpus.suffixes[slot])
    line = int(np.searchsorted(table.starts, begin + length - 1, side="right")) - 1
    source = corpus.place(begin, length).source
    found = []
    for near in range(max(line - _AROUND, 0), min(line + _AROUND + 1, len(table.starts))):
        place = corpus.place(begin, length) if near == line else corpus.place(int(table.starts[near]), 0)
        if place.source == source:
            found.append(place)
    return tuple(found)
