"""The suffix array of a token stream by prefix doubling, numpy only.

Source: Manber and Myers, "Suffix arrays: a new method for on-line string searches" (1990), with the refinement of
Larsson and Sadakane (2007) that only groups not yet told apart take part in a round. Keys are packed into uint64 and
sorted as values: np.sort on values is many times faster than argsort.
"""

import numpy as np
from numpy.typing import NDArray

from genchat.engine.ngram.progress import Watch

TokenStream = NDArray[np.int32]
SlotArray = NDArray[np.int32]

DEPTH = 256  # suffixes that agree on this many tokens are left in the order of their place in the stream
_CHUNK = 1 << 18


def suffix_array(stream: TokenStream, watch: Watch | None = None, depth: int = DEPTH) -> SlotArray:
    """The array is int32 [len(stream)]: start positions sorted by the tokens that follow, a shorter suffix before its
    extensions.

    stream: int32 token ids >= 0, fewer than 2**31. Order is exact for the first `depth` tokens at least.
    """
    size = len(stream)
    if size == 0:
        return np.empty(0, dtype=np.int32)
    sorted_by, suffixes, fresh = _sort_by_first_tokens(stream)
    rank = np.empty(size + 1, dtype=np.int32)  # 1 + first slot of the group; 0 beyond the end
    rank[size] = 0
    starts = np.maximum.accumulate(np.where(fresh, np.arange(1, size + 1, dtype=np.int32), np.int32(0)))
    rank[suffixes] = starts
    del starts
    slots = _unsorted(np.arange(size, dtype=np.int32), fresh)
    del fresh
    first_unsorted = max(len(slots), 1)
    while len(slots) and sorted_by < depth:
        remaining: list[SlotArray] = []
        for begin, end in _chunks(rank[suffixes[slots]]):
            part = slots[begin:end]
            fresh_part = _refine(suffixes, rank, part, sorted_by)
            remaining.append(_unsorted(part, fresh_part))
        slots = np.concatenate(remaining)
        sorted_by *= 2
        if watch is not None:
            watch.report(1 - len(slots) / first_unsorted)
    return suffixes


def _sort_by_first_tokens(stream: TokenStream) -> tuple[int, SlotArray, NDArray[np.bool_]]:
    """As many first tokens as fit in one key. Returns that number, the suffixes, and where a new group begins."""
    size = len(stream)
    index_bits = size.bit_length()
    symbol_bits = (int(stream.max()) + 1).bit_length()  # 0 is "beyond the end"
    tokens = max(1, min((64 - index_bits) // symbol_bits, size))
    keys = np.zeros(size, dtype=np.uint64)
    for offset in range(tokens):
        np.left_shift(keys, np.uint64(symbol_bits), out=keys)
        keys[: size - offset] += stream[offset:].view(np.uint32)
        keys[: size - offset] += np.uint64(1)
    np.left_shift(keys, np.uint64(index_bits), out=keys)
    keys |= np.arange(size, dtype=np.uint64)
    keys.sort()
    suffixes = (keys & np.uint64((1 << index_bits) - 1)).astype(np.int32)
    np.right_shift(keys, np.uint64(index_bits), out=keys)
    return tokens, suffixes, _changes(keys)


def _changes(keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """True where a value differs from the one before it."""
    fresh = np.ones(len(keys), dtype=np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=fresh[1:])
    return fresh


def _unsorted(slots: SlotArray, fresh: NDArray[np.bool_]) -> SlotArray:
    """The slots whose group still holds more than one suffix."""
    alone = fresh.copy()
    alone[:-1] &= fresh[1:]
    return slots[~alone]


def _chunks(groups: SlotArray) -> list[tuple[int, int]]:
    """Ranges of about _CHUNK slots that cut no group; a group larger than that is a range of its own."""
    size = len(groups)
    borders = np.concatenate([[0], np.flatnonzero(groups[1:] != groups[:-1]) + 1, [size]])
    ranges: list[tuple[int, int]] = []
    begin = 0
    while begin < size:
        where = int(np.searchsorted(borders, begin + _CHUNK, side="right")) - 1
        end = int(borders[where])
        if end <= begin:
            end = int(borders[where + 1])
        ranges.append((begin, end))
        begin = end
    return ranges


def _refine(suffixes: SlotArray, rank: SlotArray, slots: SlotArray, step: int) -> NDArray[np.bool_]:
    """Sort the suffixes in `slots` within their groups by the rank of what stands `step` tokens further on."""
    positions = suffixes[slots]
    groups = _changes(rank[positions].astype(np.uint64)).cumsum() - 1
    following = rank[np.minimum(positions.astype(np.int64) + step, len(rank) - 1)]
    index_bits = max(len(slots) - 1, 1).bit_length()
    rank_bits = len(rank).bit_length()
    keys = groups.astype(np.uint64)
    np.left_shift(keys, np.uint64(rank_bits), out=keys)
    keys |= following.astype(np.uint64)
    np.left_shift(keys, np.uint64(index_bits), out=keys)
    keys |= np.arange(len(slots), dtype=np.uint64)
    keys.sort()
    ordered = positions[(keys & np.uint64((1 << index_bits) - 1)).astype(np.int64)]
    np.right_shift(keys, np.uint64(index_bits), out=keys)
    fresh = _changes(keys)
    suffixes[slots] = ordered
    rank[ordered] = np.maximum.accumulate(np.where(fresh, slots + np.int32(1), np.int32(0)))
    return fresh
