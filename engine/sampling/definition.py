"""What a stage of sampling is: its name, its settings, and a function from what is left to what it leaves.

Nothing here imports numpy: the settings are read at start-up and for `genchat --help`. The file of a stage imports it
inside its function.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genchat.engine.contract import Tokenizer
    from genchat.engine.distribution import FloatArray, IdArray
    from genchat.engine.sampling.candidates import Candidates, Mask
    from genchat.engine.sampling.settings import SamplingSettings

StageName = str  # "top-p": how the history, the panel and JSON name a stage
Value = float | int | str
UNLISTED = 1000  # the place in lists of a stage that has none of its own


@dataclass(frozen=True, slots=True)
class RemoteNumber:
    """The number of a remote service that a setting stands for, and the largest value the service takes.

    `always`: it is sent at its `off` too, since the service would put a default of its own in its place.
    """

    name: str
    high: float = math.inf
    always: bool = True


@dataclass(frozen=True, slots=True)
class StageSetting:
    """One setting of a stage; key, variable and flag follow from its name ("top_p": sampling.top_p, --top-p).

    Its texts are sampling.name.NAME, sampling.help.NAME (the flag) and sampling.hint.NAME (the screen). The type of
    `default` is that of the setting: float, int or str. `off` is the value that switches the stage off; None for a
    setting that only shapes what a stage does.
    """

    name: str
    default: Value
    off: Value | None = None
    low: float = -math.inf
    high: float = math.inf
    above: bool = False  # `low` itself is not allowed
    metavar: str = "X"
    short: str = ""  # a flag of one letter, "-T"
    gemini: RemoteNumber | None = None
    steps: tuple[float, ...] = ()  # the values that the arrows of the bench walk, in the order of a slider
    file: bool = False  # on the command line the flag takes the name of a file that holds the value

    @property
    def kind(self) -> type:
        """The kind is float, int or str."""
        return type(self.default)

    def allows(self, value: object) -> bool:
        """The answer is true where `value` is of the setting's type and within its bounds; a whole number is good for a
        fraction.
        """
        from numbers import Integral, Real

        if self.kind is str:
            return isinstance(value, str)
        if isinstance(value, bool) or not isinstance(value, Integral if self.kind is int else Real):
            return False
        number = float(value)
        above_low = number > self.low if self.above else number >= self.low
        return above_low and number <= self.high and math.isfinite(number)


@dataclass(frozen=True, slots=True)
class StageInput:
    """A stage works with this at one position."""

    candidates: "Candidates"
    before: Sequence[int]  # the tokens before this position, prompt included
    tokenizer: "Tokenizer | None"
    settings: "SamplingSettings"
    state: Any  # what the stage's `begin` or `after` returned last
    random: Callable[[], float]  # a number in [0, 1) that seed, position and stage fix

    @property
    def log_probs(self) -> "FloatArray":
        """The array is float32 [vocabulary]: natural log-probabilities of what is left, exp sums to 1; -inf for all
        else.
        """
        return self.candidates.log_probs

    def penalised_tokens(self, window: int) -> Sequence[int]:
        """The result is those of the last `window` tokens that are text: role and end markers are never penalised."""
        recent = self.before[max(len(self.before) - window, 0) :]
        markers = set() if self.tokenizer is None else set(self.tokenizer.special_tokens.values())
        return [token for token in recent if token not in markers]


@dataclass(frozen=True, slots=True)
class Outcome:
    """An outcome is what a stage made of its input; None for what it left as it was.

    log_probs: float32 [vocabulary], rescaled; they need not sum to 1 yet.
    kept: the tokens that may still be drawn, in any shape: how many of the likeliest, int64 ids, or a mask
    bool [vocabulary]. A stage that would keep none keeps the likeliest.
    """

    log_probs: "FloatArray | None" = None
    kept: "int | IdArray | Mask | None" = None


def _no_state(settings: "SamplingSettings") -> None:
    return None


def _unchanged(now: StageInput, token: int) -> Any:
    return now.state


def _never(state: Any) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class StageDefinition:
    """One entry of the table. Its short label is the text sampling.stage.NAME ("-" written as "_").

    The first setting is the one that is shown with the stage. `order` places the stage in the chain (penalties below
    100, temperature 100, cuts above), `listed` its settings on the screen and in help, smaller first.
    """

    name: StageName
    order: int
    settings: tuple[StageSetting, ...]
    apply: Callable[[StageInput], Outcome]
    listed: int = UNLISTED
    ends: bool = False  # nothing runs after it and the likeliest of what it left is taken
    when: "Callable[[SamplingSettings], bool] | None" = None  # default: one of its settings is not at `off`
    shows_value: bool = True  # False where a value is too long to be shown with the name
    begin: "Callable[[SamplingSettings], Any]" = field(default=_no_state)
    after: Callable[[StageInput, int], Any] = field(default=_unchanged)
    """The state after `token` was drawn. States are values that are never written in, so that a fork may share them."""
    complete: Callable[[Any], bool] = field(default=_never)
    """Whether, in this state, the text is finished and nothing may follow: the reply ends there."""

    def is_on(self, settings: "SamplingSettings") -> bool:
        """The answer is true where the stage does anything under these settings."""
        if self.when is not None:
            return self.when(settings)
        switches = (setting for setting in self.settings if setting.off is not None)
        return any(getattr(settings, setting.name) != setting.off for setting in switches)

    @property
    def remembers(self) -> bool:
        """The answer is true where what it does depends on the tokens that were drawn with it before."""
        return self.after is not _unchanged

    def shown_value(self, settings: "SamplingSettings") -> Value | None:
        """The value of its first setting; None for a stage without settings, and for one that does not show it."""
        shown = self.settings and self.shows_value
        value: Value | None = getattr(settings, self.settings[0].name) if shown else None
        return value

    def deciding(self, settings: "SamplingSettings") -> StageSetting | None:
        """The setting that switches the stage on under these settings, else its first; None for a stage without any."""
        on = (each for each in self.settings if each.off is not None and getattr(settings, each.name) != each.off)
        return next(on, self.settings[0] if self.settings else None)

    def same(self, one: "SamplingSettings", other: "SamplingSettings") -> bool:
        """The answer is true where two settings ask the same of this stage."""
        return all(getattr(one, setting.name) == getattr(other, setting.name) for setting in self.settings)
