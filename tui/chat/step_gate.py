"""The gate between two tokens of a reply: open, or opened for one token at a time."""

import threading
from collections.abc import Callable

_LOOK = 0.1  # seconds between two looks at whether the reply was given up


class StepGate:
    """The worker thread waits at the gate before each token; the screen holds it, lets one through, or opens it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._holding = False
        self._granted = 0

    @property
    def holding(self) -> bool:
        """Return whether tokens come one at a time."""
        return self._holding

    def hold(self) -> None:
        """Let no further token through until it is asked for."""
        with self._changed:
            self._holding, self._granted = True, 0

    def grant(self) -> None:
        """Let one token through."""
        with self._changed:
            self._granted += 1
            self._changed.notify_all()

    def open(self) -> None:
        """Let all tokens through from now on."""
        with self._changed:
            self._holding = False
            self._changed.notify_all()

    def wait(self, given_up: Callable[[], bool]) -> None:
        """Wait until a token may come, or the reply was given up."""
        with self._changed:
            while self._holding and not self._granted and not given_up():
                self._changed.wait(_LOOK)
            self._granted = max(self._granted - 1, 0)
