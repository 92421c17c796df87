"""What a person is told once about a service and then no more. Remembered in the folder of settings."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from genchat.engine.files import write_atomically

FILE = "told.json"


def tell_once(folder: Path, matter: str) -> bool:
    """Whether this is the first time; from now on it no longer is. What cannot be remembered is told again."""
    file = folder / FILE
    told: dict[str, str] = {}
    with suppress(OSError, ValueError):
        written = json.loads(file.read_bytes())
        told = written if isinstance(written, dict) else {}
    if matter in told:
        return False
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        told[matter] = datetime.now(UTC).isoformat(timespec="seconds")
        write_atomically(file, json.dumps(told), mode=0o600)
    return True
