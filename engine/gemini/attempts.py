"""Running a call of an SDK so that nothing but a GeminiError comes out, with nothing of the SDK hanging on it.

An exception raised while another one is handled keeps that other one, its frames and their variables, among them the
key. So the new one is raised after the handler is left.
"""

import time
from collections.abc import Callable
from typing import TypeVar

from genchat.engine.gemini.errors import GeminiError

T = TypeVar("T")
Translate = Callable[[Exception], GeminiError]
Pause = Callable[[float], object]
RETRY_SECONDS = 0.5


def attempt(work: Callable[[], T], translate: Translate) -> T:
    """The function gives what `work` gives. Raises GeminiError, without cause or context."""
    try:
        return work()
    except GeminiError as error:
        failure = error
    except Exception as error:
        failure = translate(error)
    failure.__cause__ = failure.__context__ = None
    raise failure.with_traceback(None)


def twice(work: Callable[[], T], translate: Translate, pause: Pause = time.sleep) -> T:
    """The function runs `attempt`, and once more after a short pause if the service had a passing trouble."""
    try:
        return attempt(work, translate)
    except GeminiError as error:
        if not error.temporary:
            raise
    pause(RETRY_SECONDS)
    return attempt(work, translate)
