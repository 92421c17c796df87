"""Is there room for what is about to be read? Asked before, since a program that takes too much is killed unasked."""

import os
from pathlib import Path

from genchat.engine.errors import GenchatError
from genchat.engine.language.numbers import decimal

_GIGA = 1e9


def available_memory() -> int | None:
    """Bytes that can be taken without swapping; None where the system does not tell."""
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def check_memory(needed: int, name: str) -> None:
    """Raise GenchatError if the model `name` needs more bytes than there are."""
    free = available_memory()
    if free is not None and needed > free:
        sizes = {"needed": decimal(needed / _GIGA, 1), "free": decimal(free / _GIGA, 1)}
        raise GenchatError("checkpoint_memory", name=name, **sizes)
