"""A recipe: everything that decides a training run, each number open to a flag or a line of a TOML file.

The families add `engine.<family>.recipe` with `suggest(recipe, minutes, tokens) -> Recipe`, which turns the one dial,
minutes, into sizes for a text of so many tokens, and `build(recipe, tokenizer, alphabet) -> TrainableModel`.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from genchat.engine.errors import UsageError

OptimizerName = Literal["sgd", "momentum", "adagrad", "rmsprop", "adam", "adamw", "muon"]
_LEAST_STEPS = 16  # an epoch
# The peak rate each optimiser learns best at, by trial on tiny Shakespeare (engine/pretrained/making/LOG.md).
USUAL_RATES: dict[str, dict[str, float]] = {
    "gpt": {
        "sgd": 1.0, "momentum": 0.3, "adagrad": 0.03, "rmsprop": 0.003, "adam": 0.003, "adamw": 0.003, "muon": 0.03
    },
    "lstm": {"sgd": 3.0, "momentum": 0.5, "adagrad": 0.1, "rmsprop": 0.01, "adam": 0.01, "adamw": 0.01, "muon": 0.03},
}  # fmt: skip
ADAMW_DECAY = 0.1  # beside the gradient; without it adamw would be adam
Unit = Literal["auto", "char", "word", "bpe"]
# Bounds of what a machine could hold or count; whether this machine can is asked when the run is planned.
_LARGEST = {
    "layers": 1 << 10, "width": 1 << 20, "hidden": 1 << 23, "context": 1 << 17, "window": 1 << 17, "batch": 1 << 20,
    "steps": 10**15, "evaluations": 10**9, "patience": 10**9, "seed": 2**63 - 1,
}  # fmt: skip
LIMITS = ("minutes", "epochs", "steps", "until_loss")
_MOST = 1e9  # of rates, minutes and readings


@dataclass(frozen=True)
class Recipe:
    """Sizes are None where the family is to choose them for the time and text at hand."""

    family: Literal["gpt", "lstm"] = "gpt"
    tokens: Unit = "auto"  # "auto": byte pairs for dialogues, characters otherwise
    vocabulary: int = 2048  # of byte pairs
    layers: int | None = None
    width: int | None = None
    hidden: int | None = None  # width inside the MLP
    context: int | None = None  # tokens the finished model reads
    window: int | None = None  # tokens of a training window
    batch: int | None = None  # windows a step
    dropout: float = 0.0
    hold: float = 0.0  # share of the loss that holds on to what the beginning model said; needs a beginning

    optimizer: OptimizerName | None = None
    learning_rate: float | None = None  # peak, of the matrices
    weight_decay: float | None = None
    clip: float = 1.0  # longest gradient; 0 is off

    minutes: float | None = None
    epochs: float | None = None
    most_epochs: float | None = None  # of a run by the clock: read more often, a text is only learned by heart
    steps: int | None = None
    until_loss: float | None = None  # nats a token, held out
    warm_up: float = 0.02  # share of the run
    warm_down: float | None = None
    patience: int = 0  # evaluations without gain before stopping; 0 is off
    evaluations: int = 12  # over the run

    seed: int = 1
    held_out_share: float = 0.1
    device: str = "auto"
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    compile: bool = False

    def __post_init__(self) -> None:
        for name, most in _LARGEST.items():
            _within(name, getattr(self, name), 0 if name in ("patience", "seed") else 1, most)
        for name in ("learning_rate", "minutes", "epochs", "most_epochs", "until_loss"):
            _within(name, getattr(self, name), 0, _MOST, above=True)
        for name in ("weight_decay", "clip"):
            _within(name, getattr(self, name), 0, _MOST)
        _within("vocabulary", self.vocabulary, -_MOST, 1 << 20)  # too small a one is refused where its least is known
        _within("dropout", self.dropout, 0, 0.99)
        for name in ("hold", "warm_up", "warm_down", "held_out_share"):
            _within(name, getattr(self, name), 0, 1)

    def with_values(self, values: Mapping[str, Any]) -> "Recipe":
        """This recipe with those values in place of its own; None leaves a value as it is."""
        return replace(self, **{name: value for name, value in values.items() if value is not None})

    @property
    def usual_rate(self) -> float:
        """The rate to learn at where none is chosen."""
        return USUAL_RATES[self.family][self.optimizer or "muon"]

    def to_json(self) -> dict[str, Any]:
        """As plain values, without what was left open."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def fitted_to(self, tokens: int, wanted: "Recipe") -> "Recipe":
        """This recipe with fewer windows a step where the text is short, unless `wanted` says how many."""
        if wanted.batch is not None or self.batch is None or self.window is None:
            return self
        return replace(self, batch=max(1, min(self.batch, tokens // (_LEAST_STEPS * self.window))))


def _within(name: str, value: float | None, low: float, high: float, above: bool = False) -> None:
    if value is not None and not (low < value <= high if above else low <= value <= high):
        raise UsageError("recipe_out_of_range", setting=name, value=value)


def read_recipe(path: Path) -> Recipe:
    """From a TOML file of `name = value` lines. Raises UsageError naming the line's setting that is not understood."""
    return recipe_from(read_values(path), path)


def read_values(path: Path) -> dict[str, Any]:
    """What a TOML file says, not yet checked. Raises UsageError for one that cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError("recipe_unreadable", file=path, reason=error.strerror or error) from None
    except ValueError as error:
        raise UsageError("recipe_unreadable", file=path, reason=error) from None


def resumed_from(begun: Mapping[str, Any], values: Mapping[str, Any], origin: Path | str) -> Recipe:
    """The recipe a run was begun with, as its checkpoint tells it, with `values` in place of its own.

    A new limit takes the place of all earlier ones. What may not change is refused where the checkpoint is read.
    """
    told = recipe_from(begun, origin).to_json()
    if any(values.get(name) is not None for name in LIMITS):
        told = {name: value for name, value in told.items() if name not in (*LIMITS, "most_epochs")}
    return recipe_from({**told, **values}, origin)


def recipe_from(content: Mapping[str, Any], origin: Path | str) -> Recipe:
    """From plain values, checked one by one."""
    hints = get_type_hints(Recipe)
    known = {field.name for field in fields(Recipe)}
    for name, value in content.items():
        if name not in known:
            raise UsageError("recipe_unknown_setting", file=origin, setting=name)
        if not _fits(value, hints[name]):
            raise UsageError("recipe_wrong_type", file=origin, setting=name, value=value)
    return Recipe(**content)


def _fits(value: object, hint: Any) -> bool:
    origin = get_origin(hint)
    if origin is Literal:
        return value in get_args(hint)
    if origin is Union or type(hint).__name__ == "UnionType":
        return any(_fits(value, part) for part in get_args(hint))
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, hint) and (hint is bool or not isinstance(value, bool))
