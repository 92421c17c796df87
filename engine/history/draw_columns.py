"""What a trace keeps of the draws: what each stage kept, the random number, where it had to fall, the entropy after it.

Stages run in the same order at nearly every token, so the lists of stages that ran stand in the header, and each token
names one of them. `DrawReader` reads what `DrawColumns` wrote.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genchat.engine.history.columns import Unpacker, planes
from genchat.engine.history.records import StoredStep
from genchat.engine.history.rounding import rounded_as_shown
from genchat.engine.sampling import Draw, Stage

_MOST_LISTS = 250  # different lists of stages in one reply
_MOST_STAGES = 64
_LONGEST_NAME = 64
_Key = tuple[tuple[str, Any, bool], ...]


class DrawColumns:
    """The draws of one reply, one for each token; None where the backend does not tell."""

    def __init__(self) -> None:
        self._draws: list[tuple[int, tuple[Stage, ...], tuple[float, float, float], float, bool]] = []
        self._lists: dict[_Key, int] = {}

    def add(self, draw: Draw | StoredStep | None, entropy: float | None) -> None:
        """Take in the draw of the next token; `entropy` is that of what was drawn from, in bits."""
        bits = math.nan if entropy is None else entropy
        if draw is None:
            self._draws.append((0, (), (math.nan,) * 3, bits, False))
            return
        key = tuple((stage.name, stage.setting, stage.cuts) for stage in draw.stages)
        number = self._lists.get(key, 0)
        if not number and len(self._lists) < _MOST_LISTS:
            number = self._lists[key] = len(self._lists) + 1
        uniform = math.nan if draw.uniform is None else draw.uniform
        low, high = (math.nan, math.nan) if draw.span is None else draw.span
        self._draws.append((number, draw.stages if number else (), (uniform, low, high), bits, draw.by_hand))

    def first(self, count: int, hidden: frozenset[int]) -> "DrawColumns":
        """The first `count` draws; of those in `hidden` nothing is kept."""
        part = DrawColumns()
        part._lists = self._lists
        nothing = (0, (), (math.nan,) * 3, math.nan, False)
        part._draws = [nothing if index in hidden else draw for index, draw in enumerate(self._draws[:count])]
        return part

    @property
    def by_hand(self) -> list[bool]:
        """Whether a person chose each token."""
        return [draw[4] for draw in self._draws]

    def header(self) -> list[list[list[Any]]]:
        """The lists of stages, each with its setting and whether it cuts."""
        return [[list(stage) for stage in key] for key in self._lists]

    def columns(self) -> list[bytes]:
        """The columns in the order in which they are read."""
        deepest = max((len(stages) for _, stages, _, _, _ in self._draws), default=0)
        kept = np.zeros((deepest, len(self._draws)), dtype=np.uint32)
        mass = np.ones((deepest, len(self._draws)))
        for index, (_, stages, _, _, _) in enumerate(self._draws):
            for place, stage in enumerate(stages):
                kept[place, index], mass[place, index] = stage.kept, stage.kept_mass
        numbers = np.array([draw[2] for draw in self._draws], dtype=np.float32).reshape(-1, 3)
        return [
            planes(np.array([deepest]), "u1"),
            planes(np.array([draw[0] for draw in self._draws]), "u1"),
            planes(kept, "u4"),
            planes(rounded_as_shown(np.log(np.clip(mass, 1e-30, 1.0))), "f2"),
            planes(numbers.T, "f4"),
            planes(np.array([draw[3] for draw in self._draws]), "f4"),
        ]


class DrawReader:
    """What was kept of the draws, token by token."""

    def __init__(self, source: Unpacker, count: int) -> None:
        """Raises ValueError for what cannot be."""
        self._lists = _lists(source.header.get("ran"))
        deepest = int(source.column("u1", 1)[0])
        self._which = source.column("u1", count)
        if deepest > _MOST_STAGES or int(self._which.max(initial=0)) > len(self._lists):
            raise ValueError("stages do not fit together")
        self._kept = source.column("u4", deepest, count)
        self._mass = np.exp(np.minimum(source.column("f2", deepest, count).astype(np.float64), 0.0))
        self._numbers: NDArray[np.float32] = source.column("f4", 3, count)
        self._entropies = source.column("f4", count)
        self._deepest = deepest

    def stages(self, index: int) -> tuple[Stage, ...]:
        """What each stage did at a token."""
        which = int(self._which[index])
        listed: Sequence[tuple[str, Any, bool]] = self._lists[which - 1] if which else ()
        return tuple(
            Stage(name, setting, int(self._kept[place, index]), float(self._mass[place, index]), cuts)
            for place, (name, setting, cuts) in enumerate(listed[: self._deepest])
        )

    def uniform(self, index: int) -> float | None:
        """The random number; None where nothing was drawn."""
        return _in_unit(self._numbers[0, index])

    def span(self, index: int) -> tuple[float, float] | None:
        """Where the number had to fall."""
        low, high = _in_unit(self._numbers[1, index]), _in_unit(self._numbers[2, index])
        return None if low is None or high is None else (low, high)

    def entropy(self, index: int) -> float | None:
        """The entropy of what was drawn from, in bits."""
        value = float(self._entropies[index])
        return value if math.isfinite(value) else None


def _in_unit(value: np.float32) -> float | None:
    return float(value) if 0 <= value <= 1 else None


def _lists(written: Any) -> list[_Key]:
    if not isinstance(written, list) or len(written) > _MOST_LISTS:
        raise ValueError("stages are no lists")
    return [_list(each) for each in written]


def _list(written: Any) -> _Key:
    if not isinstance(written, list) or len(written) > _MOST_STAGES:
        raise ValueError("stages are no list")
    return tuple(_stage(each) for each in written)


def _stage(written: Any) -> tuple[str, Any, bool]:
    if not isinstance(written, list) or len(written) != 3:
        raise ValueError("a stage has three parts")
    name, setting, cuts = written
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME or not isinstance(cuts, bool):
        raise ValueError("a stage has a name")
    if setting is not None and (not isinstance(setting, int | float) or not math.isfinite(setting)):
        raise ValueError("a setting is a number")
    return name, setting, cuts
