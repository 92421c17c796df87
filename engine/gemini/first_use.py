"""What a person is told once about a service and then no more. Remembered in the folder of settings."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from genchat.engine.files import write_atomically

FILE = "told.json"


def tell_once(folder: Path, matter: str) -> bool:
    """The answer is true the first time and false from then on. What cannot be remembered counts as the first time
    again.
    """
    file = folder / FILE
    first_times: dict[str, str] = {}
    with suppress(OSError, ValueError):
        written = json.loads(file.read_bytes())
        first_times = written if isinstance(written, dict) else {}
    if matter in first_times:
        return False
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        first_times[matter] = datetime.now(UTC).isoformat(timespec="seconds")
        write_atomically(file, json.dumps(first_times), mode=0o600)
    return True
