"""Recall: in a conversation, replies to similar turns weigh more.

An n-gram model sees four words back, too few to remember what was asked. So a chat model also looks up the replies of
its training text that were given to something similar (engine/ngram/reply_index.py). Every token of those replies
votes for itself, the more the more similar its question is and the longer the reply just before it agrees with the one
being written: an n-gram cache (Kuhn and De Mori 1990) filled by retrieval, close kin to kNN-LM (Khandelwal 2020).
The distribution is (1 - weight) times the counts' plus weight times the votes', so every probability splits exactly.
The weight follows how well the votes have foretold the reply so far (Herbster and Warmuth's fixed share, 1998).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from genchat.engine.common_words import Language, language_of
from genchat.engine.ngram.corpus import IntArray, TokenCorpus
from genchat.engine.ngram.relevance import Exchange, Prompt, content_words, plain_words
from genchat.engine.ngram.reply_index import ASSISTANT_ID, TURNS, USER_ID, ReplyIndex, Singles
from genchat.engine.ngram.spelling import Spelling
from genchat.engine.ngram.trie import START_ID
from genchat.engine.tokenizers.pieces import SPECIALS, PieceTokenizer

# Chosen on dialogues left out of the training text: whole answers come out, at 1 % more bits a byte.
_REPLIES = 128  # recalled at most
_SHARPNESS = 20.0  # a reply counts exp(sharpness x similarity) - 1
_AGREEMENT = 20.0  # a vote grows by this factor for every token that agrees with the reply just written
_LONGEST_AGREEMENT = 6
_FIRST_WEIGHT, _WEIGHT_BY_SIMILARITY = 0.2, 1.0  # of the votes when a reply begins
_LEAST_WEIGHT, _LARGEST_WEIGHT = 0.1, 0.95
_NOTHING_ALIKE = 0.75  # counts as the similarity of replies that say that nothing fits
_LOOKED_BACK = 400  # tokens of a stored dialogue read before a reply
_SPOKEN = 16  # questions most alike that are asked for their language
_SHARED = 0.3  # how far the weight returns to its first value at every token

NOTHING_FITS = "…"  # the question whose replies are given where no other may speak

Doubles = NDArray[np.float64]


def open_reply(past: Sequence[int]) -> int | None:
    """The result is the position of the ASSISTANT token of the reply that `past` ends in; None outside a reply."""
    for position in range(len(past) - 1, -1, -1):
        if past[position] < len(SPECIALS):
            return position if past[position] == ASSISTANT_ID else None
    return None


def turns_before(past: Sequence[int], position: int, tokenizer: PieceTokenizer) -> list[str]:
    """The result is up to three turns that end before `position`, the last one first."""
    turns: list[str] = []
    end = position
    for begin in range(position - 1, -1, -1):
        if past[begin] == START_ID:
            break
        if past[begin] in (USER_ID, ASSISTANT_ID):
            turns.append(tokenizer.decode(list(past[begin + 1 : end])))
            end = begin
            if len(turns) == TURNS:
                break
    return turns


@dataclass(frozen=True)
class RecallCandidate:
    """A stored reply that may vote: its number in the index, its question's similarity, its tokens as said now."""

    number: int
    similarity: float
    tokens: tuple[int, ...]


