"""Where requests go: Google's own address, or another one the person names, which is then shown.

The key travels with every request, so an address without encryption is taken only on this machine itself.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from genchat.engine.errors import UsageError

DEFAULT = "https://generativelanguage.googleapis.com"
VARIABLE = "GOOGLE_GEMINI_BASE_URL"  # the one Google's own tools read


@dataclass(frozen=True, slots=True)
class Address:
    """This is a checked address; `url` has no slash at its end."""

    url: str

    @property
    def is_default(self) -> bool:
        """This is true for Google's own address."""
        return self.url == DEFAULT

    @property
    def host(self) -> str:
        """These are host and port, to be shown."""
        return urlsplit(self.url).netloc

    @property
    def is_loopback(self) -> bool:
        """This is true for an address on this machine."""
        return _is_loopback(urlsplit(self.url).hostname or "")


def find_address(chosen: str, environment: Mapping[str, str]) -> Address:
    """The address is that of the settings, else the environment, else Google's. Raises UsageError."""
    written = (chosen or environment.get(VARIABLE) or DEFAULT).strip()
    try:
        parts = urlsplit(written)
        _ = parts.port
    except ValueError:
        raise UsageError("gemini_address", address=written) from None
    usable = parts.scheme in ("http", "https") and parts.hostname and not (parts.query or parts.fragment)
    if not usable or parts.username is not None or parts.password is not None:
        raise UsageError("gemini_address", address=parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl())
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise UsageError("gemini_address_open", address=written)
    return Address(written.rstrip("/"))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
