"""Answers without any model: menus, recipes and figures as the documents have them, else the sentences that fit best.

Everything said is read from a source and carries its number.
"""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace

from genchat.engine.answering.answers import NO_MODEL, not_found, politely, written
from genchat.engine.answering.courtesy import courtesy
from genchat.engine.answering.follow_ups import standing_alone
from genchat.engine.answering.quoting import quotations
from genchat.engine.contract import (
    Capabilities,
    Event,
    Finish,
    ModelInfo,
    Notice,
    ReplySettings,
    StopSignal,
    Tokenizer,
)
from genchat.engine.conversation import Message
from genchat.engine.evidence import Evidence
from genchat.engine.language import say
from genchat.engine.nutrition.composed import composed_answer
from genchat.engine.nutrition.offers import passages_allowed, restrictions_of
from genchat.engine.retrieval.retriever import PASSAGES, Retriever

NAME = "documents"


class ExtractiveBackend:
    """See engine.contract.Backend. Looks up, quotes and cites; writes nothing of its own."""

    without_documents = None

    def __init__(self, retriever: Retriever, passages: int = PASSAGES) -> None:
        self.retriever = retriever
        self._passages = passages

    @property
    def info(self) -> ModelInfo:
        return ModelInfo(NAME, "documents", 0, None, 0, "", say("retrieval.extractive"))

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(distribution="none", can_fork=False, can_score=False, can_explain=False)

    @property
    def tokenizer(self) -> Tokenizer | None:
        return None

    def reply(
        self, messages: Sequence[Message], settings: ReplySettings, should_stop: StopSignal | None = None
    ) -> Iterator[Event]:
        """Raises DocumentsError."""
        polite = courtesy(messages[-1].text) if messages else None
        if polite is not None:
            yield from written(politely(*polite, self.retriever), settings, should_stop)
            return
        seed = settings.sampling.seed
        composed = composed_answer(self.retriever, messages, secrets.randbits(32) if seed is None else seed)
        if composed is not None:
            yield composed.event
            yield from composed.notices
            yield from written(composed.text, settings, should_stop)
            return
        question, before = standing_alone(messages)
        retrieval = self.retriever.retrieve(question, self._passages, before=before)
        if not retrieval.enough:
            yield retrieval.nearest_miss
            yield from retrieval.notices
            yield from not_found(retrieval, settings, should_stop)
            return
        passages = passages_allowed(retrieval.passages, restrictions_of(messages))
        left_out = len(retrieval.passages) - len(passages)
        if left_out:
            retrieval = replace(retrieval, passages=tuple(passages))
        yield retrieval.event
        yield from retrieval.notices
        if left_out:
            yield Notice("retrieval.passages_left_out", {"count": left_out})
        if not passages:
            yield from not_found(retrieval, settings, should_stop)
            return
        yield from written(quotations(retrieval.question, passages), settings, should_stop)

    def complete(self, text: str, settings: ReplySettings, should_stop: StopSignal | None = None) -> Iterator[Event]:
        """There is no text to go on with: says so."""
        yield Notice(NO_MODEL)
        yield Finish("end")

    def explain(self, messages: Sequence[Message] | str, reply_tokens: Sequence[int]) -> Evidence | None:
        return None