class Recall:
    """The replies recalled for one turn, and the votes of their tokens as the reply grows. Immutable.

    `reply` is everywhere the reply so far, its ASSISTANT first. `unmatched` are the content words of the turn that made
    all replies stay silent, so that those to questions without words speak.
    """

    def __init__(self, index: ReplyIndex, corpus: TokenCorpus, turns: Sequence[str], spelling: Spelling) -> None:
        candidates, self.unmatched = _recall_candidates(index, corpus, turns, spelling)
        self.replies = np.array([candidate.number for candidate in candidates], dtype=np.int64)
        self.similarities = np.array([candidate.similarity for candidate in candidates], dtype=np.float32)
        best = float(self.similarities.max()) if candidates else 0.0
        self.first_weight = min(_FIRST_WEIGHT + _WEIGHT_BY_SIMILARITY * best, _LARGEST_WEIGHT)
        # One row of tokens: every reply with the ASSISTANT before it, which no position of a vote points at.
        lengths = np.array([len(candidate.tokens) for candidate in candidates], dtype=np.int64)
        self._stream = np.array(
            [token for candidate in candidates for token in (ASSISTANT_ID, *candidate.tokens)], dtype=np.int64
        )
        self._reply_of_vote = np.repeat(np.arange(len(candidates)), lengths)  # which recalled reply each position is in
        self._positions = np.arange(int(lengths.sum())) + self._reply_of_vote + 1
        self._vote_weights = np.expm1(_SHARPNESS * self.similarities.astype(np.float64))[self._reply_of_vote]
        self._vote_tokens = self._stream[self._positions]
        self.tokens, self._token_of = np.unique(self._vote_tokens, return_inverse=True)

    def __len__(self) -> int:
        return len(self.replies)

    def _votes(self, reply: Sequence[int]) -> Doubles:
        """float64 [positions], summing to 1: the weight of each position of the recalled replies."""
        agreeing = np.arange(len(self._positions))
        weights = self._vote_weights.copy()
        for back in range(1, min(_LONGEST_AGREEMENT, len(reply)) + 1):
            agreeing = agreeing[self._stream[self._positions[agreeing] - back] == reply[-back]]
            if not len(agreeing):
                break
            weights[agreeing] *= _AGREEMENT**2 if back == len(reply) else _AGREEMENT  # both replies from the beginning
        votes: Doubles = weights / weights.sum()
        return votes

    def probabilities(self, reply: Sequence[int]) -> Doubles:
        """The array is float64 [tokens], summing to 1: the votes by token; ids in `tokens`."""
        probabilities: Doubles = np.bincount(self._token_of, self._votes(reply), len(self.tokens)).astype(np.float64)
        return probabilities

    def probability(self, reply: Sequence[int], token: int) -> float:
        """The result is the votes for one token."""
        return float(self._votes(reply)[self._vote_tokens == token].sum())

    def shares(self, reply: Sequence[int]) -> Doubles:
        """The array is float64 [replies], summing to 1: the votes by recalled reply."""
        shares: Doubles = np.bincount(self._reply_of_vote, self._votes(reply), len(self.replies)).astype(np.float64)
        return shares

    def weight_after(self, weight: float, voted: float, counted: float) -> float:
        """The result is the weight one token on, where votes and counts had given that token these probabilities."""
        both = weight * voted + (1 - weight) * counted
        earned = weight * voted / both if both else weight
        following = (1 - _SHARED) * earned + _SHARED * self.first_weight
        return min(max(following, _LEAST_WEIGHT), _LARGEST_WEIGHT)


def _recall_candidates(
    index: ReplyIndex, corpus: TokenCorpus, turns: Sequence[str], spelling: Spelling
) -> tuple[list[RecallCandidate], tuple[str, ...]]:
    """The replies that may vote after `turns`, the most alike first, and the words that no question has."""
    if not turns:
        return [], ()
    words = spelling.corrected(plain_words(turns[0]))
    prompt = Prompt.of(turns[0], words, turns[2::2], index)
    similarities = index.similarities(turns, words)
    likely = _likely(similarities, index.holding(prompt.topic))
    candidates: list[RecallCandidate] = []
    held: list[float] = []  # of the content words of the prompt, the share that the question of each candidate holds
    for number in likely[similarities[likely] > 0].tolist():
        exchange = _exchange(index, corpus, number)
        if prompt.admits(exchange, float(similarities[number]), index):
            reply = prompt.in_own_names(exchange)
            if reply is not None:
                tokens = _tokens(index, corpus, number, None if reply == exchange.reply else reply)
                candidates.append(RecallCandidate(number, float(similarities[number]), tokens))
                held.append(prompt.share_held(exchange))
    if candidates:
        about = [candidate for share, candidate in zip(held, candidates, strict=True) if share == max(held)]
        return _in_one_language(about, prompt, corpus), ()
    said = turns[0].strip()
    questions = {number: _exchange(index, corpus, number).question.strip() for number in index.wordless.tolist()}
    same = [number for number, question in questions.items() if question == said]
    silent = same or [number for number, question in questions.items() if question == NOTHING_FITS]
    candidates = [RecallCandidate(number, _NOTHING_ALIKE, _tokens(index, corpus, number, None)) for number in silent]
    written = plain_words(turns[0])
    unmatched = tuple(word for word in content_words(written) if not index.knows(word)) or (prompt.topic,)
    if prompt.language is None and not same:
        prompt = replace(prompt, language=_language_alike(index, corpus, likely[:_SPOKEN], similarities))
    return _in_one_language(candidates, prompt, corpus), () if same else tuple(filter(None, unmatched))


