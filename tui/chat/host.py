"""What a controller of the chat screen may do on it: speak to the person, work in a thread, post a message, ask, wait.

A controller is given the widgets it fills and this, never the screen: so each shows in its constructor what it needs,
and the screen alone knows how the controllers hang together.
"""

from collections.abc import Callable
from typing import TypeVar

from textual.message import Message
from textual.screen import Screen

from genchat.engine.text import safe

_LASTING = 15  # seconds
Answer = TypeVar("Answer")


class Host:
    """The few doors of one screen."""

    def __init__(self, screen: Screen[None]) -> None:
        self._screen = screen

    def note(self, text: str, *, error: bool = False, lasting: bool = False) -> None:
        """Say something that is no part of the conversation; errors and `lasting` notes stay longer."""
        seconds = _LASTING if error or lasting else None
        self._screen.notify(safe(text), severity="error" if error else "information", timeout=seconds, markup=False)

    def work(self, task: Callable[[], object], group: str, *, exclusive: bool = False) -> None:
        """Run `task` in a thread. It must not touch a widget: what it finds out it posts."""
        self._screen.run_worker(task, thread=True, exclusive=exclusive, exit_on_error=False, group=group)

    def post(self, message: Message) -> None:
        """Post a message to the screen; from any thread."""
        self._screen.post_message(message)

    def ask(self, dialog: Screen[Answer], answered: Callable[[Answer | None], object]) -> None:
        """Open a dialog; `answered` gets what it was dismissed with."""

        def done(answer: Answer | None) -> None:
            answered(answer)

        self._screen.app.push_screen(dialog, done)

    def later(self, seconds: float, call: Callable[[], object]) -> None:
        """Call once when that much time has passed."""
        self._screen.set_timer(seconds, call)

    def every(self, seconds: float, call: Callable[[], object]) -> Callable[[], object]:
        """Call again and again, until the function that is returned is called."""
        return self._screen.set_interval(seconds, call).stop

    def painted(self, call: Callable[[], object]) -> None:
        """Call when what was asked to be painted stands on the screen."""
        self._screen.call_after_refresh(call)

    def copy(self, text: str) -> None:
        """Put text into the clipboard."""
        self._screen.app.copy_to_clipboard(text)

    def keys_changed(self) -> None:
        """Say that other keys may be of use now."""
        self._screen.refresh_bindings()
