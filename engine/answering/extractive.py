"""Answers without any model: menus, recipes and figures as the documents have them, else the sentences that fit best.

Everything said is read from a source and carries its number.
"""

from collections.abc import Iterator, Sequence

from genchat.engine.answering.answers import NO_MODEL, politely, written
from genchat.engine.answering.composing import Composed
from genchat.engine.answering.order import Asked, answer
from genchat.engine.answering.quoting import quotations
from genchat.engine.contract import (
    Capabilities,
    Event,
    Finish,
    MessageData,
    ModelInfo,
    Notice,
    ReplySettings,
    StopSignal,
    Tokenizer,
)
from genchat.engine.conversation import Message
from genchat.engine.evidence import Evidence
from genchat.engine.language import say
from genchat.engine.retrieval.retriever import PASSAGES, Retrieval, Retriever
from genchat.engine.retrieval.terms import Language

NAME = "documents"


class ExtractiveBackend:
    """See engine.contract.Backend and engine.answering.order.Answerer. This one quotes, cites, and writes nothing."""

    without_documents = None
    judges = False

    def __init__(self, retriever: Retriever, passages: int = PASSAGES) -> None:
        self.retriever = retriever
        self._passages = passages

    @property
    def info(self) -> ModelInfo:
        return ModelInfo(NAME, "documents", 0, None, 0, "", say("retrieval.extractive"))

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(distribution="none", can_fork=False, can_score=False, can_explain=False, reads_system=False)

    @property
    def tokenizer(self) -> Tokenizer | None:
        return None

    def reply(
        self, messages: Sequence[Message], settings: ReplySettings, should_stop: StopSignal | None = None
    ) -> Iterator[Event]:
        """Raises DocumentsError."""
        return answer(self, Asked(messages, settings, should_stop), self.retriever, self._passages)

    def courteous(self, asked: Asked, kind: str, language: Language) -> Iterator[Event]:
        yield from written(politely(kind, language, self.retriever), asked.settings, asked.should_stop)

    def composed(self, asked: Asked, composed: Composed) -> Iterator[Event]:
        yield composed.event
        yield from composed.notices
        for event in written(composed.text, asked.settings, asked.should_stop):
            # An answer that was cut short has not said all that its data would claim.
            if event == Finish("end") and composed.data:
                yield MessageData(composed.data)
            yield event

    def found(self, asked: Asked, retrieval: Retrieval) -> Iterator[Event]:
        yield retrieval.event
        yield from retrieval.notices
        quoted = quotations(retrieval)
        yield from written(quoted, asked.settings, asked.should_stop)

    def complete(self, text: str, settings: ReplySettings, should_stop: StopSignal | None = None) -> Iterator[Event]:
        """There is no text to go on with: says so."""
        yield Notice(NO_MODEL)
        yield Finish("end")

    def explain(self, messages: Sequence[Message] | str, reply_tokens: Sequence[int]) -> Evidence | None:
        return None
