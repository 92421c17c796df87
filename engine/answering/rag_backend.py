"""Any backend, answering from documents: what is found goes into the prompt, and the answer is checked against it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from genchat.engine.answering.answers import not_found, written
from genchat.engine.answering.citations import check_citations
from genchat.engine.answering.courtesy import courtesy
from genchat.engine.answering.follow_ups import standing_alone
from genchat.engine.answering.prompting import fitting, new_fence, rag_messages
from genchat.engine.contract import (
    Backend,
    Capabilities,
    Event,
    Finish,
    ModelInfo,
    Notice,
    Passage,
    Passages,
    ReplySettings,
    Step,
    StopSignal,
    Tokenizer,
)
from genchat.engine.conversation import Message
from genchat.engine.errors import RemoteError
from genchat.engine.evidence import Evidence
from genchat.engine.nutrition.composed import composed_answer
from genchat.engine.nutrition.offers import forbidden_notices, passages_allowed, restrictions_of, with_restrictions
from genchat.engine.retrieval.retriever import PASSAGES, Retriever
from genchat.engine.retrieval.terms import detect_language
from genchat.engine.text import safe_line

_ROOM_SHARE = 0.5  # of the model's context that passages may take


class RagBackend:
    """See engine.contract.Backend. `without_documents` is the backend that answers the same without them."""

    def __init__(
        self, inner: Backend, retriever: Retriever, passages: int = PASSAGES, fallback: Backend | None = None
    ) -> None:
        """`fallback` answers where a remote `inner` cannot be reached."""
        self.without_documents = inner
        self.retriever = retriever
        self._passages = passages
        self._fallback = fallback
        self._prompts: dict[tuple[Message, ...], list[Message]] = {}

    @property
    def info(self) -> ModelInfo:
        inner = self.without_documents.info
        return replace(inner, name=f"{inner.name}+docs")

    @property
    def capabilities(self) -> Capabilities:
        return self.without_documents.capabilities

    @property
    def tokenizer(self) -> Tokenizer | None:
        return self.without_documents.tokenizer

    def prompt(self, messages: Sequence[Message]) -> list[Message] | None:
        """Exactly what the model was last sent for `messages`; None where it was not asked."""
        return self._prompts.get(tuple(messages))

    def reply(
        self, messages: Sequence[Message], settings: ReplySettings, should_stop: StopSignal | None = None
    ) -> Iterator[Event]:
        """Raises DocumentsError, and what the backend inside raises."""
        question, before = standing_alone(messages)
        if not question.strip() or courtesy(messages[-1].text) is not None:
            yield from self.without_documents.reply(messages, settings, should_stop)
            return
        remote = self.without_documents.capabilities.remote
        composed = composed_answer(self.retriever, messages, settings.sampling.seed or 0, remote)
        if composed is not None:
            if composed.final:
                yield composed.event
                yield from composed.notices
                yield from written(composed.text, settings, should_stop)
                return
            yield from composed.notices
            found = self.retriever.passages_of(question, composed.choice)
            yield from self._answer(messages, found, composed.event, settings, should_stop)
            return
        retrieval = self.retriever.retrieve(question, self._passages, remote, before)
        if not retrieval.enough:
            yield retrieval.nearest_miss
            yield from retrieval.notices
            yield from not_found(retrieval, settings, should_stop)
            return
        yield from retrieval.notices
        found = passages_allowed(retrieval.passages, restrictions_of(messages))
        yield from self._answer(messages, found, retrieval.event, settings, should_stop)

    def _answer(
        self,
        messages: Sequence[Message],
        passages: Sequence[Passage],
        event: Passages,
        settings: ReplySettings,
        should_stop: StopSignal | None,
    ) -> Iterator[Event]:
        length = self.without_documents.info.context_length
        room = None if length is None else int(length * _ROOM_SHARE)
        given = fitting(passages, self.tokenizer, room)
        yield replace(event, items=tuple(given))
        restrictions, language = restrictions_of(messages), detect_language(messages[-1].text)
        prompt = with_restrictions(rag_messages(messages, given, language, new_fence()), restrictions, language)
        self._prompts = {tuple(messages): prompt}
        text = ""
        try:
            for each in self.without_documents.reply(prompt, settings, should_stop):
                if isinstance(each, Step) and not each.special:
                    text += each.text
                if isinstance(each, Finish):
                    yield from check_citations(text, given).notices()
                    yield from forbidden_notices(text, restrictions)
                yield each
        except RemoteError as error:
            if text or self._fallback is None:
                raise
            yield Notice("retrieval.remote_failed", {"reason": safe_line(str(error), 300)})
            yield from self._fallback.reply(messages, settings, should_stop)

    def complete(self, text: str, settings: ReplySettings, should_stop: StopSignal | None = None) -> Iterator[Event]:
        yield from self.without_documents.complete(text, settings, should_stop)

    def explain(self, messages: Sequence[Message] | str, reply_tokens: Sequence[int]) -> Evidence | None:
        asked = messages if isinstance(messages, str) else self.prompt(messages) or messages
        return self.without_documents.explain(asked, reply_tokens)
