"""Recall: in a conversation, replies to similar turns weigh more.

An n-gram model sees four words back, too few to remember what was asked. So a chat model also keeps, for every reply
of its training text, the words of what was said before it, and looks up the replies whose beginnings are most
similar (cosine of inverse-document-frequency weights, Salton and Buckley 1988). Every token of those replies then
votes for itself, louder the more similar its question and the longer the reply just before it agrees with the reply
being written: an n-gram cache (Kuhn and De Mori 1990) filled by retrieval, close kin to kNN-LM (Khandelwal 2020).
The distribution is (1 - weight) times the counts' plus weight times the votes', so every probability splits exactly.
The weight follows how well the votes have foretold the reply so far (Herbster and Warmuth's fixed share, 1998).
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.conversation import ASSISTANT, USER
from engine.ngram.corpus import IntArray
from engine.ngram.trie import START_ID
from engine.text import fold
from engine.tokenizers.pieces import SPECIALS, PieceTokenizer

_USER, _ASSISTANT = SPECIALS.index(USER), SPECIALS.index(ASSISTANT)

# Chosen on dialogues left out of the training text: whole answers come out, at less than 1 % more bits a byte.
_REPLIES = 128  # recalled at most
_SHARPNESS = 10.0  # a reply counts exp(sharpness x similarity) - 1
_EARLIER = 0.4  # weight of words from the two turns before the last
_AGREEMENT = 20.0  # a vote grows by this factor for every token that agrees with the reply just written
_LONGEST_AGREEMENT = 6
_FIRST_WEIGHT, _WEIGHT_BY_SIMILARITY = 0.5, 0.5  # of the votes when a reply begins
_LEAST_WEIGHT, _LARGEST_WEIGHT = 0.1, 0.95
_SHARED = 0.3  # how far the weight returns to its first value at every token
_TURNS = 3  # looked at before a reply
_STEM = 5  # letters of a word that count, so that inflections meet

_WORD = re.compile(r"\w+")

Doubles = NDArray[np.float64]
Singles = NDArray[np.float32]


def _stems(text: str) -> set[str]:
    """What two turns are compared by: the beginnings of their words, and pairs of neighbours."""
    words = [word[:_STEM] for word in _WORD.findall(fold(text))]
    return {*words, *(f"{first} {second}" for first, second in pairwise(words))}


def _weighted(turns: Sequence[str]) -> dict[str, float]:
    """Stem -> weight, from the turns before a reply, the last one first."""
    found: dict[str, float] = {}
    for index, turn in enumerate(turns):
        for stem in _stems(turn):
            found.setdefault(stem, 1.0 if index == 0 else _EARLIER)
    return found


@dataclass(frozen=True)
class ReplyIndex:
    """Which replies were given to which words: posting lists in flat arrays.

    stems: the words, by id; rarity: float32 [stems], their inverse document frequency; posting_starts: int32
    [stems + 1]; posting_replies, posting_weights: the replies of each stem and their share of the cosine;
    reply_starts, reply_ends: the place of each reply in the training stream, its END included.
    """

    stems: tuple[str, ...]
    rarity: Singles
    posting_starts: IntArray
    posting_replies: IntArray
    posting_weights: Singles
    reply_starts: IntArray
    reply_ends: IntArray

    @cached_property
    def _id_of(self) -> dict[str, int]:
        return {stem: index for index, stem in enumerate(self.stems)}

    def similarities(self, turns: Sequence[str]) -> Singles:
        """float32 [replies], 0 to 1: how close what was said before each reply is to `turns`, the last one first."""
        found = np.zeros(len(self.reply_starts), dtype=np.float32)
        words = _weighted(turns)
        unseen = float(np.log1p(len(self.reply_starts)))
        ids = {stem: self._id_of.get(stem) for stem in words}
        weights = {
            stem: weight * (unseen if (known := ids[stem]) is None else float(self.rarity[known]))
            for stem, weight in words.items()
        }
        norm = float(np.sqrt(sum(weight**2 for weight in weights.values())))
        for stem, weight in weights.items():
            known = ids[stem]
            if known is not None:
                begin, end = int(self.posting_starts[known]), int(self.posting_starts[known + 1])
                found[self.posting_replies[begin:end]] += self.posting_weights[begin:end] * np.float32(weight / norm)
        return found


def build_index(stream: IntArray, tokenizer: PieceTokenizer) -> ReplyIndex:
    """Index every reply of a stream of dialogues."""
    starts: list[int] = []
    ends: list[int] = []
    questions: list[dict[str, float]] = []
    for turns_before, start, end in _replies(stream, tokenizer):
        starts.append(start)
        ends.append(end)
        questions.append(_weighted(turns_before))
    frequency = Counter(stem for words in questions for stem, weight in words.items() if weight == 1.0)
    rarity = {
        stem: float(np.log1p(len(starts) / max(frequency[stem], 1)))
        for stem in sorted({s for q in questions for s in q})
    }
    postings: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for reply, words in enumerate(questions):
        weights = {stem: weight * rarity[stem] for stem, weight in words.items()}
        norm = float(np.sqrt(sum(weight**2 for weight in weights.values()))) or 1.0
        for stem, weight in weights.items():
            postings[stem].append((reply, weight / norm))
    sizes = [len(postings[stem]) for stem in rarity]
    flat = [posting for stem in rarity for posting in postings[stem]]
    return ReplyIndex(
        stems=tuple(rarity),
        rarity=np.array(list(rarity.values()), dtype=np.float32),
        posting_starts=np.cumsum([0, *sizes], dtype=np.int32),
        posting_replies=np.array([reply for reply, _ in flat], dtype=np.int32),
        posting_weights=np.array([weight for _, weight in flat], dtype=np.float32),
        reply_starts=np.array(starts, dtype=np.int32),
        reply_ends=np.array(ends, dtype=np.int32),
    )


def _replies(stream: IntArray, tokenizer: PieceTokenizer) -> Iterator[tuple[list[str], int, int]]:
    """For every reply: the turns before it, the last one first, and where its tokens begin and end."""
    borders = np.flatnonzero((stream == START_ID) | (stream == _USER) | (stream == _ASSISTANT)).tolist()
    before: list[str] = []
    for begin, end in zip(borders, [*borders[1:], len(stream)], strict=True):
        opening = int(stream[begin])
        if opening == START_ID:
            before = []
            continue
        if opening == _ASSISTANT and before:
            yield before, begin + 1, end
        before = [tokenizer.decode(stream[begin + 1 : end].tolist()), *before[: _TURNS - 1]]


def open_reply(past: Sequence[int]) -> int | None:
    """Where the reply that `past` is in the middle of begins (the place of its ASSISTANT); None outside a reply."""
    for place in range(len(past) - 1, -1, -1):
        if past[place] < len(SPECIALS):
            return place if past[place] == _ASSISTANT else None
    return None


def turns_before(past: Sequence[int], place: int, tokenizer: PieceTokenizer) -> list[str]:
    """Up to three turns that end before `place`, the last one first."""
    turns: list[str] = []
    end = place
    for begin in range(place - 1, -1, -1):
        if past[begin] in (_USER, _ASSISTANT):
            turns.append(tokenizer.decode(list(past[begin + 1 : end])))
            end = begin
            if len(turns) == _TURNS:
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
