"""The way out of the screen: by a key, by a signal, or because the terminal has gone.

Whatever the way, the terminal gets back its main screen, its cursor and its mouse, what was written is kept, and the
process ends by the documented code, also while a model stalls in a thread that nobody can stop: a thread of a worker
is a daemon, and what hangs is left behind after `GRACE` seconds.
"""

import asyncio
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import FrameType, TracebackType
from typing import Any, TypeVar

Result = TypeVar("Result")
GRACE = 5.0  # seconds in which the screen has to close, and the history after it
_WORKERS_GRACE = 0.5  # seconds for the threads of workers to end by themselves
_ENDING = ("SIGTERM", "SIGHUP", "SIGINT")
_HUNG_UP = 128 + 1
# Out of the alternate screen; mouse, bracketed paste, focus reports and extended keys off; cursor and line wrap on.
_RESTORED = b"\x1b[?1049l\x1b[?1000;1002;1003;1006;1015;2004;1004;2048l\x1b[<u\x1b[?25h\x1b[?7h\x1b[0m"


class WorkerThreads(ThreadPoolExecutor):
    """An executor whose threads are daemons, one for each task, and whose shutdown does not wait for what stalls."""

    def __init__(self) -> None:
        super().__init__(max_workers=1)
        self._running: set[threading.Thread] = set()
        self._changing = threading.Lock()

    def submit(self, task: Callable[..., Result], /, *arguments: Any, **named: Any) -> "Future[Result]":
        """Run a task in a thread of its own."""
        future: Future[Result] = Future()

        def work() -> None:
            try:
                if future.set_running_or_notify_cancel():
                    try:
                        result = task(*arguments, **named)
                    except BaseException as error:
                        future.set_exception(error)
                    else:
                        future.set_result(result)
            finally:
                with self._changing:
                    self._running.discard(thread)

        thread = threading.Thread(target=work, name="genchat-worker", daemon=True)
        with self._changing:
            self._running.add(thread)
        thread.start()
        return future

    @property
    def busy(self) -> bool:
        """Whether any task still runs."""
        return bool(self._running)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Give the tasks a moment to end."""
        with self._changing:
            running = list(self._running)
        for thread in running if wait else ():
            thread.join(_WORKERS_GRACE / len(running))


class Departure:
    """While it is entered, signals and a terminal that hangs up end the screen, and the process if that takes too long.

    `code` is the exit code that the way out asks for; 0 unless a signal or the terminal ended the screen.
    """

    def __init__(self) -> None:
        self.code = 0
        self.workers = WorkerThreads()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._leave: Callable[[], object] | None = None
        self._before: dict[int, Any] = {}
        self._over = threading.Event()
        self._terminal: tuple[int, list[Any]] | None = None

    def __enter__(self) -> "Departure":
        self._terminal = _terminal_state()
        for name in _ENDING:
            number = getattr(signal, name, None)
            # Who started it with nohup wants it to outlive the signal; that the terminal has gone is seen all the same.
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._received)
        if self._terminal is not None and hasattr(select, "poll"):
            watching = threading.Thread(
                target=self._watch, args=(self._terminal[0],), name="genchat-terminal", daemon=True
            )
            watching.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for number, before in self._before.items():
            signal.signal(number, before)

    def running_in(self, loop: asyncio.AbstractEventLoop, leave: Callable[[], object]) -> None:
        """Tell of the loop that the screen runs in, and of the function that ends the screen."""
        self._loop, self._leave = loop, leave
        loop.set_default_executor(self.workers)
        if self.code:
            leave()

    def end_process_if_stalled(self, code: int) -> None:
        """End the process where threads of workers stall; the interpreter would wait for what they hold."""
        if self.workers.busy:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            os._exit(code)

    def deadline(self) -> None:
        """Begin the seconds after which the process ends, whatever it waits for."""
        threading.Thread(target=self._end_late, name="genchat-deadline", daemon=True).start()

    def _received(self, number: int, frame: FrameType | None) -> None:
        self._depart(128 + number)

    def _depart(self, code: int) -> None:
        if self.code:
            self._end(self.code)  # asked for a second time
        self.code = code
        self.deadline()
        if self._loop is not None and self._leave is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._leave)

    def _watch(self, terminal: int) -> None:
        poll = select.poll()
        poll.register(terminal, 0)
        while not self._over.wait(0.25):
            if any(event & (select.POLLHUP | select.POLLNVAL | select.POLLERR) for _, event in poll.poll(0)):
                self._depart(_HUNG_UP)
                return

    def _end_late(self) -> None:
        if not self._over.wait(GRACE):
            self._end(self.code)

    def _end(self, code: int) -> None:
        if self._terminal is not None:
            _restore(*self._terminal)
        os._exit(code)


def _terminal_state() -> tuple[int, list[Any]] | None:
    """The terminal that is read from, and its settings; None where there is none."""
    try:
        import termios

        number = sys.__stdin__.fileno() if sys.__stdin__ is not None else -1
        return number, termios.tcgetattr(number)
    except (ImportError, OSError, ValueError):
        return None
    except Exception as error:  # termios.error is no OSError
        if type(error).__module__ == "termios":
            return None
        raise


def _restore(number: int, settings: list[Any]) -> None:
    import termios

    try:
        os.write(number, _RESTORED)
        termios.tcsetattr(number, termios.TCSANOW, settings)
    except (OSError, termios.error):
        return
