"""The settings of a Hugging Face config.json, read by name and type, and its stretched rotary positions."""

import math
from collections.abc import Collection, Mapping
from typing import Any

from genchat.engine.errors import ModelDamaged

# Settings of rotary positions by kind; those of "default" belong to every kind.
_ROPE_KEYS: Mapping[str, tuple[str, ...]] = {
    "default": ("rope_type", "type", "rope_theta", "partial_rotary_factor"),
    "linear": ("factor", "original_max_position_embeddings"),
    "llama3": ("factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"),
    "yarn": (
        "factor", "original_max_position_embeddings", "beta_fast", "beta_slow", "attention_factor", "mscale",
        "mscale_all_dim", "truncate",
    ),
}  # fmt: skip


class Values:
    """Settings by name. Raises ModelDamaged naming the one that is missing, of another type or not supported."""

    def __init__(self, told: Mapping[str, Any], name: str) -> None:
        self._told = told
        self.name = name

    def get(self, key: str) -> Any:
        """As it stands; None where it does not."""
        return self._told.get(key)

    def refuse(self, key: str, value: object) -> ModelDamaged:
        """The error that names this setting."""
        if value is None:
            return ModelDamaged("checkpoint_setting_missing", name=self.name, setting=key)
        return ModelDamaged("checkpoint_setting", name=self.name, setting=key, value=str(value)[:80])

    def text(self, key: str, default: str) -> str:
        found = self._told.get(key, default)
        if not isinstance(found, str):
            raise self.refuse(key, found)
        return found

    def number(self, key: str, default: float | None = None) -> float:
        found = self._told.get(key)
        found = default if found is None else found
        if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
            raise self.refuse(key, found)
        return float(found)

    def whole(self, key: str, default: int | None = None) -> int:
        found = self.number(key, default)
        if found != int(found) or found < 1:
            raise self.refuse(key, found)
        return int(found)

    def refuse_unknown(self, known: Collection[str]) -> None:
        """Raise for the first setting that is neither known nor empty: it may well change the numbers."""
        for key, value in self._told.items():
            if key not in known and value is not None:
                raise self.refuse(key, value)

    def expect(self, key: str, allowed: tuple[object, ...], default: object) -> None:
        """Raise unless the setting has one of the values that genchat's Transformer knows."""
        found = self._told.get(key, default)
        if found not in allowed:
            raise self.refuse(key, found)


def _rope_settings(told: Values) -> Values:
    """Newer files call them rope_parameters, older ones rope_scaling; of both the reference takes the latter."""
    raw = told.get("rope_scaling") or told.get("rope_parameters") or {}
    if not isinstance(raw, dict):
        raise told.refuse("rope_scaling", raw)
    return Values(raw, told.name)


def rope_settings(told: Values, head_width: int) -> tuple[float, tuple[float, ...], float]:
    """The base of the rotary positions, what each frequency is divided by (empty: nothing), and what the turned
    queries and keys are multiplied by.

    Kinds: none, "linear" (all alike), "llama3" and "yarn" (slow frequencies fully, fast ones not, those between in
    part; Peng et al. 2023, arXiv:2309.00071). Raises ModelDamaged naming what is of another kind or not understood.
    """
    rope = _rope_settings(told)
    base = rope.number("rope_theta", told.number("rope_theta", 10_000.0))
    kind = rope.get("rope_type") or rope.get("type") or "default"
    known = _ROPE_KEYS.get(str(kind))
    if known is None:
        raise told.refuse("rope_type", kind)
    rope.refuse_unknown((*_ROPE_KEYS["default"], *known))
    rope.expect("partial_rotary_factor", (1, None), None)
    half = head_width // 2
    if kind == "default":
        return base, (), 1.0
    factor = rope.number("factor")
    if kind == "linear":
        return base, (factor,) * half, 1.0
    kept = _kept_by_llama3(rope, base, half) if kind == "llama3" else _kept_by_yarn(rope, base, half)
    scale = _yarn_scale(rope, factor) if kind == "yarn" else 1.0
    return base, tuple(1 / (share + (1 - share) / factor) for share in kept), scale


def _kept_by_llama3(rope: Values, base: float, half: int) -> list[float]:
    """The share of each frequency that is kept as it is."""
    low, high = rope.number("low_freq_factor"), rope.number("high_freq_factor")
    trained = rope.number("original_max_position_embeddings")
    turns = (trained * base ** -(place / half) / (2 * math.pi) for place in range(half))  # in the context trained on
    return [min(max((each - low) / (high - low), 0.0), 1.0) for each in turns]


def _kept_by_yarn(rope: Values, base: float, half: int) -> list[float]:
    """The share of each frequency that is kept as it is."""
    trained = rope.number("original_max_position_embeddings")

    def place_of(turns: float) -> float:
        return half * math.log(trained / (turns * 2 * math.pi)) / math.log(base)

    first, last = place_of(rope.number("beta_fast", 32.0)), place_of(rope.number("beta_slow", 1.0))
    if rope.get("truncate") is not False:
        first, last = float(math.floor(first)), float(math.ceil(last))
    first, last = max(first, 0.0), min(last, 2 * half - 1.0)
    last += 0.001 if first == last else 0.0
    return [1 - min(max((place - first) / (last - first), 0.0), 1.0) for place in range(half)]


def _yarn_scale(rope: Values, factor: float) -> float:
    if rope.get("attention_factor") is not None:
        return rope.number("attention_factor")

    def scale(by: float) -> float:
        return 1.0 if factor <= 1 else 0.1 * by * math.log(factor) + 1.0

    if rope.get("mscale") and rope.get("mscale_all_dim"):
        return scale(rope.number("mscale")) / scale(rope.number("mscale_all_dim"))
    return scale(1.0)
