"""Which files of models were found to be what their card says, so that each version of a file is read for that once.

A version is known by its size, its times, its inode and its device. One that was written a moment ago may still change
within a tick of the file system's clock, so it is not remembered yet (as git does with its index). The memory is a
cache: whoever cannot read or write it checks again.
"""

import hashlib
import json
import os
import time
from contextlib import suppress
from pathlib import Path

from genchat.engine.errors import ModelDamaged
from genchat.engine.files import write_atomically
from genchat.engine.model_card import ModelCard, file_checksum

_FOLDER = "verified"
_SETTLED = 2_000_000_000  # nanoseconds; the coarsest clock of a file system in use


def verify_once(folder: Path, card: ModelCard, cache: Path) -> None:
    """Raise ModelDamaged, naming the file, unless the model's files are those of its card."""
    memory = cache / _FOLDER / f"{hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:32]}.json"
    known = _read(memory)
    found: dict[str, list[int | str]] = {}
    for name, digest in card.files.items():
        path = folder / name
        if Path(name).name != name or not path.is_file():
            raise ModelDamaged("model_damaged", name=card.name, reason=f"no file {name}")
        version: list[int | str] = [digest, *_version(path)]
        if known.get(name) != version:
            try:
                checksum = file_checksum(path)
            except OSError as error:
                raise ModelDamaged("model_damaged", name=card.name, reason=error.strerror or error) from None
            if checksum != digest or version[1:] != _version(path):
                raise ModelDamaged("checksum_differs", name=card.name, file=name)
        found[name] = version
    settled = {name: version for name, version in found.items() if _is_settled(version[-1])}
    if settled != known:
        with suppress(OSError):
            memory.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(memory, json.dumps(settled))


def _version(path: Path) -> list[int]:
    told = path.stat()
    return [told.st_size, told.st_ino, told.st_dev, told.st_mtime_ns, told.st_ctime_ns]


def _is_settled(changed: int | str) -> bool:
    return time.time_ns() - int(changed) > _SETTLED


def _read(memory: Path) -> dict[str, list[int | str]]:
    try:
        found = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
