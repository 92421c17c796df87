"""Recall: in a conversation, replies to similar turns weigh more.

An n-gram model sees four words back, too few to remember what was asked. So a chat model also looks up the replies of
its training text that were given to something similar (engine/ngram/reply_index.py). Every token of those replies
votes for itself, louder the more similar its question and the longer the reply just before it agrees with the reply
being written: an n-gram cache (Kuhn and De Mori 1990) filled by retrieval, close kin to kNN-LM (Khandelwal 2020).
The distribution is (1 - weight) times the counts' plus weight times the votes', so every probability splits exactly.
The weight follows how well the votes have foretold the reply so far (Herbster and Warmuth's fixed share, 1998).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from genchat.engine.ngram.corpus import IntArray
from genchat.engine.ngram.reply_index import ASSISTANT_ID, TURNS, USER_ID, ReplyIndex
from genchat.engine.tokenizers.pieces import SPECIALS, PieceTokenizer

# Chosen on dialogues left out of the training text: whole answers come out, at 1 % more bits a byte.
_REPLIES = 128  # recalled at most
_SHARPNESS = 20.0  # a reply counts exp(sharpness x similarity) - 1
_AGREEMENT = 20.0  # a vote grows by this factor for every token that agrees with the reply just written
_LONGEST_AGREEMENT = 6
_FIRST_WEIGHT, _WEIGHT_BY_SIMILARITY = 0.2, 1.0  # of the votes when a reply begins
_LEAST_WEIGHT, _LARGEST_WEIGHT = 0.1, 0.95
_SHARED = 0.3  # how far the weight returns to its first value at every token

Doubles = NDArray[np.float64]


def open_reply(past: Sequence[int]) -> int | None:
    """Where the reply that `past` is in the middle of begins (the place of its ASSISTANT); None outside a reply."""
    for place in range(len(past) - 1, -1, -1):
        if past[place] < len(SPECIALS):
            return place if past[place] == ASSISTANT_ID else None
    return None


def turns_before(past: Sequence[int], place: int, tokenizer: PieceTokenizer) -> list[str]:
    """Up to three turns that end before `place`, the last one first."""
    turns: list[str] = []
    end = place
    for begin in range(place - 1, -1, -1):
        if past[begin] in (USER_ID, ASSISTANT_ID):
            turns.append(tokenizer.decode(list(past[begin + 1 : end])))
            end = begin
            if len(turns) == TURNS:
                break
    return turns


class Recall:
    """The replies recalled for one turn, and the votes of their tokens as the reply grows. Immutable.

    `reply` is everywhere the reply so far, its ASSISTANT first.
    """

    def __init__(self, index: ReplyIndex, stream: IntArray, turns: Sequence[str]) -> None:
        similarities = index.similarities(turns)
        likely = np.argsort(-similarities, kind="stable")[:_REPLIES]
        self.replies = likely[similarities[likely] > 0]
        self.similarities = similarities[self.replies]
        best = float(self.similarities[0]) if len(self.replies) else 0.0
        self.first_weight = min(_FIRST_WEIGHT + _WEIGHT_BY_SIMILARITY * best, _LARGEST_WEIGHT)
        starts, ends = index.reply_starts[self.replies], index.reply_ends[self.replies]
        lengths = (ends - starts).astype(np.int64)
        self._voter = np.repeat(np.arange(len(self.replies)), lengths)  # which recalled reply each position is in
        self._positions = np.arange(int(lengths.sum())) + np.repeat(starts - (np.cumsum(lengths) - lengths), lengths)
        self._loudness = np.expm1(_SHARPNESS * self.similarities.astype(np.float64))[self._voter]
        self._stream = stream
        self._said = stream[self._positions]
        self.tokens, self._token_of = np.unique(self._said, return_inverse=True)

    def __len__(self) -> int:
        return len(self.replies)

    def _votes(self, reply: Sequence[int]) -> Doubles:
        """float64 [positions], summing to 1: how much each position of the recalled replies is heard."""
        agreeing = np.arange(len(self._positions))
        loudness = self._loudness.copy()
        for back in range(1, min(_LONGEST_AGREEMENT, len(reply)) + 1):
            agreeing = agreeing[self._stream[self._positions[agreeing] - back] == reply[-back]]
            if not len(agreeing):
                break
            loudness[agreeing] *= _AGREEMENT**2 if back == len(reply) else _AGREEMENT  # both replies from the beginning
        found: Doubles = loudness / loudness.sum()
        return found

    def probabilities(self, reply: Sequence[int]) -> Doubles:
        """float64 [tokens], summing to 1: the votes by token; ids in `tokens`."""
        found: Doubles = np.bincount(self._token_of, self._votes(reply), len(self.tokens)).astype(np.float64)
        return found

    def probability(self, reply: Sequence[int], token: int) -> float:
        """The votes for one token."""
        return float(self._votes(reply)[self._said == token].sum())

    def shares(self, reply: Sequence[int]) -> Doubles:
        """float64 [replies], summing to 1: the votes by recalled reply."""
        found: Doubles = np.bincount(self._voter, self._votes(reply), len(self.replies)).astype(np.float64)
        return found

    def weight_after(self, weight: float, voted: float, counted: float) -> float:
        """The weight one token on, where votes and counts had given that token these probabilities."""
        both = weight * voted + (1 - weight) * counted
        earned = weight * voted / both if both else weight
        following = (1 - _SHARED) * earned + _SHARED * self.first_weight
        return min(max(following, _LEAST_WEIGHT), _LARGEST_WEIGHT)