def _likely(similarities: Singles, holding: IntArray) -> NDArray[np.int64]:
    """Returns int64 [replies]: those worth a look, the most alike first, of all and of those that hold the topic.

    Many questions may be put in the same words as this one, about something else.
    """
    best = np.argsort(-similarities, kind="stable")[:_REPLIES]
    about = holding[np.argsort(-similarities[holding], kind="stable")[:_REPLIES]]
    both = np.union1d(best, about)
    return np.array(both[np.argsort(-similarities[both], kind="stable")], dtype=np.int64)


def _language_alike(
    index: ReplyIndex, corpus: TokenCorpus, numbers: IntArray, similarities: Singles
) -> Language | None:
    """The language of the questions most alike, weighed by how much; None where nothing is alike."""
    weights: dict[Language, float] = {}
    for number in numbers[similarities[numbers] > 0].tolist():
        language = language_of(_exchange(index, corpus, number).question)
        if language is not None:
            weights[language] = weights.get(language, 0.0) + float(similarities[number])
    return max(weights, key=weights.__getitem__, default=None)


def _in_one_language(candidates: list[RecallCandidate], prompt: Prompt, corpus: TokenCorpus) -> list[RecallCandidate]:
    """Without a language of the prompt, that of the replies whose questions are most alike."""
    spoken = [language_of(corpus.tokenizer.decode(list(candidate.tokens))) for candidate in candidates]
    weights: dict[Language, float] = {}
    for language, candidate in zip(spoken, candidates, strict=True):
        if language is not None:
            weights[language] = weights.get(language, 0.0) + math.expm1(_SHARPNESS * candidate.similarity)
    likeliest = max(weights.items(), key=lambda item: item[1], default=(None, 0.0))[0]
    wanted = prompt.language or likeliest
    return [
        candidate for language, candidate in zip(spoken, candidates, strict=True) if language in (None, wanted)
    ] or candidates


def _exchange(index: ReplyIndex, corpus: TokenCorpus, number: int) -> Exchange:
    start, end = int(index.reply_starts[number]), int(index.reply_ends[number])
    before = corpus.stream[max(start - _LOOKED_BACK, 0) : start].tolist()
    turns = turns_before(before, len(before) - 1, corpus.tokenizer)
    reply = corpus.tokenizer.decode(corpus.stream[start:end].tolist())
    return Exchange(turns[0] if turns else "", " ".join(turns[2::2]), reply)


def _tokens(index: ReplyIndex, corpus: TokenCorpus, number: int, text: str | None) -> tuple[int, ...]:
    """The tokens of a stored reply, its END last; of `text` in its place where it was changed."""
    stored: list[int] = corpus.stream[int(index.reply_starts[number]) : int(index.reply_ends[number])].tolist()
    if text is None:
        return tuple(stored)
    return (*corpus.tokenizer.encode(text), *(token for token in stored[-1:] if token < len(SPECIALS)))
