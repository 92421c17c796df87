"""What a controller may do on the chat screen: show notes, run threads, post messages, open dialogs, set timers.

A controller receives a host and the widgets it fills, never the screen. So its constructor shows what it needs, and the
screen alone knows how the controllers are connected.
"""

from collections.abc import Callable
from typing import TypeVar

from textual.message import Message
from textual.screen import Screen

from genchat.engine.text import safe

_LASTING = 15  # seconds
Answer = TypeVar("Answer")


class Host:
    """A host offers controllers the few things that they may do on a screen."""

    def __init__(self, screen: Screen[None]) -> None:
        self._screen = screen

    def note(self, text: str, *, error: bool = False, lasting: bool = False) -> None:
        """Show a note that is no part of the conversation; errors and `lasting` notes stay longer."""
        seconds = _LASTING if error or lasting else None
        self._screen.notify(safe(text), severity="error" if error else "information", timeout=seconds, markup=False)

    def work(self, task: Callable[[], object], group: str, *, exclusive: bool = False) -> None:
        """Run `task` in a thread. The task must not touch a widget; it posts its results."""
        self._screen.run_worker(task, thread=True, exclusive=exclusive, exit_on_error=False, group=group)

    def post(self, message: Message) -> None:
        """Post a message to the screen. Any thread may call this."""
        self._screen.post_message(message)

    def ask(self, dialog: Screen[Answer], answered: Callable[[Answer | None], object]) -> None:
        """Open a dialog; `answered` receives its result."""

        def done(answer: Answer | None) -> None:
            answered(answer)

        self._screen.app.push_screen(dialog, done)

    def later(self, seconds: float, call: Callable[[], object]) -> None:
        """Call the function once when that many seconds have passed."""
        self._screen.set_timer(seconds, call)

    def every(self, seconds: float, call: Callable[[], object]) -> Callable[[], object]:
        """Call the function again and again, until the returned function is called."""
        return self._screen.set_interval(seconds, call).stop

    def painted(self, call: Callable[[], object]) -> None:
        """Call the function when everything that was to be painted is on the screen."""
        self._screen.call_after_refresh(call)

    def mark(self, name: str, on: bool) -> None:
        """Give the screen a style class, or take it away, and say that other keys may be useful now."""
        self._screen.set_class(on, name)
        self._screen.refresh_bindings()

    def copy(self, text: str) -> None:
        """Copy text to the clipboard."""
        self._screen.app.copy_to_clipboard(text)

    def keys_changed(self) -> None:
        """Say that other keys may be useful now."""
        self._screen.refresh_bindings()
