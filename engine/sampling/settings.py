"""How tokens are to be drawn, in plain values: settings are read and shown where numpy is not wanted yet."""

from dataclasses import dataclass, field, make_dataclass
from numbers import Integral
from typing import TYPE_CHECKING, Any

from genchat.engine.errors import UsageError
from genchat.engine.language import say
from genchat.engine.sampling.table import allowed_words, stage_settings


def _check(settings: Any) -> None:
    """Raise UsageError for a value outside what its stage allows."""
    for setting in stage_settings():
        value = getattr(settings, setting.name)
        if not setting.allows(value):
            name = say(f"sampling.name.{setting.name}")
            raise UsageError("sampling_out_of_range", name=name, value=value, allowed=allowed_words(setting))
    seed = settings.seed
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, Integral) or seed < 0):
        raise UsageError("seed_negative", value=seed)


if TYPE_CHECKING:

    @dataclass(frozen=True, init=False)
    class SamplingSettings:
        """How a token is drawn: a frozen dataclass with one field a setting of `table.stage_settings`, and the seed.

        Raises UsageError for values outside what each stage allows.
        """

        seed: int | None = None  # None draws a fresh one

        def __init__(self, *, seed: int | None = None, **values: float | str) -> None: ...

        def __getattr__(self, name: str) -> Any: ...

else:

    def _field(setting):
        bounds = {"low": setting.low, "high": setting.high, "above": setting.above}
        return setting.name, setting.kind, field(default=setting.default, metadata=bounds)

    SamplingSettings = make_dataclass(
        "SamplingSettings",
        [*map(_field, stage_settings()), ("seed", int | None, field(default=None, metadata={"low": 0}))],
        frozen=True,
        slots=True,
        kw_only=True,
        namespace={
            "__doc__": "How a token is drawn. Raises UsageError for values outside what each stage allows.",
            "__module__": __name__,
            "__post_init__": _check,
        },
    )


def understood(values: dict[str, Any]) -> SamplingSettings:
    """Settings from what a file of any version says: what is unknown or out of bounds is left at its default."""
    known = {setting.name: setting for setting in stage_settings()}
    seed = values.get("seed")
    chosen = {name: value for name, value in values.items() if name in known and known[name].allows(value)}
    return SamplingSettings(seed=seed if isinstance(seed, int) and seed >= 0 else None, **chosen)
