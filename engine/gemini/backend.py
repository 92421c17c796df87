"""Gemini as something to talk to.

Where probabilities are wanted, the answer is asked for in one piece with the likeliest tokens at each place; streaming
does not give them. A model that refuses is remembered as long as genchat runs, and its answers stream without. What
comes without probabilities is shown as such: its steps are the pieces in which the service sent the text.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from genchat.engine.contract import (
    Capabilities,
    Event,
    Finish,
    ModelInfo,
    Notice,
    ReplySettings,
    Step,
    StopSignal,
    Tokenizer,
)
from genchat.engine.conversation import Message
from genchat.engine.distribution import unknown
from genchat.engine.evidence import Evidence
from genchat.engine.gemini.background_iterator import Stopped, in_background
from genchat.engine.gemini.client import Chunk, GeminiClient, GenerateRequest
from genchat.engine.gemini.connection import Connection, open_connection, suggestions
from genchat.engine.gemini.endings import Ending
from genchat.engine.gemini.errors import GeminiError
from genchat.engine.gemini.first_use import tell_once
from genchat.engine.gemini.requests import (
    check_model_name,
    continuation_request,
    conversation_request,
    token_limit,
    unheeded,
)
from genchat.engine.gemini.seen_tokens import SeenTokens, aligned, as_step
from genchat.engine.open_request import OpenRequest
from genchat.engine.paths import Paths
from genchat.engine.settings import Settings


def open_backend(settings: Settings, paths: Paths) -> "GeminiBackend":
    """The backend follows the settings; no SDK is loaded and no key asked for yet. Raises UsageError for a bad address
    or model name.
    """
    choices = settings.gemini
    return GeminiBackend(
        open_connection(settings, paths),
        check_model_name(choices.model),
        told_folder=paths.config,
        probabilities=choices.probabilities,
    )


def open_model(request: OpenRequest) -> "GeminiBackend":
    """The backend follows the request's settings."""
    return open_backend(request.settings, request.paths)


