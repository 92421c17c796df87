"""Reports of genchat's own faults, kept on this machine only: a traceback without local variables, keys taken out."""

import os
import platform
import re
import tempfile
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from engine import __version__
from engine.paths import Paths

_KEY_VARIABLES = ("GEMINI_API_KEY", "GOOGLE_API_KEY")
_GOOGLE_KEY = re.compile(r"AIza[0-9A-Za-z_-]{30,}")
_REDACTED = "[redacted]"
_SHORTEST_KEY = 8


def redact(text: str) -> str:
    """`text` without API keys: whatever looks like one of Google's, and the ones in the environment, literally."""
    for name in _KEY_VARIABLES:
        key = os.environ.get(name, "")
        if len(key) >= _SHORTEST_KEY:
            text = text.replace(key, _REDACTED)
    return _GOOGLE_KEY.sub(_REDACTED, text)


def write_report(error: BaseException, paths: Paths, arguments: Sequence[str]) -> Path | None:
    """Write what is known about an unexpected error, readable by its owner alone. None if it cannot be written.

    The arguments are kept only by their number and the first one's first word, since a prompt is private.
    """
    now = datetime.now(UTC)
    command = arguments[0].split()[0] if arguments and arguments[0].split() else ""
    head = (
        f"genchat {__version__}  Python {platform.python_version()}  {platform.platform()}\n"
        f"{now.isoformat(timespec='seconds')}  {len(arguments)} arguments, first {command[:20]!a}\n\n"
    )
    text = redact(head + "".join(traceback.format_exception(error)))
    folder = paths.cache / "reports"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # NamedTemporaryFile makes the file with mode 0600.
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", errors="backslashreplace", dir=folder, prefix=f"{now:%Y%m%d-%H%M%S}-", suffix=".txt",
            delete=False,
        ) as file:  # fmt: skip
            file.write(text)
        return Path(file.name)
    except OSError:
        return None
