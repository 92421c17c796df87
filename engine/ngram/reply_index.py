"""Which replies of a stream of dialogues were given to which words: an inverted index in flat arrays.

Two questions are alike when they share rare words and pairs of neighbouring words: cosine of inverse-document-frequency
weights (Salton and Buckley 1988). The two turns before the question count too, for less: "and at night?" needs them.
"""

import re
from array import array
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count, pairwise

import numpy as np
from numpy.typing import NDArray

from engine.conversation import ASSISTANT, USER
from engine.ngram.corpus import IntArray
from engine.ngram.trie import START_ID
from engine.text import fold
from engine.tokenizers.pieces import SPECIALS, PieceTokenizer

USER_ID, ASSISTANT_ID = SPECIALS.index(USER), SPECIALS.index(ASSISTANT)
TURNS = 3  # looked at before a reply
_EARLIER = 0.4  # weight of words from the turns before the last
_STEM = 5  # letters of a word that count, so that inflections meet
_WORD = re.compile(r"\w+")

Singles = NDArray[np.float32]


def _stems(text: str) -> list[str]:
    """What two turns are compared by, each once: the beginnings of their words, and pairs of neighbours."""
    words = [word[:_STEM] for word in _WORD.findall(fold(text))]
    return list(dict.fromkeys([*words, *(f"{first} {second}" for first, second in pairwise(words))]))


@dataclass(frozen=True)
class ReplyIndex:
    """Posting lists: for every stem, the replies whose questions hold it.

    stems: by id; rarity: float32 [stems], their inverse document frequency; posting_starts: int32 [stems + 1];
    posting_replies, posting_weights: the replies of each stem and its share of their cosine; reply_starts,
    reply_ends: the place of each reply in the training stream, its END included.
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
        unseen = float(np.log1p(len(self.reply_starts)))
        weights: dict[str, float] = {}
        for place, turn in enumerate(turns):
            for stem in _stems(turn):
                known = self._id_of.get(stem)
                rarity = unseen if known is None else float(self.rarity[known])
                weights.setdefault(stem, rarity if place == 0 else rarity * _EARLIER)
        norm = float(np.sqrt(sum(weight**2 for weight in weights.values())))
        for stem, weight in weights.items():
            known = self._id_of.get(stem)
            if known is not None:
                begin, end = int(self.posting_starts[known]), int(self.posting_starts[known + 1])
                found[self.posting_replies[begin:end]] += self.posting_weights[begin:end] * np.float32(weight / norm)
        return found


def build_index(stream: IntArray, tokenizer: PieceTokenizer) -> ReplyIndex:
    """Index every reply of a stream of dialogues."""
    turns = _Turns(stream, tokenizer)
    stem_parts, reply_parts, weight_parts = [], [], []
    for back in range(TURNS):
        stems, replies = turns.stems_before(back)
        stem_parts.append(stems)
        reply_parts.append(replies)
        weight_parts.append(np.full(len(stems), 1.0 if back == 0 else _EARLIER))
    stems, replies = np.concatenate(stem_parts), np.concatenate(reply_parts)
    # The first of equal pairs is the one from the latest turn, which weighs most.
    _, firsts = np.unique(stems * np.int64(max(len(turns.replies), 1)) + replies, return_index=True)
    stems, replies, weights = stems[firsts], replies[firsts], np.concatenate(weight_parts)[firsts]
    size = len(turns.stems)
    frequency = np.bincount(stem_parts[0], minlength=size)
    rarity = np.log1p(len(turns.replies) / np.maximum(frequency, 1))
    weights *= rarity[stems]
    norms = np.sqrt(np.bincount(replies, weights**2, minlength=len(turns.replies)))
    return ReplyIndex(
        stems=turns.stems,
        rarity=rarity.astype(np.float32),
        posting_starts=np.concatenate([[0], np.cumsum(np.bincount(stems, minlength=size))]).astype(np.int32),
        posting_replies=replies.astype(np.int32),
        posting_weights=(weights / norms[replies]).astype(np.float32),
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
        flat, borders = array("i"), array("q", [0])
        for begin, end in zip(self.begins.tolist(), self.ends.tolist(), strict=True):
            flat.extend(numbers[stem] for stem in _stems(tokenizer.decode(stream[begin + 1 : end].tolist())))
            borders.append(len(flat))
        self.stems = tuple(numbers)
        self._flat, self._borders = np.array(flat, dtype=np.int64), np.array(borders, dtype=np.int64)

    def _before(self, back: int) -> NDArray[np.bool_]:
        """For every turn: whether a dialogue begins `back` turns before it (or the stream does)."""
        found = np.ones(len(self._starts_dialogue), dtype=np.bool_)
        found[back:] = self._starts_dialogue[: len(found) - back]
        return found

    def stems_before(self, back: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Stems of the turn `back` + 1 turns before each reply, and the number of that reply, pair by pair."""
        inside = np.ones(len(self.begins), dtype=np.bool_)
        for steps in range(1, back + 2):
            inside &= ~self._before(steps)
        numbers = np.flatnonzero(inside[self.replies])
        turns = self.replies[numbers] - back - 1
        sizes = self._borders[turns + 1] - self._borders[turns]
        ends = np.cumsum(sizes)
        places = np.arange(int(sizes.sum())) + np.repeat(self._borders[turns] - (ends - sizes), sizes)
        return self._flat[places], np.repeat(numbers, sizes)
