"""The statistical model in conversation: counts, and in a reply the words of replies to similar turns."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from genchat.engine.contract import ModelInfo
from genchat.engine.conversation import ASSISTANT
from genchat.engine.distribution import FloatArray
from genchat.engine.evidence import Evidence, RecalledReply, RecallEvidence
from genchat.engine.ngram.corpus import TokenCorpus
from genchat.engine.ngram.evidence import OnDemand, explain
from genchat.engine.ngram.model import NgramCursor, NgramModel
from genchat.engine.ngram.recall import Recall, open_reply, turns_before
from genchat.engine.ngram.reply_index import ReplyIndex
from genchat.engine.ngram.spelling import Spelling
from genchat.engine.ngram.tables import NgramTables, State, parameters_of
from genchat.engine.tokenizers.pieces import SPECIALS, PieceTokenizer

_ASSISTANT = SPECIALS.index(ASSISTANT)
_LISTED = 5


@dataclass(frozen=True)
class OpenReply:
    """A reply being written: what it recalls, how much that weighs at the next token, and its tokens so far."""

    recall: Recall
    weight: float
    tokens: tuple[int, ...]  # ASSISTANT first

    def voted(self, token: int) -> float:
        """The result is the probability that the recalled replies give to `token`."""
        return self.recall.probability(self.tokens, token)

    def after(self, token: int, voted: float, counted: float) -> "OpenReply":
        """The result is the reply one token on; `voted` and `counted` are the probabilities that recall and counts gave
        it.
        """
        return OpenReply(self.recall, self.recall.weight_after(self.weight, voted, counted), (*self.tokens, token))


class ChatNgramModel(NgramModel):
    """An NgramModel that recalls. Outside a reply it is the plain model, number for number.

    A text is taken as from the middle of one: in its training text everything begins with a role, and words at the
    beginning would be priced as next to impossible.
    """

    def __init__(
        self, tables: NgramTables, tokenizer: PieceTokenizer, info: ModelInfo, corpus: TokenCorpus, index: ReplyIndex
    ) -> None:
        super().__init__(tables, tokenizer, info, corpus)
        self.index = index
        self.training = corpus
        self._spelling = Spelling(index, tokenizer)

    def start(self, tokens: Sequence[int]) -> "ChatCursor":
        opening = open_reply(tokens)
        if opening is None:
            return ChatCursor(self, self.tables.state_after(tokens, begins=False), list(tokens), None)
        before = tokens[: opening + 1]
        state = self.tables.state_after(before, begins=False)
        cursor = ChatCursor(self, state, list(before), self.reply_to(before))
        for token in tokens[opening + 1 :]:
            cursor.advance(token)
        return cursor

    def reply_to(self, past: Sequence[int]) -> OpenReply | None:
        """The reply that opens at the end of `past`; None where nothing comes to mind."""
        turns = turns_before(past, len(past) - 1, self.tokenizer)
        recall = Recall(self.index, self.training, turns, self._spelling)
        return OpenReply(recall, recall.first_weight, (_ASSISTANT,)) if len(recall) else None

    def score_tokens(self, tokens: Sequence[int]) -> FloatArray:
        scored = self.tables.score(tokens, begins=False)
        reply: OpenReply | None = None
        for index, token in enumerate(tokens):
            if reply is not None:
                counted, voted = math.exp(scored[index]), reply.voted(token)
                mixed = (1 - reply.weight) * counted + reply.weight * voted
                scored[index] = math.log(mixed) if mixed else -math.inf
                reply = reply.after(token, voted, counted)
            if token < len(SPECIALS):
                reply = self.reply_to(tokens[: index + 1]) if token == _ASSISTANT else None
        return scored


class ChatCursor(NgramCursor):
    """A cursor that knows whether it is in a reply, and to what."""

    def __init__(self, model: ChatNgramModel, state: State, past: list[int], reply: OpenReply | None) -> None:
        super().__init__(model, state, past)
        self._chat = model
        self._reply = reply

    def log_probs(self) -> FloatArray:
        log_probs = super().log_probs()
        reply = self._reply
        if reply is not None:
            log_probs += np.float32(math.log1p(-reply.weight))
            with np.errstate(divide="ignore"):
                recalled = np.log(reply.weight * reply.recall.probabilities(reply.tokens))
            tokens = reply.recall.tokens
            log_probs[tokens] = np.logaddexp(log_probs[tokens], recalled)
        return log_probs

    def advance(self, token: int) -> None:
        state, reply = self._state, self._reply
        super().advance(token)
        if reply is not None:
            counted = math.exp(self._chat.tables.log_prob(state, token))
            self._reply = reply.after(token, reply.voted(token), counted)
        if token < len(SPECIALS):
            self._reply = self._chat.reply_to(self._past) if token == _ASSISTANT else None

    def split(self, token: int) -> tuple[FloatArray, float]:
        counted, nothing = super().split(token)
        reply = self._reply
        if reply is None:
            return counted, nothing
        return counted * np.float32(1 - reply.weight), reply.weight * reply.voted(token)

    def fork(self) -> "ChatCursor":
        return ChatCursor(self._chat, self._state, list(self._past), self._reply)

    def evidence(self) -> Evidence:
        reply = self._reply
        if reply is None:
            return super().evidence()
        model = self._chat
        plain = explain(model.tables, model.corpus, self._state, self._past, self.log_probs(), 1 - reply.weight)
        return replace(plain, recall=self._explain(reply, tuple(plain.shares)))

    def _explain(self, reply: OpenReply, listed: Sequence[int]) -> RecallEvidence:
        recall, corpus = reply.recall, self._chat.training
        shares = recall.shares(reply.tokens)
        votes = recall.probabilities(reply.tokens) * reply.weight
        added = dict(zip(recall.tokens.tolist(), votes.tolist(), strict=True))
        starts = self._chat.index.reply_starts[recall.replies]
        return RecallEvidence(
            weight=reply.weight,
            replies=tuple(
                RecalledReply(
                    question=corpus.place(int(starts[index]) - 2, 1),
                    reply=corpus.place(int(starts[index]), 0),
                    similarity=float(recall.similarities[index]),
                    share=float(shares[index]),
                )
                for index in np.argsort(-shares, kind="stable")[:_LISTED].tolist()
            ),
            unmatched=recall.unmatched,
            contributions=OnDemand(listed, self._chat.tables.vocabulary_size, lambda token: added.get(token, 0.0)),
        )


def make_model(
    name: str, tables: NgramTables, corpus: TokenCorpus, index: ReplyIndex | None, checksum: str
) -> NgramModel:
    """A chat model where there is an index of replies, a plain one otherwise.

    Its context length is None: recall, matches and places look at the whole past.
    """
    unit = "words" if corpus.tokenizer.unit == "word" else "characters"
    info = ModelInfo(
        name=name,
        family="ngram",
        vocabulary_size=tables.vocabulary_size,
        context_length=None,
        parameters=parameters_of(tables),
        checksum=checksum,
        description=f"{unit}, order {tables.order}",
    )
    if index is None:
        return NgramModel(tables, corpus.tokenizer, info, corpus)
    return ChatNgramModel(tables, corpus.tokenizer, info, corpus, index)
