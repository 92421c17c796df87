"""How far a run is, and how fast it should learn there: warm-up, constant, linear warm-down.

A run ends by the clock (minutes), by steps (or epochs), or by what is measured on the way (a loss that is reached, no
more gain); `progress` goes from 0 to 1, and stays at 0 where neither clock nor steps end the run.
"""

from dataclasses import dataclass

_FIRST_SHARE = 0.1


@dataclass(frozen=True)
class Schedule:
    """Of `seconds` and `steps` the one that is reached first ends the run; without both it has no end of its own.

    Shares of the run are given from 0 to 1.
    """

    seconds: float | None = None
    steps: int | None = None
    warm_up: float = 0.02
    warm_down: float = 0.6

    @property
    def endless(self) -> bool:
        """Whether only what is measured ends the run."""
        return self.seconds is None and self.steps is None

    def progress(self, seconds: float, step: int, step_seconds: float = 0.0) -> float:
        """How much of the run is done at the middle of the coming step."""
        by_steps = 0.0 if self.steps is None else (step + 0.5) / self.steps
        by_clock = 0.0 if self.seconds is None else (seconds + step_seconds / 2) / (self.seconds or 1.0)
        return min(max(by_steps, by_clock), 1.0)

    def over(self, seconds: float, step: int, step_seconds: float = 0.0) -> bool:
        """Whether there is no room for another step."""
        if self.steps is not None and step >= self.steps:
            return True
        return self.seconds is not None and seconds + step_seconds > self.seconds

    def share(self, progress: float) -> float:
        """Share of the peak learning rate."""
        rising = 1.0 if self.warm_up <= 0 else min(1.0, _FIRST_SHARE + (1 - _FIRST_SHARE) * progress / self.warm_up)
        falling = 1.0 if self.warm_down <= 0 else min(1.0, (1 - progress) / self.warm_down)
        return rising * falling

    def seconds_left(self, seconds: float, step: int) -> float | None:
        """Roughly, for showing; None before anything can be said."""
        by_clock = None if self.seconds is None else max(self.seconds - seconds, 0.0)
        by_steps = None if self.steps is None or not step else seconds / step * (self.steps - step)
        if by_clock is None or by_steps is None:
            return by_steps if by_clock is None else by_clock
        return min(by_clock, by_steps)
