"""Fetches one file: with progress, resumable, checked against its sha256, whole or not at all.

What has arrived stays in `NAME.part`; the next try asks the server for the rest. Plain http is accepted from this
machine only. GENCHAT_OFFLINE=1 opens no socket.
"""

import hashlib
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

from genchat.engine.errors import GenchatError, RemoteError
from genchat.engine.files import put_in_place

Progress = Callable[[int, int | None], None]  # bytes so far, bytes in all where known
_CHUNK = 1 << 18
_TIMEOUT = 30.0  # seconds without a byte
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def offline() -> bool:
    """The answer is true when the person has forbidden all network use (GENCHAT_OFFLINE)."""
    return os.environ.get("GENCHAT_OFFLINE", "") not in ("", "0")


def check_address(address: str) -> None:
    """Raise RemoteError for an address that is neither https nor http on this machine."""
    parts = urlsplit(address)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return
    raise RemoteError("address_refused", address=address)


def download(
    address: str,
    target: Path,
    *,
    sha256: str | None,
    size: int | None = None,
    progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Path:
    """Fetch `address` to `target` and return it. A file that is already there and right is not fetched again.

    Raises RemoteError (offline, unreachable, refused, cut, wrong hash: the file is then removed) and GenchatError
    ("download_stopped", which keeps the part; "cannot_write_file").
    """
    if target.is_file() and (sha256 is None or _sha256(target) == sha256):
        return target
    if offline():
        raise RemoteError("offline", address=address)
    check_address(address)
    part = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _fetch(address, part, size, progress, should_stop)
        digest = _sha256(part)
        if sha256 is not None and digest != sha256:
            part.unlink()
            raise RemoteError("hash_differs", name=target.name, found=digest[:12], wanted=sha256[:12])
        put_in_place(part, target)
    except OSError as error:
        raise GenchatError("cannot_write_file", path=target, reason=error.strerror or error) from None
    return target


def _fetch(
    address: str, part: Path, size: int | None, progress: Progress | None, should_stop: Callable[[], bool] | None
) -> None:
    have = part.stat().st_size if part.exists() else 0
    if size is not None and have >= size:
        return
    request = urllib.request.Request(address, headers={"Range": f"bytes={have}-"} if have else {})  # noqa: S310 - checked
    try:
        response: HTTPResponse = urllib.request.urlopen(request, timeout=_TIMEOUT)  # noqa: S310 - checked above
    except urllib.error.HTTPError as error:
        if error.code == 416 and have:  # the whole file is here already
            return
        raise RemoteError("server_refused", address=address, code=error.code) from None
    except (urllib.error.URLError, TimeoutError, HTTPException) as error:
        raise RemoteError("unreachable", address=address, reason=getattr(error, "reason", error)) from None
    with response:
        if have and response.status != 206:  # the server does not resume: from the beginning
            have = 0
        length = response.headers.get("Content-Length")
        whole = have + int(length) if length and length.isdigit() else size
        with part.open("ab" if have else "wb") as stream:
            while True:
                if should_stop is not None and should_stop():
                    raise GenchatError("download_stopped", name=part.stem)
                try:
                    chunk = response.read(_CHUNK)
                except (OSError, HTTPException):
                    raise RemoteError("download_cut", name=part.stem, have=have) from None
                if not chunk:
                    break
                stream.write(chunk)
                have += len(chunk)
                if progress is not None:
                    progress(have, whole)
    if whole is not None and have < whole:
        raise RemoteError("download_cut", name=part.stem, have=have)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
