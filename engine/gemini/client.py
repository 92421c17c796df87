"""The narrow interface behind which either Google SDK works: what is asked of Gemini and what comes back.

Two implementations, each in its own file: `google_genai_client` (the maintained SDK, the default) and
`google_generativeai_client` (the older one, an optional extra). Neither SDK is loaded before the first request. Every
method may raise engine.gemini.errors.GeminiError and nothing else.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

Speaker = Literal["user", "model"]


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn is one turn of a conversation as Gemini knows it; instructions are no turn."""

    speaker: Speaker
    text: str


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    """A request says what is asked. None leaves a number to the service; `candidates` of 0 asks for no probabilities.

    `sampling`: the numbers of how tokens are drawn, under the service's own names.
    """

    model: str
    turns: tuple[Turn, ...]
    instruction: str = ""
    sampling: Mapping[str, float] = field(default_factory=dict)
    seed: int | None = None
    max_output_tokens: int | None = None
    candidates: int = 0  # likeliest tokens wanted at each place


@dataclass(frozen=True, slots=True)
class TokenChoice:
    """A choice is a token as the service names it; `token` is None where it gives no id. `log_prob` is natural."""

    text: str
    token: int | None
    log_prob: float


@dataclass(frozen=True, slots=True)
class DecodingStep:
    """A step is one token of the answer and the likeliest ones at its position, likeliest first; the token need not be
    among them.
    """

    chosen: TokenChoice
    top: tuple[TokenChoice, ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk is a piece of an answer, or a whole one. Numbers of tokens count from the beginning of the answer."""

    text: str = ""
    finish: str = ""  # the service's own word for why the answer ended, such as "STOP"; "" while it goes on
    finish_message: str = ""
    prompt_block: str = ""  # the service's own word for why the question was refused
    steps: tuple[DecodingStep, ...] = ()
    prompt_tokens: int | None = None
    answer_tokens: int | None = None
    thought_tokens: int | None = None
    model_version: str = ""


Task = Literal["RETRIEVAL_QUERY", "RETRIEVAL_DOCUMENT"]


@dataclass(frozen=True, slots=True)
class EmbedRequest:
    """The texts become vectors, each by itself. `task` is None for models that read it from the text."""

    model: str
    texts: tuple[str, ...]
    task: Task | None
    dimension: int


@dataclass(frozen=True, slots=True)
class RemoteModel:
    """The service offers this model. `actions` are its verbs, such as "generateContent"."""

    name: str
    title: str = ""
    description: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    actions: tuple[str, ...] = ()

    @property
    def generates(self) -> bool:
        """This is true where the model can be talked to."""
        return "generateContent" in self.actions


class GeminiClient(Protocol):
    """A client has one key and one address."""

    def stream(self, request: GenerateRequest) -> Iterator[Chunk]:
        """The client gives the answer as it is made."""
        ...

    def generate(self, request: GenerateRequest) -> Chunk:
        """The client gives the answer in one piece."""
        ...

    def embed(self, request: EmbedRequest) -> list[list[float]]:
        """The client gives one vector per text, in order, not yet of length 1."""
        ...

    def count(self, request: GenerateRequest) -> int:
        """The client counts the tokens of the turns."""
        ...

    def models(self) -> list[RemoteModel]:
        """The client gives all pages of the list."""
        ...

    def close(self) -> None:
        """The client lets its connections go."""
        ...
