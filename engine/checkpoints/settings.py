"""The settings of a Hugging Face config.json, read by name and type, and its stretched rotary positions."""

import math
from collections.abc import Mapping
from typing import Any

from genchat.engine.errors import ModelDamaged


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

    def expect(self, key: str, allowed: tuple[object, ...], default: object) -> None:
        """Raise unless the setting has one of the values that genchat's Transformer knows."""
        found = self._told.get(key, default)
        if found not in allowed:
            raise self.refuse(key, found)


def rope_divisors(told: Values, head_width: int) -> tuple[float, tuple[float, ...]]:
    """The base of the rotary positions, and what each frequency is divided by (empty: nothing).

    Kinds: none, "linear" (all alike), "llama3" (slow frequencies fully, fast ones not, those between in part).
    """
    raw = told.get("rope_parameters") or told.get("rope_scaling") or {}
    if not isinstance(raw, dict):
        raise told.refuse("rope_scaling", raw)
    rope = Values(raw, told.name)
    base = rope.number("rope_theta", told.number("rope_theta", 10_000.0))
    kind = rope.get("rope_type") or rope.get("type") or "default"
    if kind == "default":
        return base, ()
    half = head_width // 2
    factor = rope.number("factor")
    if kind == "linear":
        return base, (factor,) * half
    if kind != "llama3":
        raise told.refuse("rope_type", kind)
    low, high = rope.number("low_freq_factor"), rope.number("high_freq_factor")
    trained = rope.number("original_max_position_embeddings")
    found = []
    for place in range(half):
        turns = trained * base ** -(place / half) / (2 * math.pi)  # in the context the model was first trained on
        share = min(max((turns - low) / (high - low), 0.0), 1.0)  # of the frequency that is kept as it is
        found.append(1 / (share + (1 - share) / factor))
    return base, tuple(found)
