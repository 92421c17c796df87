"""Reports of genchat's own faults, kept on this machine only: a traceback without local variables, keys taken out."""

import os
import platform
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from genchat.engine import __version__
from genchat.engine.files import write_atomically
from genchat.engine.paths import Paths
from genchat.engine.redaction import redact
from genchat.engine.text import safe


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
    text = safe(redact(head + "".join(traceback.format_exception(error))))
    file = paths.cache / "reports" / f"{now:%Y%m%d-%H%M%S}-{os.urandom(4).hex()}.txt"
    try:
        write_atomically(file, text.encode(errors="backslashreplace"), mode=0o600)
    except OSError:
        return None
    return file
