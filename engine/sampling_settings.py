"""How tokens are to be drawn, in plain values: settings are read and shown where numpy is not wanted yet.

engine/sampling.py does the drawing.
"""

import math
from dataclasses import dataclass
from typing import Literal

from genchat.engine.errors import UsageError

StageName = Literal["repetition", "temperature", "top-k", "top-p", "min-p", "greedy"]


@dataclass(frozen=True, slots=True)
class SamplingSettings:
    """How a token is drawn. Raises UsageError for values outside what each stage allows."""

    temperature: float = 0.5  # 0 always takes the likeliest token
    top_k: int = 0  # 0 is off
    top_p: float = 0.9  # 1 is off
    min_p: float = 0.0  # 0 is off
    repetition_penalty: float = 1.0  # 1 is off
    repetition_window: int = 64  # tokens looked back at
    seed: int | None = None  # None draws a fresh one

    def __post_init__(self) -> None:
        if not self.temperature >= 0 or math.isinf(self.temperature):
            raise UsageError("temperature_negative", value=self.temperature)
        if not 0 < self.top_p <= 1:
            raise UsageError("top_p_out_of_range", value=self.top_p)
        if not 0 <= self.min_p <= 1:
            raise UsageError("min_p_out_of_range", value=self.min_p)
        if self.top_k < 0:
            raise UsageError("top_k_negative", value=self.top_k)
        if not self.repetition_penalty >= 1 or math.isinf(self.repetition_penalty):
            raise UsageError("repetition_penalty_out_of_range", value=self.repetition_penalty)
