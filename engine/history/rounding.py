"""How a trace rounds: to float16, but so that every figure of the screen stays as it was."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

LOWEST = -60_000.0  # the least finite log-probability; float16 ends a little below
_UNSURE = 2e-7  # of a number, and of its logarithm: what float32 does not tell


def shown(log_probs: NDArray[Any]) -> NDArray[np.float64]:
    """The percentages of log-probabilities with the digits that a screen shows (engine.language.numbers.percent).

    NaN where the last digit hangs on less than float32 can tell: such a number equals no other.
    """
    percent = 100 * np.exp(np.asarray(log_probs, dtype=np.float64))
    steps = percent * np.where(percent >= 0.095, 10, 100)
    digits = np.where(percent >= 99.95, np.where(percent >= 99.995, 1000, 999), np.round(steps))
    # Whatever changes the digits, or their number.
    edges = (np.floor(steps) + 0.5, 9.5, 0.95, 999.5, 999.95)
    size = 1 + np.abs(np.where(np.isfinite(log_probs), log_probs, 0))
    unsure = np.any([np.abs(steps - edge) < _UNSURE * size * edge for edge in edges], axis=0)
    found: NDArray[np.float64] = np.where(unsure, np.nan, digits * np.where(percent >= 0.095, 10, 1))
    return found


def _as_written(log_probs: NDArray[Any]) -> NDArray[np.float64]:
    """The same of live numbers, those in doubt as they are written on the screen."""
    found = shown(log_probs)
    for place in np.argwhere(np.isnan(found) & ~np.isnan(log_probs)):
        value = 100 * float(np.exp(np.float32(log_probs[tuple(place)])))
        if value >= 99.95:
            digits = 1000.0 if value >= 99.995 else 999.0
        else:
            digits = round(float(f"{value:.1f}") * 10) if value >= 0.095 else round(float(f"{value:.2f}") * 100)
        found[tuple(place)] = digits * (10 if value >= 0.095 else 1)
    return found


def rounded_as_shown(values: NDArray[Any], beside: NDArray[Any] | float = 0.0) -> NDArray[np.float16]:
    """`values` as float16: of each the nearest that, added to `beside`, is shown as the same percentage."""
    exact = np.where(np.isneginf(values), values, np.maximum(values, LOWEST)).astype(np.float32)
    nearest = exact.astype(np.float16)
    wanted = _as_written(np.minimum(exact + beside, 0))
    for towards in (np.float16(-np.inf), np.float16(np.inf)):
        other = np.nextafter(nearest, towards)
        now, then = (shown(np.minimum(each.astype(np.float32) + beside, 0)) for each in (nearest, other))
        nearest = np.where((now != wanted) & (then == wanted), other, nearest)
    return nearest
