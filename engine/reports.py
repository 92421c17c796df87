"""Reports of genchat's own faults, kept on this machine only: a traceback without local variables, keys taken out."""

import platform
import tempfile
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from genchat.engine import __version__
from genchat.engine.paths import Paths
from genchat.engine.redaction import redact


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
