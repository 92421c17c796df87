"""One habit of KenLM's lmplz, reproduced so that its numbers can be compared to the last digit.

When lmplz collects the counts of counts behind the discounts, the very last n-gram of each order below the highest
enters with its raw count instead of its adjusted one (the flush after the main loop in adjust_counts.cc). On real
corpora this moves a perplexity by a millionth; on a toy corpus it moves single probabilities by a few per cent.
"""

import numpy as np

from genchat.engine.ngram.kneser_ney import adjusted_counts
from genchat.engine.ngram.suffix_array import TokenStream
from genchat.engine.ngram.trie import START_ID, RawLevel


def last_ngrams(stream: TokenStream, levels: list[RawLevel]) -> dict[int, tuple[int, int]]:
    """For every level index but the last: (adjusted, raw) count of the n-gram that lmplz flushes; see `smooth`.

    Ids must be numbered as lmplz does: START 0, end of text 1, unknown 2, words in order of first appearance.
    """
    ngram = _last_in_suffix_order(stream, len(levels) - 1)
    counts: dict[int, tuple[int, int]] = {}
    for length in range(1, len(ngram) + 1):
        tokens = ngram[len(ngram) - length :]
        node = tokens[0]
        for depth, token in enumerate(tokens[1:], start=1):
            begin, end = levels[depth - 1].children[node : node + 2].tolist()
            node = begin + int(np.searchsorted(levels[depth].words[begin:end], token))
        windows = np.lib.stride_tricks.sliding_window_view(stream, length)
        raw = int(np.count_nonzero((windows == np.array(tokens)).all(axis=1)))
        counts[length - 1] = (int(adjusted_counts(levels, length - 1)[node]), raw)
    return counts


def _last_in_suffix_order(stream: TokenStream, longest: int) -> list[int]:
    """The n-gram, at most `longest` tokens, that comes last when sorted by its tokens read backwards."""

    def backwards(position: int) -> list[int]:
        context: list[int] = stream[max(0, position - longest + 1) : position + 1].tolist()[::-1]
        return context[: context.index(START_ID) + 1] if START_ID in context else context

    return max(map(backwards, np.flatnonzero(stream == stream.max()).tolist()))[::-1]
