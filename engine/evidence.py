"""Why a model believes what it believes: values that any screen can show without knowing the model.

Each family fills its own kind. Arrays are plain numpy, so that showing evidence never loads torch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genchat.engine.distribution import FloatArray


@dataclass(frozen=True, slots=True)
class NoEvidence:
    """There is nothing to show."""


@dataclass(frozen=True, slots=True)
class NgramLevel:
    """A level is one order of the back-off chain for the present context, highest order last."""

    order: int  # n: this level predicts from n-1 tokens of context
    context: tuple[int, ...]  # those n-1 tokens
    context_count: int  # how often the context was followed by anything in training
    backoff: float  # gamma: share of this level's mass handed down to shorter contexts
    weight: float  # product of the gammas above: how much of this level reaches the result


@dataclass(frozen=True, slots=True)
class NgramShare:
    """A share is what one level gave to one candidate: p(w) is exactly the sum of `contribution` over the levels."""

    order: int
    count: int  # count(context, w) in training
    context_count: int
    contribution: float


@dataclass(frozen=True, slots=True)
class CorpusPlace:
    """The training text says it here: file, 1-based line, the line's text and the match's character offsets in it."""

    source: str
    line: int
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class RecalledReply:
    """The training text gives this reply to something similar; `share` is how much it weighs at this token."""

    question: CorpusPlace
    reply: CorpusPlace
    similarity: float  # of what was said before it to what was said now: cosine, 0 to 1
    share: float  # of all that is recalled here; the listed ones need not sum to 1


@dataclass(frozen=True)
class RecallEvidence:
    """A chat model adds this to its counts: the words of replies to similar turns."""

    weight: float  # share of the whole distribution that comes from recalled replies
    replies: tuple[RecalledReply, ...]  # those with the largest shares, largest first
    contributions: Mapping[int, float]  # candidate token -> what recall adds to p(w)
    unmatched: tuple[str, ...] = ()  # words of the prompt that no question has, where nothing fits


@dataclass(frozen=True)
class NgramEvidence:
    """The counting model's whole argument: p(w) is the sum of its shares and of what recall adds, exactly."""

    order: int  # order used: matched context length + 1
    model_order: int
    levels: tuple[NgramLevel, ...]
    shares: Mapping[int, tuple[NgramShare, ...]] = field(default_factory=dict)  # candidate token -> its split
    longest_match: tuple[int, ...] = ()  # the longest suffix of the text that training holds verbatim
    match_count: int = 0
    places: tuple[CorpusPlace, ...] = ()
    places_of: Mapping[int, tuple[CorpusPlace, ...]] = field(default_factory=dict)  # candidate token -> where
    recall: RecallEvidence | None = None  # only in a reply of a chat model


@dataclass(frozen=True)
class LstmEvidence:
    """These are the gates and cells at this step, one array per layer, each float32 [hidden]."""

    forget: "tuple[FloatArray, ...]"
    input: "tuple[FloatArray, ...]"
    output: "tuple[FloatArray, ...]"
    cell: "tuple[FloatArray, ...]"
    hidden: "tuple[FloatArray, ...]"


@dataclass(frozen=True)
class LensRow:
    """The model would say this if it stopped after this layer: (token, probability) pairs, likeliest first."""

    layer: int
    top: tuple[tuple[int, float], ...]
    entropy: float


@dataclass(frozen=True)
class GptEvidence:
    """This is the attention and the logit lens at this position.

    attention: float32 [layers, heads, positions], each row sums to 1 over positions; `tokens` are those positions.
    """

    tokens: tuple[int, ...]
    attention: "FloatArray"
    lens: tuple[LensRow, ...]


@dataclass(frozen=True)
class MixtureEvidence:
    """The evidence says how much each part of a mixture weighs, and what each believes of the candidates."""

    weights: dict[str, float]  # part name -> weight, sums to 1
    parts: dict[str, "Evidence"]


Evidence = NoEvidence | NgramEvidence | LstmEvidence | GptEvidence | MixtureEvidence
