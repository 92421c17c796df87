"""A slow iterator read by a thread of its own, so that whoever waits for it can stop waiting at any moment."""

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
_GLANCE_SECONDS = 0.05  # how long a wish to stop may go unseen


@dataclass(frozen=True, slots=True)
class _Item(Generic[T]):
    value: T


@dataclass(frozen=True, slots=True)
class _End:
    failure: BaseException | None


class Stopped(Exception):
    """The reader was asked to stop."""


def in_background(make: Callable[[], Iterator[T]], should_stop: Callable[[], bool]) -> Iterator[T]:
    """The function yields the items of `make()`, which runs in a thread. Raises what it raises, and Stopped once
    `should_stop` is true.

    A thread left behind ends with the next item or failure of its source; it holds nothing up.
    """
    arriving: queue.SimpleQueue[_Item[T] | _End] = queue.SimpleQueue()
    left = threading.Event()

    def read() -> None:
        failure: BaseException | None = None
        try:
            for value in make():
                if left.is_set():
                    return
                arriving.put(_Item(value))
        except BaseException as error:
            failure = error
        arriving.put(_End(failure))

    threading.Thread(target=read, name="gemini", daemon=True).start()
    try:
        while True:
            if should_stop():
                raise Stopped
            try:
                item = arriving.get(timeout=_GLANCE_SECONDS)
            except queue.Empty:
                continue
            if isinstance(item, _Item):
                yield item.value
            elif item.failure is not None:
                raise item.failure
            else:
                return
    finally:
        left.set()