class GeminiBackend:
    """See engine.contract.Backend. `told_folder` is the folder that remembers which notices were shown already."""

    def __init__(self, connection: Connection, model: str, *, told_folder: Path, probabilities: bool = True) -> None:
        self._connection = connection
        self._model = model
        self._told_folder = told_folder
        self._probabilities = probabilities
        self._without_probabilities: set[str] = set()
        self._address_shown = False
        self._tokens = SeenTokens(model)

    @property
    def info(self) -> ModelInfo:
        address = self._connection.address
        return ModelInfo(
            name=self._model,
            family="gemini",
            vocabulary_size=0,
            context_length=None,
            parameters=0,
            checksum="",
            description="" if address.is_default else address.host,
        )

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            distribution="top-k" if self._asks_probabilities else "none",
            can_fork=False,
            can_score=False,
            can_explain=False,
            remote=True,
        )

    @property
    def tokenizer(self) -> Tokenizer | None:
        return self._tokens

    @property
    def _asks_probabilities(self) -> bool:
        return self._probabilities and self._model not in self._without_probabilities

    def reply(
        self, messages: Sequence[Message], settings: ReplySettings, should_stop: StopSignal | None = None
    ) -> Iterator[Event]:
        def request(probabilities: bool) -> GenerateRequest:
            return conversation_request(self._model, messages, settings, probabilities=probabilities)

        return self._answer(request, settings, should_stop or _never)

    def complete(self, text: str, settings: ReplySettings, should_stop: StopSignal | None = None) -> Iterator[Event]:
        def request(probabilities: bool) -> GenerateRequest:
            return continuation_request(self._model, text, settings, probabilities=probabilities)

        return self._answer(request, settings, should_stop or _never)

    def explain(self, messages: Sequence[Message] | str, reply_tokens: Sequence[int]) -> Evidence | None:
        return None

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Gemini counts this many tokens in a conversation, instructions left out. Raises GeminiError."""
        request = conversation_request(self._model, messages, ReplySettings(), probabilities=False)
        return self._connection.client().count(request) if request.turns else 0

    def _answer(
        self, request: Callable[[bool], GenerateRequest], settings: ReplySettings, should_stop: StopSignal
    ) -> Iterator[Event]:
        if not request(False).turns:
            yield Notice("gemini.nothing_asked")
            yield Finish("end")
            return
        if should_stop():
            yield Finish("stopped")
            return
        client = self._connection.client()
        yield from self._first_words(settings)
        writing = _Writing(token_limit(settings))
        failure: GeminiError | None
        try:
            if self._asks_probabilities:
                yield from self._with_probabilities(client, request(True), writing, should_stop)
            if not writing.over:
                yield from self._streamed(client, request(False), writing, should_stop)
        except Stopped:
            yield writing.ending.finish("stopped")
            return
        except GeminiError as error:
            failure = error
        else:
            failure = None
        if failure is None or writing.ending.ended:
            yield from writing.ending.events(writing.limit_reached)
        elif writing.position:
            yield Notice("gemini.cut_short", {"reason": str(failure)})
            yield writing.ending.finish("cut", str(failure))
        else:
            raise self._with_suggestions(failure)

    def _first_words(self, settings: ReplySettings) -> Iterator[Event]:
        if tell_once(self._told_folder, "gemini.leaves_the_machine"):
            yield Notice("gemini.leaves_the_machine")
        if not self._address_shown and not self._connection.address.is_default:
            self._address_shown = True
            yield Notice("gemini.other_address", {"address": self._connection.address.url})
        yield from unheeded(settings)

    def _with_probabilities(
        self, client: GeminiClient, request: GenerateRequest, writing: "_Writing", should_stop: StopSignal
    ) -> Iterator[Event]:
        """The whole answer with its tokens; nothing if the model refuses to give probabilities."""
        try:
            chunk = next(in_background(lambda: iter((client.generate(request),)), should_stop))
        except GeminiError as error:
            if error.kind != "no_logprobs":
                raise
            refusal = error
        else:
            writing.note(chunk)
            writing.over = True
            yield from self._tokens_of(chunk, writing, should_stop)
            return
        self._without_probabilities.add(request.model)
        yield Notice("gemini.refused_probabilities", dict(refusal.values))

    def _tokens_of(self, chunk: Chunk, writing: "_Writing", should_stop: StopSignal) -> Iterator[Event]:
        pieces = aligned(chunk.text, chunk.steps) if chunk.steps else None
        if pieces is None:
            reason = "gemini.tokens_do_not_spell" if chunk.steps else "gemini.probabilities_missing"
            yield from writing.steps(chunk.text, reason)
            return
        for piece in pieces:
            if should_stop():
                raise Stopped
            if writing.limit is not None and writing.position >= writing.limit:
                writing.limit_reached = True
                return
            yield as_step(writing.position, piece, self._tokens)
            writing.position += 1

    def _streamed(
        self, client: GeminiClient, request: GenerateRequest, writing: "_Writing", should_stop: StopSignal
    ) -> Iterator[Event]:
        reason = "gemini.no_probabilities" if self._probabilities else "gemini.probabilities_off"
        for chunk in in_background(lambda: client.stream(request), should_stop):
            writing.note(chunk)
            yield from writing.steps(chunk.text, reason)
            if writing.limit_reached:
                return
        if not writing.ending.ended:
            raise GeminiError("cut")

    def _with_suggestions(self, error: GeminiError) -> GeminiError:
        if error.kind != "no_model":
            return error
        names = suggestions(self._connection, self._model)
        if not names:
            return error
        reason = error.values.get("reason", "")
        return GeminiError("no_model", variant="no_model_try", model=self._model, reason=reason, names=", ".join(names))


class _Writing:
    """How far a reply has come. `limit` is in tokens as the service counts them, or in pieces where it does not."""

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.position = 0
        self.limit_reached = False
        self.over = False
        self.ending = Ending()

    def note(self, chunk: Chunk) -> None:
        """The chunk is taken into account."""
        self.ending = self.ending.after(chunk)

    def steps(self, text: str, reason: str) -> Iterator[Step]:
        """A piece of text without probabilities, and why there are none."""
        if text:
            nothing = unknown(reason)
            yield Step(self.position, None, text, None, nothing, nothing)
            self.position += 1
        written = max(self.position, self.ending.answer_tokens or 0)
        self.limit_reached = self.limit is not None and written >= self.limit and not self.ending.ended


def _never() -> bool:
    return False
