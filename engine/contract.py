"""The contract that every model and backend of genchat keeps. `genchat.testing` puts any of them through it.

A LanguageModel turns a prefix into a distribution. A Cursor is a place in a text, cheap to fork: two futures from one
past. A Backend is what a conversation talks to; local ones are a model plus a chat template (engine/local_backend.py),
remote ones bring their own. All yield the same Step.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from genchat.engine.conversation import ChatTemplate, Message, Prompt
from genchat.engine.sampling.settings import SamplingSettings

if TYPE_CHECKING:  # the screen draws its first frame before it needs numpy
    from genchat.engine.distribution import Distribution, FloatArray, Kind
    from genchat.engine.evidence import Evidence
    from genchat.engine.sampling import Draw

CONTRACT_VERSION = 1  # counts up when what is asked of a plug-in changes
Family = str  # a word for the kind of model: "ngram", "lstm", "gpt", …; a plug-in may bring one of its own
StopSignal = Callable[[], bool]  # asked between tokens; True ends the reply


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """These facts say what a model is. `parameters` counts numbers learned; `checksum` is the sha256 of its files, in
    hex.
    """

    name: str
    family: Family
    vocabulary_size: int
    context_length: int | None  # tokens of the past it can use; None when unbounded
    parameters: int
    checksum: str
    description: str = ""


class Tokenizer(Protocol):
    """A tokenizer turns text into token ids and back.

    It is exact where all pieces are in the vocabulary: decode(encode(text)) == text, but for accents written apart,
    which may come back composed (the same text by Unicode's canonical equivalence).
    """

    @property
    def name(self) -> str: ...

    @property
    def vocabulary_size(self) -> int: ...

    @property
    def special_tokens(self) -> Mapping[str, int]:
        """These are names such as "<|user|>" with their ids. Text never encodes to one of them."""
        ...

    def encode(self, text: str) -> list[int]: ...

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of `tokens`: their bytes joined and read as UTF-8, special tokens left out."""
        ...

    def token_bytes(self, token: int) -> bytes:
        """The bytes this token stands for; empty for a special token."""
        ...

    def unknown_in(self, text: str) -> list[str]:
        """The pieces of `text` that the vocabulary cannot write, each once, in order of appearance."""
        ...


class Cursor(Protocol):
    """A cursor is a place in a text."""

    def log_probs(self) -> "FloatArray":
        """The array is float32 [vocabulary], natural log; exp sums to 1. The caller may keep it but must not write in
        it.
        """
        ...

    def advance(self, token: int) -> None:
        """The cursor goes one token on. Raises UsageError("token_outside_vocabulary") for an id that does not exist."""
        ...

    def fork(self) -> "Cursor":
        """The result is a second cursor at this place; advancing one leaves the other where it is."""
        ...

    def evidence(self) -> "Evidence":
        """The evidence says why the model believes what it believes here; it may be slow, and is asked for token by
        token.
        """
        ...


class LanguageModel(Protocol):
    """A language model takes a prefix and gives the distribution of the next token."""

    @property
    def info(self) -> ModelInfo: ...

    @property
    def tokenizer(self) -> Tokenizer: ...

    def start(self, tokens: Sequence[int]) -> Cursor:
        """The cursor stands after `tokens` (which may be empty)."""
        ...


@runtime_checkable
class BatchScorer(Protocol):
    """A model that can score a whole text at once, faster than token by token."""

    def score_tokens(self, tokens: Sequence[int]) -> "FloatArray":
        """The array is float32 [len(tokens)]: natural log p(tokens[i] | tokens[:i])."""
        ...


@dataclass(frozen=True, slots=True)
class Capabilities:
    """These flags say what a backend can honestly offer; the screen shows an empty state for the rest."""

    distribution: "Kind" = "exact"
    can_fork: bool = True
    can_score: bool = True
    can_explain: bool = True
    remote: bool = False
    reads_system: bool = True  # a system prompt has an effect on what it writes


@dataclass(frozen=True)
class Step:
    """A step is one token of a reply.

    `text` is what the reply grew by: empty in the middle of a UTF-8 character, all the pending bytes at its end, so
    that the joined texts are the decoded whole. `log_prob` is the model's own (before sampling), natural log.
    """

    position: int  # 0 for the first token of the reply
    token: int | None  # None where the backend does not show its tokens
    text: str
    log_prob: float | None
    raw: "Distribution"  # the model's own
    drawn_from: "Distribution"  # what the draw was made from
    draw: "Draw | None" = None
    special: bool = False  # a role or end marker, not text


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage is a piece of a document that was given to the model: where it stands and why it was chosen."""

    number: int  # 1, 2, …: what a citation [1] points to
    source: str  # file name or title
    locator: str  # heading path, or line numbers
    text: str
    score: float
    highlight: tuple[int, int] | None = None  # character offsets in `text` of the sentence that fits best
    parts: Mapping[str, float] = field(default_factory=dict)  # score by part: "bm25", "trigram", "vector"
    matched: Mapping[str, float] = field(default_factory=dict)  # matched word -> its share of the question
    warning: str = ""  # key of a text, e.g. a passage that tries to give orders


@dataclass(frozen=True, slots=True)
class Passages:
    """These are the passages retrieved for this turn; the event comes before the first step."""

    items: tuple[Passage, ...]
    retriever: str  # which retriever answered, in words
    missing: tuple[str, ...] = ()  # words of the question found nowhere


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice tells what to know about this reply: a text key and its values, or plain words for a key."""

    key: str
    values: Mapping[str, object] = field(default_factory=dict)


FinishReason = Literal["end", "stopped", "length", "blocked", "cut"]
Ending = Literal["done", "stopped", "error"]

# What each reason means for whoever asked: the history keeps it, the command line ends with a code for it.
ENDING_OF: Mapping[FinishReason, Ending] = {
    "end": "done",
    "length": "done",
    "stopped": "stopped",
    "blocked": "error",
    "cut": "error",
}


@dataclass(frozen=True, slots=True)
class Finish:
    """A Finish is the last event of a reply."""

    reason: FinishReason
    prompt_tokens: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class MessageData:
    """A backend yields this to have it back, beside the reply, when the conversation goes on.

    The values are plain JSON, under a name of the backend's own. They are kept with the message, shown nowhere, and
    come back as the `data` of its `Message`.
    """

    values: Mapping[str, Any]


@dataclass(frozen=True)
class LateSteps:
    """The steps of a reply whose probabilities became known only when its text had been streamed.

    They write the same text as all steps before this event, and stand in their place.
    """

    steps: tuple[Step, ...]


Event = Step | Passages | MessageData | Notice | LateSteps | Finish


@dataclass(frozen=True, slots=True)
class ReplySettings:
    """These settings say how a reply is to be made."""

    sampling: SamplingSettings = field(default_factory=SamplingSettings)
    max_tokens: int = 400
    steering: Callable[[], SamplingSettings] | None = field(default=None, compare=False, repr=False)
    """Asked once before every token, by backends that can, for the settings to draw it with, and may take as long as it
    likes to answer; None keeps to `sampling`.
    """

    def values(self) -> dict[str, Any]:
        """These are the settings as plain values, {"sampling": {…}, "max_tokens": …}, as the history keeps them."""
        return {"sampling": asdict(self.sampling), "max_tokens": self.max_tokens}


class Backend(Protocol):
    """A backend is what a conversation talks to."""

    @property
    def info(self) -> ModelInfo: ...

    @property
    def capabilities(self) -> Capabilities: ...

    @property
    def tokenizer(self) -> Tokenizer | None:
        """Labels and traces are written with it; it is None where the backend does not show its tokens."""
        ...

    def reply(
        self, messages: Sequence[Message], settings: ReplySettings, should_stop: StopSignal | None = None
    ) -> Iterator[Event]:
        """The backend answers the conversation. Leaving the iterator stops the work; the last event is a Finish."""
        ...

    def complete(self, text: str, settings: ReplySettings, should_stop: StopSignal | None = None) -> Iterator[Event]:
        """The backend continues free text, with no conversation around it."""
        ...

    def explain(self, messages: Sequence[Message] | str, reply_tokens: Sequence[int]) -> "Evidence | None":
        """The evidence is for the token after `reply_tokens` in the reply to `messages`, or in the continuation of a
        text.

        It is None where nothing can be said.
        """
        ...


@runtime_checkable
class HasLanguageModel(Protocol):
    """A backend whose language model can be asked itself, for exact distributions and for the price of any text."""

    @property
    def model(self) -> LanguageModel: ...


@runtime_checkable
class HasTemplate(Protocol):
    """A backend whose model was trained on turns that are written in a way of its own."""

    @property
    def template(self) -> ChatTemplate: ...


@runtime_checkable
class RendersPrompt(Protocol):
    """A backend around a model of this machine that can show the tokens which the model starts from."""

    def prompt(self, messages: Sequence[Message]) -> Prompt: ...


@runtime_checkable
class AnswersFromDocuments(Protocol):
    """A backend that puts passages of documents before a model, or quotes them without one."""

    @property
    def without_documents(self) -> Backend | None:
        """This backend answers the same questions without documents; it is None where there is no model behind them."""
        ...


class Embedder(Protocol):
    """An embedder turns texts into vectors whose dot product says how alike they mean: float32 rows of length 1."""

    @property
    def name(self) -> str:
        """This is the name of the model, such as "gemini-embedding-001" or "e5"."""
        ...

    @property
    def dimension(self) -> int: ...

    @property
    def version(self) -> str:
        """The version differs whenever the same text would give another vector: weights, prefixes, task convention."""
        ...

    @property
    def remote(self) -> bool:
        """This is true where texts leave this machine."""
        ...

    @property
    def batch(self) -> int:
        """This is how many passages one call of `embed_passages` should bring."""
        ...

    def embed_question(self, question: str) -> "FloatArray":
        """The vector is float32 [dimension]. Raises RemoteError."""
        ...

    def embed_passages(self, texts: Sequence[str], titles: Sequence[str]) -> "FloatArray":
        """The matrix is float32 [len(texts), dimension]; `titles` are the heading paths, "" where there is none."""
        ...
