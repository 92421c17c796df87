"""What a training run tells while it goes on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Started:
    """The shape of the run, known before the first step."""

    parameters: int
    train_tokens: int
    held_out_tokens: int
    precision: str
    device: str
    settings: Mapping[str, object] = field(default_factory=dict)
    unseen: str = ""  # pieces of the held-out text that the vocabulary lacks; they are spelled in bytes


@dataclass(frozen=True, slots=True)
class Progress:
    """A few times a second. `loss`: nats a token, mean of the last steps."""

    step: int
    epoch: float
    loss: float
    tokens_per_second: float
    seconds: float
    seconds_left: float | None
    done: float  # share of the run, 0 to 1


@dataclass(frozen=True, slots=True)
class Validation:
    """Loss on the held-out text."""

    step: int
    seconds: float
    loss: float  # nats a token
    bits_per_byte: float
    best: bool


@dataclass(frozen=True, slots=True)
class Sample:
    """Text the model writes by now. Untrusted like all that a model says."""

    step: int
    text: str


@dataclass(frozen=True, slots=True)
class Saved:
    """A checkpoint was written."""

    step: int
    path: str


EndReason = Literal["done", "stopped", "loss reached", "no more gain", "read often enough"]


@dataclass(frozen=True, slots=True)
class Ended:
    """The run is over, and why."""

    reason: EndReason
    step: int
    seconds: float
    loss: float | None
    bits_per_byte: float | None


@dataclass(frozen=True, slots=True)
class Phase:
    """How far a run that counts rather than learns has come: the name of a phase of its own, and its share done."""

    name: str
    done: float


@dataclass(frozen=True, slots=True)
class Kept:
    """The model was written, and what is known of it."""

    name: str
    folder: str
    chat: bool


TrainingEvent = Started | Progress | Validation | Sample | Saved | Ended
