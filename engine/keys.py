"""API keys: from the environment, else from a file that only its owner can read. Never from the command line.

A key's value is shown by nothing: not by repr, not by an error. Services are named by short words ("gemini"). That of a
plug-in is the plug-in's own name, and its variable is that name in capitals with _API_KEY after it.
"""

import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from genchat.engine.errors import SettingsError, UsageError
from genchat.engine.files import write_atomically
from genchat.engine.paths import paths

SERVICES: Mapping[str, tuple[str, ...]] = {"gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY")}
SHORTEST = 20  # prefixes change over the years, lengths below this never were
SHORTEST_OF_PLUGIN = 8  # anything shorter could not be told from ordinary words and taken out of what is kept


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key and where it was found: a variable's name or a file's path."""

    value: str = field(repr=False)
    source: str

    @property
    def hint(self) -> str:
        """The hint is enough to tell two keys apart."""
        return f"…{self.value[-4:]}" if len(self.value) >= SHORTEST else "…"


def known_services() -> dict[str, tuple[str, ...]]:
    """The result is every service that can have a key, with its variables: genchat's own, and those of the installed
    plug-ins.
    """
    from genchat.engine.plugins.discovery import installed_plugins

    names = [plugin.name for plugin in installed_plugins() if plugin.name not in SERVICES]
    return {**SERVICES, **{name: variables_of(name) for name in names}}


def variables_of(service: str) -> tuple[str, ...]:
    """The environment variables of a service, the one that counts first."""
    own = SERVICES.get(service)
    return (re.sub(r"[^A-Z0-9]", "_", service.upper()) + "_API_KEY",) if own is None else own


def find_key(service: str, file: Path | None = None, environment: Mapping[str, str] | None = None) -> ApiKey | None:
    """The key of a service: its variables in order, then the file (the usual one, where none is given).

    Raises SettingsError for a broken file.
    """
    variables = os.environ if environment is None else environment
    for name in variables_of(service):
        value = variables.get(name, "").strip()
        if value:
            return ApiKey(value, name)
    file = paths().keys if file is None else file
    value = stored_keys(file).get(service, "")
    return ApiKey(value, str(file)) if value else None


def is_sendable(value: str) -> bool:
    """The answer is true where `value` can stand in a header: printable ASCII without spaces."""
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
    shortest = SHORTEST if service in SERVICES else SHORTEST_OF_PLUGIN
    if len(stripped) < shortest or not is_sendable(stripped):
        raise UsageError("key_unlike_a_key", shortest=shortest)
    _write({**stored_keys(file), service: stripped}, file)
    return ApiKey(stripped, str(file))


def remove_key(service: str, file: Path) -> bool:
    """Forget a stored key; False if there was none."""
    keys = stored_keys(file)
    if service not in keys:
        _check_service(service)
        return False
    del keys[service]
    _write(keys, file)
    return True


def _check_service(service: str) -> None:
    known = known_services()
    if service not in known:
        raise UsageError("key_service_unknown", service=service, known=", ".join(known))


def _write(keys: Mapping[str, str], file: Path) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(file, json.dumps(dict(keys), indent=2), mode=0o600)
    except OSError as error:
        raise SettingsError("keys_not_written", file=file, reason=error.strerror or type(error).__name__) from None
