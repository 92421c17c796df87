"""The values of a setting that can be walked through one by one, as a slider does: those of its definition, else some
that follow from its kind and bounds.
"""

import math

from genchat.engine.sampling.definition import StageSetting, Value

_EVEN = 20  # steps between two bounds
_COUNTS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 32, 64, 128, 256, 512, 1024)
_QUARTERS = 16


def values_of(setting: StageSetting) -> tuple[float, ...]:
    """The values in the order of the slider, each within the bounds; none for a text."""
    if setting.kind is str:
        return ()
    if setting.steps:
        wanted: tuple[float, ...] = setting.steps
    elif setting.kind is int:
        low = 0 if setting.low == -math.inf else math.ceil(setting.low)
        wanted = tuple(low + count for count in _COUNTS)
    elif setting.low > -math.inf and setting.high < math.inf:
        width = (setting.high - setting.low) / _EVEN
        wanted = tuple(round(setting.low + number * width, 6) for number in range(_EVEN + 1))
    elif setting.low > -math.inf:
        wanted = tuple(setting.low + number / 4 for number in range(_QUARTERS + 1))
    else:
        wanted = tuple(number / 4 for number in range(-_QUARTERS // 2, _QUARTERS // 2 + 1))
    found = [setting.kind(value) for value in wanted if setting.allows(setting.kind(value))]
    if not setting.steps:
        found = sorted({*found, setting.default, *([] if setting.off is None else [setting.off])})
    return tuple(found)


def neighbour(setting: StageSetting, value: Value, by: int) -> Value:
    """The value `by` (1 or -1) places further on; the same value at either end, and for a text."""
    values = values_of(setting)
    if not values or isinstance(value, str):
        return value
    if value in values:
        return values[min(max(values.index(value) + by, 0), len(values) - 1)]
    # Typed by hand, between two places. An `off` at the far end stands for "no limit", so it is no number to compare.
    rising = values[:-1] if len(values) > 1 and values[-1] < values[-2] else values
    above = sum(each < value for each in rising)
    return values[min(max(above if by > 0 else above - 1, 0), len(values) - 1)]


def place_of(setting: StageSetting, value: Value) -> float | None:
    """Where on its slider a value stands, from 0 to 1; None for a text."""
    values = values_of(setting)
    if len(values) < 2 or isinstance(value, str):
        return None
    if value in values:
        return values.index(value) / (len(values) - 1)
    rising = values[:-1] if values[-1] < values[-2] else values
    above = sum(each < value for each in rising)
    return min(max(above - 0.5, 0.0), len(values) - 1) / (len(values) - 1)
