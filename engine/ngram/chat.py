"""The statistical model in conversation: counts, and in a reply the words of replies to similar turns."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.contract import ModelInfo
from engine.conversation import ASSISTANT
from engine.distribution import FloatArray
from engine.evidence import Evidence, RecalledReply, RecallEvidence
from engine.ngram.corpus import TokenCorpus
from engine.ngram.evidence import OnDemand, explain
from engine.ngram.model import NgramCursor, NgramModel
from engine.ngram.recall import Recall, ReplyIndex, turns_before_reply
from engine.ngram.tables import NgramTables, State, parameters_of
from engine.tokenizers.pieces import SPECIALS, PieceTokenizer

_ASSISTANT = SPECIALS.index(ASSISTANT)
_LISTED = 5


class ChatNgramModel(NgramModel):
    """An NgramModel that recalls. Outside a reply it is the plain model, number for number."""

    def __init__(
        self, tables: NgramTables, tokenizer: PieceTokenizer, info: ModelInfo, corpus: TokenCorpus, index: ReplyIndex
    ) -> None:
        super().__init__(tables, tokenizer, info, corpus)
        self.index = index
        self.training = corpus

    def start(self, tokens: Sequence[int]) -> "ChatCursor":
        return ChatCursor(self, self.tables.state_after(tokens), list(tokens), self.recall(tokens))

    def recall(self, past: Sequence[int]) -> Recall | None:
        """What comes to mind for the reply that `past` is in the middle of; None outside a reply."""
        turns = turns_before_reply(past, self.tokenizer)
        if not turns:
            return None
        found = Recall(self.index, self.training.stream, turns)
        return found if found.weight else None

    def score_tokens(self, tokens: Sequence[int]) -> FloatArray:
        scored = self.tables.score(tokens)
        recall: Recall | None = None
        for place, token in enumerate(tokens):
            if recall is not None:
                heard = recall.probabilities(tokens[:place])[recall.tokens == token]
                votes = float(heard[0]) if len(heard) else 0.0
                counted = float(np.exp(scored[place], dtype=np.float64))
                with np.errstate(divide="ignore"):
                    scored[place] = np.log((1 - recall.weight) * counted + recall.weight * votes)
            if token < len(SPECIALS):
                recall = self.recall(tokens[: place + 1]) if token == _ASSISTANT else None
        return scored


class ChatCursor(NgramCursor):
    """A cursor that knows whether it is in a reply, and to what."""

    def __init__(self, model: ChatNgramModel, state: State, past: list[int], recall: Recall | None) -> None:
        super().__init__(model, state, past)
        self._chat = model
        self._recall = recall

    def log_probs(self) -> FloatArray:
        counted = super().log_probs()
        recall = self._recall
        if recall is None:
            return counted
        counted += np.float32(np.log1p(-recall.weight))
        with np.errstate(divide="ignore"):
            heard = np.log(recall.weight * recall.probabilities(self._past))
        counted[recall.tokens] = np.logaddexp(counted[recall.tokens], heard)
        return counted

    def advance(self, token: int) -> None:
        super().advance(token)
        if token < len(SPECIALS):
            self._recall = self._chat.recall(self._past) if token == _ASSISTANT else None

    def fork(self) -> "ChatCursor":
        return ChatCursor(self._chat, self._state, list(self._past), self._recall)

    def evidence(self) -> Evidence:
        recall = self._recall
        if recall is None:
            return super().evidence()
        plain = explain(
            self._chat.tables, self._chat.corpus, self._state, self._past, self.log_probs(), 1 - recall.weight
        )
        return replace(plain, recall=self._explain_recall(recall, tuple(plain.shares)))

    def _explain_recall(self, recall: Recall, listed: Sequence[int]) -> RecallEvidence:
        corpus = self._chat.training
        shares = recall.voters(self._past)
        loudest = np.argsort(-shares, kind="stable")[:_LISTED].tolist()
        probabilities = recall.probabilities(self._past) * recall.weight
        adds = dict(zip(recall.tokens.tolist(), probabilities.tolist(), strict=True))
        starts = self._chat.index.reply_starts
        return RecallEvidence(
            weight=recall.weight,
            replies=tuple(
                RecalledReply(
                    question=corpus.place(int(starts[recall.replies[reply]]) - 2, 1),
                    reply=corpus.place(int(starts[recall.replies[reply]]), 0),
                    similarity=float(recall.similarities[reply]),
                    share=float(shares[reply]),
                )
                for reply in loudest
            ),
            contributions=OnDemand(listed, self._chat.tables.vocabulary_size, lambda token: adds.get(token, 0.0)),
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
