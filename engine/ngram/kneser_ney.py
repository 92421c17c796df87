"""Interpolated modified Kneser-Ney smoothing.

Sources: Chen and Goodman, "An empirical study of smoothing techniques for language modeling" (1998); Heafield et al.,
"Scalable modified Kneser-Ney language model estimation" (2013), whose program lmplz is the reference for every number:
the discounts come from counts of counts per order, with a fallback for an order that has too few; orders below the
highest use adjusted counts (in how many different words' company an n-gram was seen) except for n-grams at the
beginning of a text; the unigrams are smoothed with a uniform distribution. In dialogues the beginning of a turn is
treated like that of a text: what stands before a role token is always the same, so adjusted counts would tell nothing.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genchat.engine.ngram.progress import Watch
from genchat.engine.ngram.trie import START_ID, IntArray, RawLevel

_FALLBACK = (0.5, 1.0, 1.5)
_BLOCK = 1 << 20  # n-grams worked out at once

Doubles = NDArray[np.float64]
Singles = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Discounts:
    """Discounts are what is taken off a count of 1, of 2, and of 3 or more. `fallback`: too few counts to estimate
    them.
    """

    one: float
    two: float
    more: float
    fallback: bool = False


@dataclass
class SmoothedLevel:
    """This is one order, smoothed. It holds natural logs, so that a whole distribution is additions.

    log_probs: float32 [nodes], log p(last token | the tokens before), back-off included; -inf for START.
    log_backoffs: float32 [nodes], log of the mass this n-gram, as a context, hands to shorter ones; 0 without children.
    """

    log_probs: Singles
    log_backoffs: Singles
    discounts: Discounts


def adjusted_counts(levels: list[RawLevel], level_index: int) -> IntArray:
    """The array is int32 [nodes]: the counts that order `level_index` + 1 is estimated from."""
    level = levels[level_index]
    if level_index + 1 == len(levels):
        counts = level.counts.copy()
    else:
        counts = np.bincount(levels[level_index + 1].links, minlength=len(level.words)).astype(np.int32)
        counts[: level.starting] = level.counts[: level.starting]
    if level_index == 0:
        counts[START_ID] = 0
    return counts


def discounts_of(counts_of_counts: list[int]) -> Discounts:
    """The discounts follow from t1..t4, the numbers of n-grams with adjusted count 1, 2, 3, 4."""
    one, two, three, four = counts_of_counts
    if 0 in (one, two, three):
        return Discounts(*_FALLBACK, fallback=True)
    ratio = one / (one + 2 * two)
    discounts = (1 - 2 * ratio * two / one, 2 - 3 * ratio * three / two, 3 - 4 * ratio * four / three)
    if not all(0 <= discount <= count for count, discount in enumerate(discounts, start=1)):
        return Discounts(*_FALLBACK, fallback=True)
    return Discounts(*discounts)


def smooth(
    levels: list[RawLevel], watch: Watch | None = None, raw_count_of_last: dict[int, tuple[int, int]] | None = None
) -> list[SmoothedLevel]:
    """Estimate every order from the lowest to the highest.

    raw_count_of_last: see `last_ngrams`; only for comparing with lmplz to the last digit.
    """
    smoothed: list[SmoothedLevel] = []
    lower: Singles = np.empty(0, dtype=np.float32)
    for index, level in enumerate(levels):
        counts = adjusted_counts(levels, index)
        tally = np.bincount(np.minimum(counts, 5), minlength=6)[1:5].tolist()
        if raw_count_of_last and index in raw_count_of_last:
            adjusted, raw = raw_count_of_last[index]
            for count, step in ((adjusted, -1), (raw, 1)):
                if 1 <= count <= 4:
                    tally[count - 1] += step
        discounts = discounts_of(tally)
        if index == 0:
            lower = _unigrams(counts, discounts)
        else:
            lower, smoothed[-1].log_backoffs = _higher(counts, discounts, levels[index - 1], level, lower)
        with np.errstate(divide="ignore"):
            smoothed.append(SmoothedLevel(np.log(lower), np.empty(0, dtype=np.float32), discounts))
        if watch is not None:
            watch.report((index + 1) / len(levels))
    return smoothed


def _taken(counts: IntArray, discounts: Discounts) -> Doubles:
    table = np.array([0.0, discounts.one, discounts.two, discounts.more])
    taken: Doubles = table[np.minimum(counts, 3)]
    return taken


def _unigrams(counts: IntArray, discounts: Discounts) -> Singles:
    """p(token) for the whole vocabulary. Ids never seen share one place in the uniform part; START has none."""
    seen = counts > 0
    unseen = len(counts) - 1 - int(np.count_nonzero(seen))
    share = 1.0 / (int(np.count_nonzero(seen)) + (1 if unseen else 0))
    uniform = np.where(seen, share, share / max(unseen, 1))
    uniform[START_ID] = 0.0
    total = int(counts.sum(dtype=np.int64))
    if total:
        taken = _taken(counts, discounts)
        uniform = (counts - taken + float(taken.sum()) * uniform) / total
    return uniform.astype(np.float32)


def _higher(
    counts: IntArray, discounts: Discounts, contexts: RawLevel, level: RawLevel, lower: Singles
) -> tuple[Singles, Singles]:
    """p of every n-gram of an order, and the log back-off of every context below it; worked out block by block."""
    probabilities = np.empty(len(counts), dtype=np.float32)
    log_backoffs = np.zeros(len(contexts.words), dtype=np.float32)
    borders = contexts.children
    first = 0
    while first < len(contexts.words):
        last = int(np.searchsorted(borders, int(borders[first]) + _BLOCK, side="right")) - 1
        last = max(last, first + 1)
        begin, end = int(borders[first]), int(borders[last])
        if begin < end:
            sizes = np.diff(borders[first : last + 1])
            with_children = np.flatnonzero(sizes)
            starts = borders[first:last][with_children] - begin
            own = counts[begin:end].astype(np.float64)
            totals = np.add.reduceat(own, starts)
            taken = _taken(counts[begin:end], discounts)
            backoffs = np.add.reduceat(taken, starts) / totals
            own -= taken
            own /= np.repeat(totals, sizes[with_children])
            own += lower[level.links[begin:end]] * np.repeat(backoffs, sizes[with_children])
            probabilities[begin:end] = own
            with np.errstate(divide="ignore"):
                log_backoffs[first + with_children] = np.log(backoffs)
        first = last
    return probabilities, log_backoffs
