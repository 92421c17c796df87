"""A backend is loaded once, by whichever thread asks first; the others wait and are told what it was told."""

import threading

from genchat.engine.contract import Backend
from genchat.engine.errors import GenchatError
from genchat.tui.chat.backend_pool import BackendPool
from tests.tui.support import Source, script


class Watched:
    """A lock that tells when somebody has to wait for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.awaited = threading.Event()

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            self.awaited.set()
            self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def test_who_waited_for_a_load_that_failed_is_told_and_who_asks_later_tries_anew() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def fail() -> Backend:
        begun.set()
        go_on.wait()
        raise GenchatError("not today")

    source = Source({"slow": fail})
    pool = BackendPool(source)
    watched = Watched()
    pool._loading["slow"] = watched  # type: ignore[assignment]
    told: list[str] = []

    def ask() -> None:
        try:
            pool.open("slow")
        except GenchatError as error:
            told.append(str(error))

    first, second = threading.Thread(target=ask), threading.Thread(target=ask)
    first.start()
    begun.wait()
    second.start()
    watched.awaited.wait()
    go_on.set()
    first.join()
    second.join()
    assert (told, source.opened) == (["not today"] * 2, ["slow"])
    source.backends["slow"] = script("hi")
    assert pool.open("slow").info.name == "script"
