"""Which replies of a stream of dialogues were given to which words: an inverted index in flat arrays.

Two questions are alike when they share rare words and pairs of neighbouring words: cosine of inverse-document-frequency
weights (Salton and Buckley 1988). What was said before the question is compared in the same way, and counts for less:
"and at night?" needs it.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count, pairwise

import numpy as np
from numpy.typing import NDArray

from genchat.engine.common_words import is_common
from genchat.engine.conversation import ASSISTANT, USER
from genchat.engine.ngram.corpus import IntArray
from genchat.engine.ngram.relevance import plain_words
from genchat.engine.ngram.trie import START_ID
from genchat.engine.tokenizers.pieces import SPECIALS, PieceTokenizer

USER_ID, ASSISTANT_ID = SPECIALS.index(USER), SPECIALS.index(ASSISTANT)
TURNS = 3  # looked at before a reply
_EARLIER = 0.2  # share of the turns before the last in the similarity
_PAIR = 0.5  # weight of a pair of neighbours against a word as rare
_BEGINNING = "^"  # stands for those turns where a dialogue begins
_STEM = 5  # letters of a word that count, so that inflections meet

Singles = NDArray[np.float32]


def _stems(text: str) -> list[str]:
    """What two turns are compared by, each once: the beginnings of their words, and pairs of neighbours."""
    return _stems_of(plain_words(text))


def _stems_of(words: Sequence[str]) -> list[str]:
    stems = [word[:_STEM] for word in words]
    return list(dict.fromkeys([*stems, *(f"{first} {second}" for first, second in pairwise(stems))]))


def _kind_weight(stem: str) -> float:
    return _PAIR if " " in stem else 1.0


@dataclass(frozen=True)
class ReplyIndex:
    """Posting lists, two for every stem: replies with it in the question, and in what was said earlier.

    stems: by id; rarity: float32 [stems], their weight by inverse document frequency; posting_starts: int32
    [2 stems + 1]; posting_replies, posting_weights: the replies of each list and the stem's part of their unit
    vectors; reply_starts, reply_ends: the place of each reply in the training stream, its END included.
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

    @cached_property
    def wordless(self) -> NDArray[np.int64]:
        """The replies to questions that hold no word: what to say where nothing fits."""
        lists = np.repeat(np.arange(len(self.posting_starts) - 1), np.diff(self.posting_starts))
        return np.setdiff1d(np.arange(len(self.reply_starts)), self.posting_replies[lists % 2 == 0])

    def knows(self, word: str) -> bool:
        """The answer is true where a folded word stands in any question."""
        known = self._id_of.get(word[:_STEM])
        return known is not None and bool(self.posting_starts[2 * known] < self.posting_starts[2 * known + 1])

    def holding(self, word: str) -> IntArray:
        """int32, ascending: the replies whose question holds a folded word or a form of it."""
        known = self._id_of.get(word[:_STEM])
        if known is None:
            return np.zeros(0, dtype=np.int32)
        return self.posting_replies[self.posting_starts[2 * known] : self.posting_starts[2 * known + 1]]

    def weight(self, word: str) -> float:
        """Inverse document frequency of a folded word; the largest for one that stands in no question."""
        known = self._id_of.get(word[:_STEM])
        return float(np.log1p(len(self.reply_starts))) if known is None else float(self.rarity[known])

    def similarities(self, turns: Sequence[str], words: Sequence[str] | None = None) -> Singles:
        """The array is float32 [replies], 0 to 1: how close what was said before each reply is to `turns`, the last one
        first.

        words: the folded words of the last turn where they were corrected.
        """
        similarities = np.zeros(len(self.reply_starts), dtype=np.float32)
        if turns:
            said = plain_words(turns[0]) if words is None else words
            # A short form or a courtesy that no question has ("pfv") makes none less alike.
            question = dict.fromkeys(_stems_of([word for word in said if self.knows(word) or not is_common(word)]))
            earlier = dict.fromkeys(stem for turn in turns[1:TURNS] for stem in _stems(turn)) or {_BEGINNING: None}
            self._compare(question, 0, 1 - _EARLIER, similarities)
            foreign = similarities == 0
            self._compare(earlier, 1, _EARLIER, similarities)
            similarities[foreign] = 0  # what was said earlier does not make a question alike
        return similarities

    def _compare(self, stems: Iterable[str], part: int, share: float, similarities: Singles) -> None:
        """Add `share` times the cosine of `stems` with each reply's part: 0 its question, 1 what was said earlier."""
        unseen = float(np.log1p(len(self.reply_starts)))
        weights: dict[str, float] = {}
        for stem in stems:
            known = self._id_of.get(stem)
            weights[stem] = _kind_weight(stem) * unseen if known is None else float(self.rarity[known])
        norm = float(np.sqrt(sum(weight**2 for weight in weights.values())))
        for stem, weight in weights.items():
            known = self._id_of.get(stem)
            if known is not None:
                begin, end = self.posting_starts[2 * known + part : 2 * known + part + 2].tolist()
                cosine = self.posting_weights[begin:end] * np.float32(weight / norm)
                similarities[self.posting_replies[begin:end]] += cosine * np.float32(share)


