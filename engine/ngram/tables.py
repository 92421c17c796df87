"""The finished arrays of an n-gram model and the questions they answer: advance a state, a whole distribution, a score.

A state is the longest context (at most order - 1 tokens) that training holds, as nodes of the trie. The next-token
distribution starts as the unigrams scaled by all back-offs; then every level from low to high overwrites the
children of its context. Cost: the vocabulary once, plus the children of at most order - 1 contexts.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genchat.engine.distribution import FloatArray
from genchat.engine.errors import UsageError
from genchat.engine.ngram.trie import START_ID

IntArray = NDArray[np.integer]


@dataclass(frozen=True)
class Level:
    """This is one order of the finished model. Arrays may be views of memory-mapped files; see RawLevel and
    SmoothedLevel.

    links, log_backoffs and children are empty on the highest level; level 1 has neither words nor links, since its
    nodes are the ids of the vocabulary.
    """

    words: IntArray
    log_probs: FloatArray
    links: IntArray
    log_backoffs: FloatArray
    children: IntArray


State = tuple[int, ...]  # nodes of the matched contexts, longest first: levels len(state), len(state) - 1, …, 1


class NgramTables:
    """The arrays of a model and the questions they answer. Immutable; safe to share between threads."""

    def __init__(self, levels: Sequence[Level]) -> None:
        self.levels = tuple(levels)
        self.order = len(self.levels)
        self.vocabulary_size = len(self.levels[0].log_probs)

    def advance(self, state: State, token: int) -> State:
        """The state one token on. Raises UsageError for an id outside the vocabulary."""
        self._check(token)
        if self.order == 1:
            return ()
        if token == START_ID:
            return (START_ID,)
        longest = state if len(state) < self.order - 1 else state[1:]
        for skipped in range(len(longest)):
            node = self.child(len(longest) - skipped, longest[skipped], token)
            if node is not None:
                return self._with_suffixes(len(longest) - skipped + 1, node)
        return (token,)

    def _check(self, token: int) -> None:
        if not 0 <= token < self.vocabulary_size:
            raise UsageError("token_outside_vocabulary", token=token, last=self.vocabulary_size - 1)

    def child(self, length: int, node: int, token: int) -> int | None:
        """The node of level `length` + 1 that continues `node` of level `length` with `token`."""
        level = self.levels[length - 1]
        if length >= self.order:
            return None
        words = self.levels[length].words
        end = int(level.children[node + 1])
        index = bisect_left(words, token, int(level.children[node]), end)
        return index if index < end and words[index] == token else None

    def _with_suffixes(self, length: int, node: int) -> State:
        nodes = [node]
        for level in range(length, 1, -1):
            node = int(self.levels[level - 1].links[node])
            nodes.append(node)
        return tuple(nodes)

    def state_after(self, tokens: Sequence[int], *, begins: bool = True) -> State:
        """The state after START and `tokens`; only the last order - 1 of them are looked at.

        Without `begins` there is no START: the tokens are from the middle of a text.
        """
        for extreme in (min(tokens, default=0), max(tokens, default=0)):
            self._check(extreme)
        window = self.order - 1
        state: State = ()
        if begins and len(tokens) < window:
            state = self.advance(state, START_ID)
        for token in tokens[len(tokens) - min(window, len(tokens)) :]:
            state = self.advance(state, token)
        return state

    def log_probs(self, state: State) -> FloatArray:
        """The array is float32 [vocabulary], natural logs; -inf for START."""
        levels = self.levels
        scales = [0.0]  # log mass that reaches contexts of the matched length, then of each shorter one
        for length, node in zip(range(len(state), 0, -1), state, strict=True):
            scales.append(scales[-1] + float(levels[length - 1].log_backoffs[node]))
        log_probs: FloatArray = levels[0].log_probs + np.float32(scales[-1])
        for length in range(1, len(state) + 1):
            node = state[-length]
            begin, end = levels[length - 1].children[node : node + 2]
            if begin < end:
                higher = levels[length]
                log_probs[higher.words[begin:end]] = higher.log_probs[begin:end] + np.float32(
                    scales[len(state) - length]
                )
        return log_probs

    def log_prob(self, state: State, token: int) -> float:
        """Natural log p(token) in `state`, without working out the others."""
        handed_down = 0.0
        for length, node in zip(range(len(state), 0, -1), state, strict=True):
            child = self.child(length, node, token)
            if child is not None:
                return handed_down + float(self.levels[length].log_probs[child])
            handed_down += float(self.levels[length - 1].log_backoffs[node])
        return handed_down + float(self.levels[0].log_probs[token])

    def score(self, tokens: Sequence[int], *, begins: bool = True) -> FloatArray:
        """The array is float32 [len(tokens)]: natural log p(token | START and the tokens before it), all at once.

        Without `begins` there is no START: the first token is priced by itself.
        """
        for extreme in (min(tokens, default=0), max(tokens, default=0)):
            self._check(extreme)
        lead = [START_ID] if begins else []
        stream = np.concatenate([np.array(lead, dtype=np.int64), np.asarray(tokens, dtype=np.int64)])
        nodes = stream  # of the n-gram that ends at each place, -1 where training has none
        scores = self.levels[0].log_probs[stream].astype(np.float64)
        for length in range(1, self.order):
            contexts = np.concatenate([[-1], nodes])[: len(nodes)]
            known = np.flatnonzero(contexts >= 0)
            context_nodes, higher = contexts[known], self.levels[length]
            scores[known] += self.levels[length - 1].log_backoffs[context_nodes]
            nodes = np.full(len(stream), -1, dtype=np.int64)
            nodes[known] = self._children(length, context_nodes, stream[known])
            nodes[stream == START_ID] = -1
            hit = np.flatnonzero(nodes >= 0)
            scores[hit] = higher.log_probs[nodes[hit]]
        scored: FloatArray = scores[len(lead) :].astype(np.float32)
        return scored

    def _children(self, length: int, nodes: NDArray[np.int64], tokens: NDArray[np.int64]) -> NDArray[np.int64]:
        """`child` for many nodes at once; -1 for none. A binary search that all of them walk together."""
        bounds, words = self.levels[length - 1].children, self.levels[length].words
        low = bounds[nodes].astype(np.int64)
        end = bounds[nodes + 1].astype(np.int64)
        high = end.copy()
        for _ in range(int((high - low).max(initial=0)).bit_length()):
            middle = (low + high) // 2
            right = (low < high) & (words[np.minimum(middle, len(words) - 1)] < tokens)
            low = np.where(right, middle + 1, low)
            high = np.where(right, high, middle)
        inside = low < end
        inside &= words[np.minimum(low, len(words) - 1)] == tokens
        return np.where(inside, low, -1)


def parameters_of(tables: NgramTables) -> int:
    """The result is how many numbers were estimated: probabilities and back-offs."""
    return sum(len(level.log_probs) + len(level.log_backoffs) for level in tables.levels)
