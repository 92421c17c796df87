"""What a model computed on its way through a text, as plain arrays that any screen can draw without knowing the model.

A model that can be laid open is a LooksInside; each family fills its own kind of value in one pass over the text. What
a model cannot tell is left out and named in `missing`, by the key of a text that says why; nothing is ever guessed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from genchat.engine.contract import Tokenizer
from genchat.engine.conversation import Message
from genchat.engine.distribution import FloatArray
from genchat.engine.evidence import CorpusPlace

if TYPE_CHECKING:
    HalfArray = NDArray[np.float16]
    IntArray = NDArray[np.int32]

_CLOSED, _OPEN = 0.1, 0.9  # a gate beyond these is saturated, as in Karpathy, Johnson & Fei-Fei 2015


@dataclass(frozen=True, slots=True)
class Neuron:
    """A neuron is one hidden unit of an MLP at the last position."""

    layer: int  # counted from 1
    unit: int
    activation: float
    strength: float  # length of the vector that it adds to the residual stream
    pushes: tuple[tuple[int, float], ...]  # token -> what it adds to that token's logit, largest first


@dataclass(frozen=True)
class InsideGpt:
    """What a Transformer computed over `tokens`. T tokens, of which the newest R are rows, the newest P have a lens.

    Row r belongs to position `first` + r of `tokens`, lens column p to position `lens_first` + p. Row 0 of what is by
    layer is the embedding; row l is what stands after layer l.
    """

    tokens: tuple[int, ...]
    chosen: int | None  # the token that followed
    first: int
    attention: "HalfArray"  # [layers, heads, R, T]; each row sums to 1 and is 0 for the future
    focus: FloatArray  # [layers, heads, R]: 0 looks at all alike, 1 at one token only
    lens_first: int
    lens_tokens: "IntArray"  # [layers + 1, P]: the most likely token
    lens_probabilities: FloatArray  # [layers + 1, P]: its probability
    lens_entropies: FloatArray  # [layers + 1, P], bits
    norms: FloatArray  # [layers + 1, R]: root mean square of the residual stream
    neurons: tuple[Neuron, ...]  # the strongest of all layers at the last position, strongest first
    influence: FloatArray | None  # [T]: gradient x input of ln(p(chosen) / p(rival)), a number for each token
    rival: int | None = None  # the most likely token but for the chosen one
    missing: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class InsideLstm:
    """Gates and cells of an LSTM after each of `tokens`; every array is float32 [layers, units, T]."""

    tokens: tuple[int, ...]
    input: FloatArray
    forget: FloatArray
    output: FloatArray
    cell: FloatArray
    hidden: FloatArray
    missing: tuple[str, ...] = ()
    seconds: float = 0.0


def saturation(gate: FloatArray) -> tuple[FloatArray, FloatArray]:
    """float32 [layers, units, T] -> [layers, units] twice: the shares of the time a gate is closed, and open."""
    closed, opened = (gate < _CLOSED).mean(axis=-1), (gate > _OPEN).mean(axis=-1)
    return np.asarray(closed, dtype=np.float32), np.asarray(opened, dtype=np.float32)


@dataclass(frozen=True)
class VerbatimRun:
    """A run is a piece of the text, tokens[start:end], that the training text holds word for word."""

    start: int
    end: int
    count: int  # how often training holds it
    places: tuple[CorpusPlace, ...]
    around: tuple[CorpusPlace, ...]  # the first of those lines, among the lines before and after it


@dataclass(frozen=True)
class InsideNgram:
    """The back-off ladder of `tokens`, from token `first` on; P = len(tokens) - first of them."""

    tokens: tuple[int, ...]
    first: int
    orders: "IntArray"  # [P]: order used, which is the length of the matched context + 1
    contributions: FloatArray  # [model order, P]: what each order gave to p(token), lowest first
    recalled: FloatArray  # [P]: what recalled replies gave; the contributions and this sum to p(token)
    matched: "IntArray"  # [P]: how many tokens up to and with this one stand together in the training text
    run: VerbatimRun | None  # the longest
    missing: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class InsidePart:
    """A part of a mixture, with its weight at the chosen token and the vocabulary that its tokens are of."""

    name: str
    weight: float
    tokenizer: Tokenizer
    data: "InsideData | None"  # None where that model cannot be laid open


@dataclass(frozen=True)
class InsideMixture:
    """What the parts of a mixture computed, each by itself."""

    parts: tuple[InsidePart, ...]
    missing: tuple[str, ...] = ()
    seconds: float = 0.0


InsideData = InsideGpt | InsideLstm | InsideNgram | InsideMixture


@runtime_checkable
class LooksInside(Protocol):
    """A language model that can tell what it computed."""

    def look_inside(self, tokens: Sequence[int], chosen: int | None = None, first: int = 0) -> InsideData:
        """What the model computed over `tokens` on its way to `chosen`, the token that followed.

        `first`: the index of the token from which on what is told token by token is wanted, where the model need not
        tell it of all. Raises UsageError for an id that does not exist.
        """
        ...


@runtime_checkable
class ShowsInside(Protocol):
    """A backend whose model can tell what it computed on the way to a token of a reply."""

    def look_inside(
        self, messages: Sequence[Message] | str, reply_tokens: Sequence[int], chosen: int | None
    ) -> InsideData | None:
        """What was computed before `chosen`, the token after `reply_tokens` in the reply to `messages`, or in the
        continuation of a text. It is None where the model cannot tell.
        """
        ...
