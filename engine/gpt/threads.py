"""How many threads decode: as many as have been quickest of late.

A position is some hundred short products, and at the end of each all threads wait for the slowest. Where another
program holds a core, that one is late every time, and two threads take twice as long as one or worse; on an idle
machine they are nearly twice as quick. Nothing tells which it is but trying, now and then.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_SOONEST, _LATEST = 8, 1024  # positions until another number of threads is tried again
_WEIGHT = 0.2  # of the newest time in the running mean
_HESITATION = 0.95  # another number is taken when its mean is below this share of the present one's


class Threads:
    """The choice, made anew from the time every position took."""

    def __init__(self, most: int | None = None) -> None:
        self._most = most or torch.get_num_threads()
        self._choices = [self._most]
        while self._choices[-1] > 1:
            self._choices.append(self._choices[-1] // 2)
        self._means: dict[int, float] = {}  # seconds a position
        self.chosen = self._most
        self._tried = 0  # index of the number of threads that was tried last
        self._wait = self._left = _SOONEST

    def next(self) -> int:
        """How many threads the next position gets."""
        untried = next((choice for choice in self._choices if choice not in self._means), None)
        if untried is not None:
            return untried
        self._left -= 1
        if self._left > 0 or len(self._choices) == 1:
            return self.chosen
        others = [choice for choice in self._choices if choice != self.chosen]
        self._tried = (self._tried + 1) % len(others)
        self._left = self._wait
        return others[self._tried]

    def took(self, threads: int, seconds: float) -> None:
        """A position was read with so many `threads` in so many `seconds`."""
        before = self._means.get(threads)
        # A number that was not in use has no recent past to be smoothed with.
        smooth = before is not None and threads == self.chosen
        self._means[threads] = before + _WEIGHT * (seconds - before) if smooth and before else seconds
        quickest = min(self._means, key=lambda each: self._means[each])
        if quickest != self.chosen and self._means[quickest] < _HESITATION * self._means[self.chosen]:
            self.chosen, self._wait = quickest, _SOONEST
            self._left = self._wait
        elif threads != self.chosen:
            self._wait = min(2 * self._wait, _LATEST)

    @contextmanager
    def position(self) -> Iterator[None]:
        """While entered, torch works with the number of threads that is due, and is timed."""
        threads = self.next()
        torch.set_num_threads(threads)
        started = time.perf_counter()
        try:
            yield
        finally:
            self.took(threads, time.perf_counter() - started)
            torch.set_num_threads(self._most)
