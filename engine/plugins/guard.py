"""While the code of a plug-in runs: whatever it raises becomes an error that names it."""

import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from genchat.engine.errors import GenchatError, PluginError
from genchat.engine.text import safe_line

_LONGEST = 300  # characters of what an exception says


class Guard:
    """A context in which the code of the plug-in `name` runs. It lets through what genchat itself raises and Ctrl-C.

    A KeyboardInterrupt is the person's own only in the main thread, and where `should_stop` is given only once that is
    true: until then the first Ctrl-C asks the reply to stop and interrupts nothing.
    """

    def __init__(self, name: str, should_stop: Callable[[], bool] | None = None, key: str = "plugin_failed") -> None:
        """`key` names the text of the error, which takes the values `name` and `reason`."""
        self._name = name
        self._should_stop = should_stop
        self._key = key

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or (isinstance(error, GenchatError) and _can_be_read(error)):
            return
        if isinstance(error, KeyboardInterrupt) and self._is_the_persons_own():
            return
        raise PluginError(self._key, name=self._name, reason=reason_of(error)) from error

    def _is_the_persons_own(self) -> bool:
        if threading.current_thread() is not threading.main_thread():
            return False
        return self._should_stop is None or self._should_stop()


def _can_be_read(error: GenchatError) -> bool:
    try:
        return bool(str(error))
    except Exception:  # a class of the author's own may tell itself in its own way
        return False


def reason_of(error: BaseException) -> str:
    """The reason is one line: the kind of the exception, what it says, without keys, and the line of code that raised
    it.
    """
    from genchat.engine.redaction import known_keys, redact

    try:
        said = str(error)
    except Exception:  # its own text may be at fault too
        said = ""
    kind = type(error).__name__
    text = safe_line(redact(f"{kind}: {said}" if said else kind, known_keys()), _LONGEST)
    frames = traceback.extract_tb(error.__traceback__)
    return f"{text} [{safe_line(Path(frames[-1].filename).name)}:{frames[-1].lineno}]" if frames else text
