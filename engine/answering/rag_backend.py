"""Any backend, answering from documents: what is found goes into the prompt, and the answer is checked against it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from genchat.engine.answering.answers import written
from genchat.engine.answering.citations import check_citations
from genchat.engine.answering.composing import Composed, guards_of
from genchat.engine.answering.follow_ups import standing_alone
from genchat.engine.answering.order import Asked, answer
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
from genchat.engine.inside import InsideData, ShowsInside
from genchat.engine.retrieval.retriever import PASSAGES, Retrieval, Retriever
from genchat.engine.retrieval.terms import Language, detect_language
from genchat.engine.text import safe_line

_ROOM_SHARE = 0.5  # of the model's context that passages may take


class RagBackend:
    """See engine.contract.Backend and engine.answering.order.Answerer.

    `without_documents` is the backend that answers the same without them.
    """

    judges = True

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
        remote = self.without_documents.capabilities.remote
        asked = Asked(messages, settings, should_stop)
        return answer(self, asked, self.retriever, self._passages, remote=remote)

    def courteous(self, asked: Asked, kind: str, language: Language) -> Iterator[Event]:
        yield from self.without_documents.reply(asked.messages, asked.settings, asked.should_stop)

    def composed(self, asked: Asked, composed: Composed) -> Iterator[Event]:
        """The model chooses, so what it will have served is not known: no data goes with its answer."""
        if composed.final:
            yield composed.event
            yield from composed.notices
            yield from written(composed.text, asked.settings, asked.should_stop)
            return
        question, _ = standing_alone(asked.messages)
        passages = self.retriever.passages_of(question, composed.choice)
        yield from self._written(asked, passages, composed.event, composed.notices)

    def found(self, asked: Asked, retrieval: Retrieval) -> Iterator[Event]:
        yield from self._written(asked, retrieval.passages, retrieval.event, retrieval.notices)

    def _written(
        self, asked: Asked, passages: Sequence[Passage], event: Passages, notices: Sequence[Notice]
    ) -> Iterator[Event]:
        messages = asked.messages
        length = self.without_documents.info.context_length
        room = None if length is None else int(length * _ROOM_SHARE)
        given = fitting(passages, self.tokenizer, room)
        yield replace(event, items=tuple(given))
        yield from notices
        guards, language = guards_of(messages), detect_language(messages[-1].text)
        prompt = rag_messages(messages, given, language, new_fence(), [guard.rule(language) for guard in guards])
        self._prompts = {tuple(messages): prompt}
        text = ""
        try:
            for each in self.without_documents.reply(prompt, asked.settings, asked.should_stop):
                if isinstance(each, Step) and not each.special:
                    text += each.text
                if isinstance(each, Finish):
                    yield from check_citations(text, given).notices()
                    for guard in guards:
                        yield from guard.remarks(text, given)
                yield each
        except RemoteError as error:
            if text or self._fallback is None:
                raise
            yield Notice("retrieval.remote_failed", {"reason": safe_line(str(error), 300)})
            yield from self._fallback.reply(messages, asked.settings, asked.should_stop)

    def complete(self, text: str, settings: ReplySettings, should_stop: StopSignal | None = None) -> Iterator[Event]:
        yield from self.without_documents.complete(text, settings, should_stop)

    def explain(self, messages: Sequence[Message] | str, reply_tokens: Sequence[int]) -> Evidence | None:
        asked = messages if isinstance(messages, str) else self.prompt(messages) or messages
        return self.without_documents.explain(asked, reply_tokens)

    def look_inside(
        self, messages: Sequence[Message] | str, reply_tokens: Sequence[int], chosen: int | None
    ) -> InsideData | None:
        """See engine.inside.ShowsInside."""
        inner = self.without_documents
        asked = messages if isinstance(messages, str) else self.prompt(messages) or messages
        return inner.look_inside(asked, reply_tokens, chosen) if isinstance(inner, ShowsInside) else None
