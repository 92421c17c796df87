"""Answers from one's own documents, by whoever can: Gemini with a key, else an imported chat model, else quotations.

The card's fourth backend. Retrieval stands in front of each voice. Which one speaks is decided anew for every reply,
so a key set in the middle of a conversation counts at once; a change of voice is said. When Gemini cannot be reached
and nothing was shown yet, the reply goes on without it, and that is said too.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from engine.contract import (
    Backend,
    Capabilities,
    Event,
    ModelInfo,
    Notice,
    ReplySettings,
    Step,
    StopSignal,
    Tokenizer,
)
from engine.conversation import Message
from engine.download import offline
from engine.errors import RemoteError
from engine.evidence import Evidence
from engine.text import safe_line

if TYPE_CHECKING:
    from engine.paths import Paths
    from engine.settings import Settings

_PASSING = frozenset(
    {"offline", "timeout", "server", "bad_reply"}
)  # kinds of failure that are not the person's to mend
_LONGEST_REASON = 200


class DocumentAssistant:
    """See engine.contract.Backend.

    remote: Gemini behind retrieval, and `may_ask` tells whether it may be asked now; local: an imported chat model
    behind retrieval, or None; quoting: answers by quotation.
    """

    def __init__(
        self, remote: Backend, may_ask: Callable[[], bool], local: Callable[[], Backend | None], quoting: Backend
    ) -> None:
        self._remote = remote
        self._may_ask = may_ask
        self._local = local
        self._quoting = quoting
        self._last: Backend | None = None

    def _voice(self) -> Backend:
        return self._remote if self._may_ask() else self._without_gemini()

    def _without_gemini(self) -> Backend:
        return self._local() or self._quoting

    @property
    def without_documents(self) -> Backend | None:
        """The voice alone; None where there is nothing but quotations."""
        found: Backend | None = getattr(self._voice(), "without_documents", None)
        return found

    @property
    def info(self) -> ModelInfo:
        return self._voice().info

    @property
    def capabilities(self) -> Capabilities:
        return self._voice().capabilities

    @property
    def tokenizer(self) -> Tokenizer | None:
        return self._voice().tokenizer

    def reply(
        self, messages: Sequence[Message], settings: ReplySettings, should_stop: StopSignal | None = None
    ) -> Iterator[Event]:
        def answer(voice: Backend) -> Iterator[Event]:
            return voice.reply(messages, settings, should_stop)

        return self._answer(answer)

    def complete(self, text: str, settings: ReplySettings, should_stop: StopSignal | None = None) -> Iterator[Event]:
        def answer(voice: Backend) -> Iterator[Event]:
            return voice.complete(text, settings, should_stop)

        return self._answer(answer)

    def _answer(self, answer: Callable[[Backend], Iterator[Event]]) -> Iterator[Event]:
        voice = self._voice()
        if voice is not self._remote:
            yield from self._announce(voice)
            yield from answer(voice)
            return
        self._last = voice
        shown = False
        try:
            for event in answer(voice):
                shown = shown or isinstance(event, Step)
                yield event
        except RemoteError as error:
            if shown or getattr(error, "kind", "") not in _PASSING:
                raise
            yield Notice("assistant.gemini_unreachable", {"reason": safe_line(str(error), _LONGEST_REASON)})
            yield from answer(self._without_gemini())

    def _announce(self, voice: Backend) -> Iterator[Event]:
        if voice is not self._last:
            self._last = voice
            key = "assistant.quoting" if voice is self._quoting else "assistant.local_voice"
            yield Notice(key, {"model": safe_line(voice.info.name)})

    def explain(self, messages: Sequence[Message] | str, reply_tokens: Sequence[int]) -> Evidence | None:
        return self._voice().explain(messages, reply_tokens)


def open_assistant(settings: "Settings", paths: "Paths", chat_model: Callable[[], Backend | None]) -> DocumentAssistant:
    """From the documents in the history's file. `chat_model` opens an imported chat model, or gives None.

    Loads no SDK and opens no socket. Raises UsageError for settings of Gemini that cannot be.
    """
    from engine.gemini.backend import open_backend
    from engine.keys import find_key
    from engine.retrieval.extractive import ExtractiveBackend
    from engine.retrieval.library import Library
    from engine.retrieval.rag_backend import RagBackend
    from engine.retrieval.retriever import Retriever

    library = Library(paths.history)
    library.ensure_shipped()
    retriever = Retriever(library)
    opened: list[Backend] = []

    def local() -> Backend | None:
        if not opened:
            model = chat_model()
            if model is None:
                return None
            opened.append(RagBackend(model, retriever))
        return opened[0]

    def may_ask() -> bool:
        return not (settings.offline or offline()) and find_key("gemini", paths.keys) is not None

    remote = RagBackend(open_backend(settings, paths), retriever)
    return DocumentAssistant(remote, may_ask, local, ExtractiveBackend(retriever))
