"""Gemini as something to talk to.

An answer always streams. The service gives no probabilities in a stream, so where they are wanted the same request is
made once more, with the same seed and in one piece, when the text has been written; its tokens are those of the text as
far as both say the same, and no further. A model that refuses is remembered as long as genchat runs and not asked
again. What comes without probabilities is shown as such: its steps are the pieces in which the service sent the text.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from genchat.engine.contract import (
    Capabilities,
    Event,
    Finish,
    LateSteps,
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
from genchat.engine.gemini.seen_tokens import SeenTokens, aligned, as_step, shared
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
            yield from self._streamed(client, request(False), writing, should_stop)
            if self._asks_probabilities and writing.text and not writing.ending.is_whole:
                yield writing.relabelled("gemini.probabilities_missing")
            elif self._asks_probabilities and writing.text:
                yield from self._probabilities_of(client, request(True), writing, should_stop)
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
        if self._asks_probabilities and tell_once(self._told_folder, "gemini.asked_twice"):
            yield Notice("gemini.asked_twice")
        if not self._address_shown and not self._connection.address.is_default:
            self._address_shown = True
            yield Notice("gemini.other_address", {"address": self._connection.address.url})
        yield from unheeded(settings)

    def _probabilities_of(
        self, client: GeminiClient, request: GenerateRequest, writing: "_Writing", should_stop: StopSignal
    ) -> Iterator[Event]:
        """The tokens of the text that has been written; where there are none, the pieces with the reason why."""
        try:
            chunk = next(in_background(lambda: iter((client.generate(request),)), should_stop))
        except GeminiError as error:
            refused = error.kind == "no_logprobs"
            if refused:
                self._without_probabilities.add(request.model)
            key = "refused_probabilities" if refused else "probabilities_failed"
            yield Notice(f"gemini.{key}", {"reason": str(error), **error.values})
            yield writing.relabelled("gemini.no_probabilities" if refused else "gemini.probabilities_missing")
            return
        except Stopped:  # the text is whole
            yield writing.relabelled("gemini.probabilities_missing")
            return
        pieces = aligned(chunk.text, chunk.steps) if chunk.steps else None
        if pieces is None:
            reason = "gemini.tokens_do_not_spell" if chunk.steps else "gemini.probabilities_missing"
            yield writing.relabelled(reason)
            return
        same = shared(writing.text, pieces)
        if not any(piece.step for piece in same):
            yield writing.relabelled("gemini.another_text")
            return
        if same[-1].step is None and writing.text != chunk.text:
            yield Notice("gemini.another_ending")
        yield LateSteps(tuple(as_step(place, piece, self._tokens) for place, piece in enumerate(same)))

    def _streamed(
        self, client: GeminiClient, request: GenerateRequest, writing: "_Writing", should_stop: StopSignal
    ) -> Iterator[Event]:
        reason = "gemini.probabilities_off"
        if self._probabilities:
            reason = "gemini.probabilities_coming" if self._asks_probabilities else "gemini.no_probabilities"
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
        self.limit_reached = False
        self.pieces: list[str] = []
        self.ending = Ending()

    def note(self, chunk: Chunk) -> None:
        """The chunk is taken into account."""
        self.ending = self.ending.after(chunk)

    @property
    def text(self) -> str:
        """What has been written so far."""
        return "".join(self.pieces)

    @property
    def position(self) -> int:
        """The number of pieces so far."""
        return len(self.pieces)

    def relabelled(self, reason: str) -> LateSteps:
        """The same pieces with another reason for their having no probabilities."""
        return LateSteps(tuple(_piece(place, text, reason) for place, text in enumerate(self.pieces)))

    def steps(self, text: str, reason: str) -> Iterator[Step]:
        """A piece of text without probabilities, and why there are none."""
        if text:
            yield _piece(self.position, text, reason)
            self.pieces.append(text)
        written = max(self.position, self.ending.answer_tokens or 0)
        self.limit_reached = self.limit is not None and written >= self.limit and not self.ending.ended


def _piece(position: int, text: str, reason: str) -> Step:
    """A piece of text without probabilities, and why there are none."""
    nothing = unknown(reason)
    return Step(position, None, text, None, nothing, nothing)


def _never() -> bool:
    return False
