"""Gemini through google-generativeai, the older SDK, which is no longer maintained. An extra: `legacy-gemini`.

REST only: its default transport ignores timeouts. What it loses is made good here as far as it can be:
- every HTTP error in a stream looks the same, so the request is made once more in one piece, which names the error;
- an error object in the middle of a stream arrives as a chunk with nothing in it;
- a finish reason it does not know reads as none at all;
- its own retries never end, so they are off;
- tokens spent thinking have no field: they are what the total has beyond question and answer.
It knows no seed. Its configuration belongs to the whole process, so one process should keep to one key and address.
"""

import dataclasses
import importlib
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from genchat.engine.gemini.address import Address
from genchat.engine.gemini.attempts import Pause, attempt, twice
from genchat.engine.gemini.client import Chunk, EmbedRequest, GenerateRequest, RemoteModel
from genchat.engine.gemini.errors import ErrorReader, GeminiError
from genchat.engine.gemini.reading import read_chunk, read_model
from genchat.engine.keys import ApiKey

_UNEXPLAINED = "Unknown error trying to retrieve streaming response"
UNKNOWN_REASON = "UNKNOWN"


class _Unexplained(GeminiError):
    """An error in a stream whose nature this SDK swallowed."""


class GoogleGenerativeaiClient:
    """See engine.gemini.client.GeminiClient. `timeout` is in seconds without a byte from the service."""

    def __init__(self, key: ApiKey, address: Address, timeout: float, pause: Pause) -> None:
        self._key = key
        self._address = address
        self._timeout = timeout
        self._pause = pause
        self._reader = ErrorReader(key.value, key.source, address.host)
        self._made: Any = None

    def stream(self, request: GenerateRequest) -> Iterator[Chunk]:
        def translate(error: Exception) -> GeminiError:
            return self._translate(error, request.model)

        def begin() -> tuple[Iterator[Any], Any]:
            answers = self._answers(request)
            return answers, next(answers, None)

        began = False
        finished = False
        try:
            answers, answer = attempt(begin, translate)
            while answer is not None:
                chunk = _chunk(answer)
                if _says_nothing(answer) and not finished:
                    raise _Unexplained("cut", reason="")
                finished = finished or bool(chunk.finish or chunk.prompt_block)
                began = began or bool(chunk.text)
                yield chunk
                answer = attempt(lambda: next(answers, None), translate)
        except _Unexplained:
            if began:
                raise
            unexplained = True
        else:
            unexplained = False
        if unexplained:
            yield attempt(lambda: self._whole(request), translate)
        elif not finished:
            yield Chunk(finish=UNKNOWN_REASON)

    def generate(self, request: GenerateRequest) -> Chunk:
        return twice(lambda: self._whole(request), lambda error: self._translate(error, request.model), self._pause)

    def embed(self, request: EmbedRequest) -> list[list[float]]:
        def call() -> Any:
            return self._sdk().embed_content(
                _full(request.model),
                list(request.texts),
                task_type=request.task,
                output_dimensionality=request.dimension,
                request_options=self._options(),
            )

        answer = twice(call, lambda error: self._translate(error, request.model), self._pause)
        return [list(vector) for vector in answer["embedding"]]

    def count(self, request: GenerateRequest) -> int:
        def call() -> Any:
            model = self._sdk().GenerativeModel(_full(request.model))
            return model.count_tokens(_contents(request), request_options=self._options())

        return int(twice(call, lambda error: self._translate(error, request.model), self._pause).total_tokens)

    def models(self) -> list[RemoteModel]:
        def call() -> list[Any]:
            return list(self._sdk().list_models(request_options=self._options()))

        listed = twice(call, lambda error: self._translate(error, ""), self._pause)
        return [read_model(dataclasses.asdict(model)) for model in listed]

    def close(self) -> None:
        if self._made is not None:
            # The SDK itself closes nothing; its clients belong to the process and would keep their sockets.
            clients = importlib.import_module("google.generativeai.client")._client_manager.clients
            for client in clients.values():
                client.transport.close()
            clients.clear()
            self._made = None

    def _whole(self, request: GenerateRequest) -> Chunk:
        chunk = _chunk(self._ask(request, stream=False))
        return chunk if chunk.finish or chunk.prompt_block else dataclasses.replace(chunk, finish=UNKNOWN_REASON)

    def _answers(self, request: GenerateRequest) -> Iterator[Any]:
        """The answers of a stream; a refused question, which the SDK makes an exception, is one of them."""
        refused = self._sdk().types.BlockedPromptException
        try:
            yield from self._ask(request, stream=True)
        except refused as error:
            refusal = error.args[0]
        else:
            return
        yield refusal

    def _ask(self, request: GenerateRequest, *, stream: bool) -> Any:
        numbers = {
            **request.sampling,
            "max_output_tokens": request.max_output_tokens,
            "response_logprobs": True if request.candidates else None,
            "logprobs": request.candidates or None,
        }
        model = self._sdk().GenerativeModel(_full(request.model), system_instruction=request.instruction or None)
        return model.generate_content(
            _contents(request),
            stream=stream,
            # A dictionary: the SDK's own class for this has no field for probabilities.
            generation_config={name: value for name, value in numbers.items() if value is not None},
            request_options=self._options(),
        )

    def _options(self) -> dict[str, Any]:
        never = importlib.import_module("google.api_core.retry").Retry(predicate=lambda error: False)
        return {"timeout": self._timeout, "retry": never}

    def _sdk(self) -> Any:
        if self._made is None:
            self._made = _load()
            elsewhere = {} if self._address.is_default else {"client_options": {"api_endpoint": self._address.url}}
            self._made.configure(api_key=self._key.value, transport="rest", **elsewhere)
        return self._made

    def _translate(self, error: Exception, model: str) -> GeminiError:
        if not isinstance(error, importlib.import_module("google.api_core.exceptions").GoogleAPICallError):
            return self._reader.raised(error)
        answer: Any = error
        # "429 POST http://…: what the service said"
        head, _, said = answer.message.partition(": ")
        message = said if " http" in head else answer.message
        if message.startswith(_UNEXPLAINED):
            return _Unexplained("cut", reason="")
        code = int(answer.code or 0)
        if message.lstrip().startswith("<"):
            return self._reader.answered(code, None, model)
        details = [detail for detail in answer.details or () if isinstance(detail, Mapping)]
        return self._reader.refused(code, message, details, model)


def _load() -> Any:
    """The SDK, without the lines it prints on import. Raises GeminiError where the extra is not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            sdk = importlib.import_module("google.generativeai")
        except ImportError:
            missing = True
        else:
            missing = False
    if missing:
        raise GeminiError("request", variant="sdk_missing")
    return sdk


def _full(model: str) -> str:
    return model if "/" in model else f"models/{model}"


def _contents(request: GenerateRequest) -> list[dict[str, Any]]:
    return [{"role": turn.speaker, "parts": [{"text": turn.text}]} for turn in request.turns]


def _plain(message: Any) -> dict[str, Any]:
    fields: dict[str, Any] = type(message).to_dict(message, use_integers_for_enums=False)
    return fields


def _chunk(answer: Any) -> Chunk:
    return read_chunk(
        {
            "candidates": [_plain(candidate) for candidate in answer.candidates],
            "prompt_feedback": _plain(answer.prompt_feedback),
            "usage_metadata": _plain(answer.usage_metadata),
            "model_version": answer.model_version,
        }
    )


def _says_nothing(answer: Any) -> bool:
    content = answer.prompt_feedback.block_reason or answer.usage_metadata.total_token_count
    return not answer.candidates and not content
