"""API keys: from the environment, else from a file that only its owner can read. Never from the command line.

A key's value is shown by nothing: not by repr, not by an error. Services are named by short words ("gemini").
"""

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from genchat.engine.errors import SettingsError, UsageError
from genchat.engine.files import write_atomically

SERVICES: Mapping[str, tuple[str, ...]] = {"gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY")}
SHORTEST = 20  # prefixes change over the years, lengths below this never were


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key and where it was found: a variable's name or a file's path."""

    value: str = field(repr=False)
    source: str

    @property
    def hint(self) -> str:
        """Enough to tell two keys apart."""
        return f"…{self.value[-4:]}" if len(self.value) >= SHORTEST else "…"


def find_key(service: str, file: Path, environment: Mapping[str, str] | None = None) -> ApiKey | None:
    """The key of a service: its variables in order, then the file. Raises SettingsError for a broken file."""
    variables = os.environ if environment is None else environment
    for name in SERVICES.get(service, ()):
        value = variables.get(name, "").strip()
        if value:
            return ApiKey(value, name)
    value = stored_keys(file).get(service, "")
    return ApiKey(value, str(file)) if value else None


def is_sendable(value: str) -> bool:
    """Whether `value` can stand in a header: printable ASCII without spaces."""
    return bool(value) and value.isascii() and value.isprintable() and " " not in value


def stored_keys(file: Path) -> dict[str, str]:
    """The keys in the file by service; a file that others can read is closed to them first."""
    try:
        mode = file.stat().st_mode
        if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
            file.chmod(0o600)
        written = json.loads(file.read_bytes())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError("keys_unreadable", file=file, reason=error.strerror or type(error).__name__) from None
    except ValueError:
        raise SettingsError("keys_damaged", file=file) from None
    if not isinstance(written, dict) or not all(isinstance(value, str) for value in written.values()):
        raise SettingsError("keys_damaged", file=file)
    return written


def store_key(service: str, value: str, file: Path) -> ApiKey:
    """Keep a key. Raises UsageError for a service that is not known and for what cannot be a key."""
    _check_service(service)
    stripped = value.strip()
    if not stripped:
        raise UsageError("key_empty")
    if len(stripped) < SHORTEST or not is_sendable(stripped):
        raise UsageError("key_unlike_a_key", shortest=SHORTEST)
    _write({**stored_keys(file), service: stripped}, file)
    return ApiKey(stripped, str(file))


def remove_key(service: str, file: Path) -> bool:
    """Forget a stored key; False if there was none."""
    _check_service(service)
    keys = stored_keys(file)
    if service not in keys:
        return False
    del keys[service]
    _write(keys, file)
    return True


def _check_service(service: str) -> None:
    if service not in SERVICES:
        raise UsageError("key_service_unknown", service=service, known=", ".join(SERVICES))


def _write(keys: Mapping[str, str], file: Path) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(file, json.dumps(dict(keys), indent=2), mode=0o600)
    except OSError as error:
        raise SettingsError("keys_not_written", file=file, reason=error.strerror or type(error).__name__) from None
