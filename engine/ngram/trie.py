"""The n-grams of a stream as a forward trie in flat arrays, read off its suffix array.

Level n holds one node for every n-gram, in lexicographic order, so the children of a node are a range of the next
level and the n-grams that begin with START (id 0) or a role token (the ids after it) stand first. The suffix link of
a node drops its first token. An n-gram with START inside spans two texts: it is dead and left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genchat.engine.ngram.progress import Watch
from genchat.engine.ngram.suffix_array import SlotArray, TokenStream

START_ID = 0

IntArray = NDArray[np.int32]


@dataclass
class RawLevel:
    """The n-grams of one length.

    words: [nodes], the last token, uint16 where the vocabulary allows, else int32; level 1 holds every id of the
    vocabulary, seen or not.
    links: int32 [nodes], the node of level n-1 without the first token (level 1: all 0, the root).
    counts: int32 [nodes], occurrences; below the highest level only the `starting` ones are filled in.
    starting: how many nodes, from the first on, begin with a token that opens a text or a turn.
    children: int32 [nodes + 1], where the children of each node begin on the next level; empty on the highest.
    """

    words: NDArray[np.integer]
    links: IntArray
    counts: IntArray
    starting: int
    children: IntArray


def build_levels(
    stream: TokenStream,
    suffixes: SlotArray,
    vocabulary_size: int,
    order: int,
    watch: Watch | None = None,
    openers: int = 1,
) -> list[RawLevel]:
    """Levels 1 to `order`, or to the length of the longest text with its START where that is less.

    openers: ids 0 to openers - 1 open a text or a turn: START, in dialogues also the role tokens.
    """
    borders = np.append(np.flatnonzero(stream == START_ID), len(stream))
    order = min(order, int(np.diff(borders).max(initial=1)))
    levels: list[RawLevel] = []
    for level in _levels(stream, suffixes, vocabulary_size, order, openers):
        levels.append(level)
        if watch is not None:
            watch.report(len(levels) / order)
    return levels


def _levels(
    stream: TokenStream, suffixes: SlotArray, vocabulary_size: int, order: int, openers: int
) -> Iterator[RawLevel]:
    """One level after the other; the children of a level are filled in when the next is asked for."""
    size = len(stream)
    word_type = np.uint16 if vocabulary_size <= 1 << 16 else np.int32
    slot_of = np.empty(size, dtype=np.int32)
    slot_of[suffixes] = np.arange(size, dtype=np.int32)
    starting_slots = int(np.count_nonzero(stream < openers))
    node_of_slot: IntArray = stream[suffixes]
    counts = np.bincount(node_of_slot, minlength=vocabulary_size)
    level = RawLevel(
        words=np.arange(vocabulary_size, dtype=word_type),
        links=np.zeros(vocabulary_size, dtype=np.int32),
        counts=counts.astype(np.int32),
        starting=1,
        children=np.empty(0, dtype=np.int32),
    )
    yield level
    alive = np.ones(size, dtype=np.bool_)
    fresh = np.zeros(size, dtype=np.bool_)
    fresh[np.cumsum(counts)[:-1][counts[1:] > 0]] = True
    fresh[:1] = True
    padded = np.concatenate([stream, np.full(order, START_ID, dtype=np.int32)])  # beyond the end every n-gram is dead
    for length in range(2, order + 1):
        tokens = padded[suffixes + np.int32(length - 1)]
        alive &= tokens != START_ID
        fresh[1:] |= tokens[1:] != tokens[:-1]
        begins = fresh.copy()
        begins[1:] |= ~alive[:-1]
        begins &= alive
        first_slots = np.flatnonzero(begins).astype(np.int32)
        words = tokens[first_slots].astype(word_type)
        del tokens
        sizes = np.bincount(node_of_slot[first_slots], minlength=len(level.words)).astype(np.int32)
        level.children = np.concatenate([np.zeros(1, dtype=np.int32), np.cumsum(sizes, dtype=np.int32)])
        del sizes
        links = node_of_slot[slot_of[suffixes[first_slots] + np.int32(1)]]
        starting = int(np.searchsorted(first_slots, starting_slots))
        if length < order:
            node_of_slot = np.cumsum(begins, dtype=np.int32)
            node_of_slot -= np.int32(1)
        del begins
        counted = first_slots if length == order else first_slots[: starting + 1]
        occurrences = _occurrences(alive, counted)[: len(first_slots) if length == order else starting]
        level = RawLevel(words, links, occurrences, starting, np.empty(0, np.int32))
        yield level


def _occurrences(alive: NDArray[np.bool_], first_slots: SlotArray) -> IntArray:
    """How many living slots stand from each of the first slots to the next one, from the last to the end."""
    if not len(first_slots):
        return np.empty(0, dtype=np.int32)
    counts: IntArray = np.add.reduceat(alive, first_slots, dtype=np.int32)
    return counts
