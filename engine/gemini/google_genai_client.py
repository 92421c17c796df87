"""Gemini through google-genai, the maintained SDK. It is loaded, in about a second, with the first request.

The API version, the address and the transport are pinned, so that variables meant for other programs (a Vertex switch,
a replay mode, an address) change nothing here. The SDK's own retries stay off: they would also repeat quota errors.
"""

import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from genchat.engine.gemini.address import Address
from genchat.engine.gemini.attempts import Pause, attempt, twice
from genchat.engine.gemini.client import Chunk, EmbedRequest, GenerateRequest, RemoteModel
from genchat.engine.gemini.errors import ErrorReader, GeminiError
from genchat.engine.gemini.reading import read_chunk, read_model
from genchat.engine.keys import ApiKey

if TYPE_CHECKING:
    from google.genai import Client
    from google.genai.types import Content, GenerateContentConfig

API_VERSION = "v1beta"  # v1 knows neither the -latest aliases nor, for some models, system instructions


class GoogleGenaiClient:
    """See engine.gemini.client.GeminiClient. `timeout` is in seconds without a byte from the service."""

    def __init__(self, key: ApiKey, address: Address, timeout: float, pause: Pause) -> None:
        self._key = key
        self._address = address
        self._timeout = timeout
        self._pause = pause
        self._reader = ErrorReader(key.value, key.source, address.host)
        self._made: Client | None = None

    def stream(self, request: GenerateRequest) -> Iterator[Chunk]:
        def begin() -> tuple[Iterator[Any], Any]:
            answers = self._sdk().models.generate_content_stream(
                model=request.model, contents=_contents(request), config=_config(request)
            )
            return answers, next(answers, None)

        def translate(error: Exception) -> GeminiError:
            return self._translate(error, request.model)

        answers, answer = twice(begin, translate, self._pause)
        while answer is not None:
            yield self._chunk(answer, request.model)
            answer = attempt(lambda: next(answers, None), translate)

    def generate(self, request: GenerateRequest) -> Chunk:
        answer = self._call(
            request.model,
            lambda: self._sdk().models.generate_content(
                model=request.model, contents=_contents(request), config=_config(request)
            ),
        )
        return self._chunk(answer, request.model)

    def embed(self, request: EmbedRequest) -> list[list[float]]:
        def call() -> Any:
            from google.genai import types

            # Plain strings would be taken as parts of one text by gemini-embedding-2 and give one vector for all.
            contents: list[Any] = [types.Content(parts=[types.Part(text=text)]) for text in request.texts]
            config = types.EmbedContentConfig(task_type=request.task, output_dimensionality=request.dimension)
            return self._sdk().models.embed_content(model=request.model, contents=contents, config=config)

        answer = self._call(request.model, call)
        return [list(embedding.values or ()) for embedding in answer.embeddings or ()]

    def count(self, request: GenerateRequest) -> int:
        answer = self._call(
            request.model,
            lambda: self._sdk().models.count_tokens(model=request.model, contents=_contents(request)),
        )
        return int(answer.total_tokens or 0)

    def models(self) -> list[RemoteModel]:
        listed: Sequence[Any] = self._call("", lambda: list(self._sdk().models.list()))
        return [read_model(model.model_dump(mode="json", exclude_none=True)) for model in listed]

    def close(self) -> None:
        if self._made is not None:
            self._made.close()
            self._made = None

    def _call(self, model: str, work: Any) -> Any:
        return twice(work, lambda error: self._translate(error, model), self._pause)

    def _chunk(self, answer: Any, model: str) -> Chunk:
        return attempt(
            lambda: read_chunk(answer.model_dump(mode="json", exclude_none=True)),
            lambda error: self._translate(error, model),
        )

    def _sdk(self) -> "Client":
        if self._made is None:
            from google import genai
            from google.genai import client, types

            # New words of the service (finish reasons) are warned about; the screen shows them anyway.
            warnings.filterwarnings("ignore", message=".* is not a valid ", category=UserWarning, module="google.genai")
            on_this_machine = {"trust_env": False} if self._address.is_loopback else None
            self._made = genai.Client(
                api_key=self._key.value,
                vertexai=False,
                debug_config=client.DebugConfig(client_mode=None, replays_directory=None, replay_id=None),
                http_options=types.HttpOptions(
                    base_url=self._address.url,
                    api_version=API_VERSION,
                    timeout=max(round(self._timeout * 1000), 1),
                    client_args=on_this_machine,
                ),
            )
        return self._made

    def _translate(self, error: Exception, model: str) -> GeminiError:
        from google.genai.errors import APIError

        if isinstance(error, APIError):
            return self._reader.answered(int(error.code or 0), error.details, model)
        return self._reader.raised(error)


def _contents(request: GenerateRequest) -> "list[Content]":
    from google.genai import types

    return [types.Content(role=turn.speaker, parts=[types.Part(text=turn.text)]) for turn in request.turns]


def _config(request: GenerateRequest) -> "GenerateContentConfig":
    from google.genai import types

    numbers: dict[str, Any] = dict(request.sampling)
    return types.GenerateContentConfig(
        **numbers,
        seed=request.seed,
        max_output_tokens=request.max_output_tokens,
        system_instruction=request.instruction or None,
        response_logprobs=True if request.candidates else None,
        logprobs=request.candidates or None,
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
    )