def build_index(stream: IntArray, tokenizer: PieceTokenizer) -> ReplyIndex:
    """Index every reply of a stream of dialogues."""
    turns = _Turns(stream, tokenizer)
    replies, size = len(turns.replies), len(turns.stems)
    frequency = np.bincount(turns.stems_before(0)[0], minlength=size)
    rarity = np.log1p(replies / np.maximum(frequency, 1)) * np.array([_kind_weight(stem) for stem in turns.stems])
    postings = []
    for part, (stems, numbers) in enumerate((turns.stems_before(0), turns.earlier_stems())):
        weights = rarity[stems]
        norms = np.sqrt(np.bincount(numbers, weights**2, minlength=replies))
        postings.append((2 * stems + part, numbers, weights / norms[numbers]))
    lists, numbers, weights = (np.concatenate(arrays) for arrays in zip(*postings, strict=True))
    order = np.lexsort((numbers, lists))
    return ReplyIndex(
        stems=turns.stems,
        rarity=rarity.astype(np.float32),
        posting_starts=np.concatenate([[0], np.cumsum(np.bincount(lists, minlength=2 * size))]).astype(np.int32),
        posting_replies=numbers[order].astype(np.int32),
        posting_weights=weights[order].astype(np.float32),
        reply_starts=(turns.begins[turns.replies] + 1).astype(np.int32),
        reply_ends=turns.ends[turns.replies].astype(np.int32),
    )


class _Turns:
    """The turns of a stream: where they begin and end, their stems by number, which of them are replies."""

    def __init__(self, stream: IntArray, tokenizer: PieceTokenizer) -> None:
        openings = np.flatnonzero((stream == START_ID) | (stream == USER_ID) | (stream == ASSISTANT_ID))
        self.begins = openings
        self.ends = np.append(openings[1:], len(stream))
        self._starts_dialogue = stream[openings] == START_ID
        self.replies = np.flatnonzero((stream[openings] == ASSISTANT_ID) & ~self._before(1))
        numbers: defaultdict[str, int] = defaultdict(count().__next__)
        self._beginning = numbers[_BEGINNING]
        flat, borders = array("i"), array("q", [0])
        for begin, end in zip(self.begins.tolist(), self.ends.tolist(), strict=True):
            flat.extend(numbers[stem] for stem in _stems(tokenizer.decode(stream[begin + 1 : end].tolist())))
            borders.append(len(flat))
        self.stems = tuple(numbers)
        self._flat, self._borders = np.array(flat, dtype=np.int64), np.array(borders, dtype=np.int64)

    def _before(self, back: int) -> NDArray[np.bool_]:
        """For every turn: whether a dialogue begins `back` turns before it (or the stream does)."""
        begins = np.ones(len(self._starts_dialogue), dtype=np.bool_)
        begins[back:] = self._starts_dialogue[: len(begins) - back]
        return begins

    def stems_before(self, back: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Stems of the turn `back` + 1 turns before each reply, and the number of that reply, pair by pair."""
        inside = np.ones(len(self.begins), dtype=np.bool_)
        for steps in range(1, back + 2):
            inside &= ~self._before(steps)
        numbers = np.flatnonzero(inside[self.replies])
        turns = self.replies[numbers] - back - 1
        sizes = self._borders[turns + 1] - self._borders[turns]
        ends = np.cumsum(sizes)
        positions = np.arange(int(sizes.sum())) + np.repeat(self._borders[turns] - (ends - sizes), sizes)
        return self._flat[positions], np.repeat(numbers, sizes)

    def earlier_stems(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Like `stems_before`, of the turns before the last, each stem once; _BEGINNING where there are none."""
        by_distance = [self.stems_before(back) for back in range(1, TURNS)]
        stems, numbers = (np.concatenate(arrays) for arrays in zip(*by_distance, strict=True))
        pairs = np.unique(stems * np.int64(max(len(self.replies), 1)) + numbers)
        stems, numbers = np.divmod(pairs, max(len(self.replies), 1))
        without = np.setdiff1d(np.arange(len(self.replies)), numbers)
        return (
            np.concatenate([stems, np.full(len(without), self._beginning)]),
            np.concatenate([numbers, without]),
        )
