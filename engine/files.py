"""Files and folders that appear whole or not at all, and the one place that renames anything.

The new content is written beside the old under a temporary name, brought to the disk, and renamed over it. A process
killed at any moment leaves the old content or the new; when anything fails, the temporary file or folder is removed.
What is renamed reaches the disk only with its folder's entry, so the folder is synced too, where the system allows it
(the sequence of Pillai et al. 2014, "All File Systems Are Not Created Equal").
"""

import os
import shutil
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

Content = bytes | str | Callable[[Path], object]  # the bytes, a text (UTF-8), or what writes the file of that path

_PRIVATE = 0o600
_LONGEST_NAME = 40  # characters of a file's name that its temporary name shows


def write_atomically(path: Path, content: Content, *, mode: int | None = None, part: Path | None = None) -> None:
    """The function replaces the file at `path`, whole or not at all. Raises OSError, and whatever `content` raises.

    `mode` are the permissions of the file; None keeps those of the file that was there, and gives a new one what the
    umask leaves. A symbolic link at `path` is replaced, not followed. `part` is the temporary file where one process
    alone writes: what a killed process left of it is written over, where a random name would stay for good.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = _permissions(path) if mode is None else mode
    temporary = part or _beside(path)
    flags = os.O_CREAT | os.O_WRONLY | (os.O_EXCL if part is None else os.O_TRUNC)
    # The file is closed to others from the first moment; what may be open is opened when it is complete.
    os.close(os.open(temporary, flags, 0o666 if kept is None else _PRIVATE))
    try:
        if callable(content):
            content(temporary)
        else:
            temporary.write_bytes(content.encode() if isinstance(content, str) else content)
        if kept is not None:
            temporary.chmod(kept)
        put_in_place(temporary, path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def put_in_place(part: Path, path: Path) -> None:
    """The function renames a complete file over `path`, its content synced first. Raises OSError: `part` stays."""
    _sync_file(part)
    os.replace(part, path)
    _sync_folder(path.parent)


def move(source: Path, target: Path) -> None:
    """The function gives a file another name in its file system; what stood at `target` goes. Raises OSError."""
    os.replace(source, target)


def write_folder(folder: Path, fill: Callable[[Path], object]) -> None:
    """The function replaces a folder, whole or not at all; `fill` writes the files into a temporary one.

    Raises OSError, and whatever `fill` raises: the folder that was there then stays.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = _beside(folder)
    temporary.mkdir(mode=0o700)
    try:
        fill(temporary)
        for path in sorted(temporary.rglob("*"), reverse=True):
            if path.is_dir():
                _sync_folder(path)
            else:
                _sync_file(path)
        _sync_folder(temporary)
        _replace_folder(temporary, folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    _sync_folder(folder.parent)


def _replace_folder(temporary: Path, folder: Path) -> None:
    """A folder cannot be renamed over a full one: that one is set aside first, and put back on failure."""
    if not folder.exists():
        os.replace(temporary, folder)
        return
    aside = _beside(folder)
    aside.mkdir(mode=0o700)
    try:
        os.replace(folder, aside / folder.name)
        try:
            os.replace(temporary, folder)
        except OSError:
            os.replace(aside / folder.name, folder)
            raise
        shutil.rmtree(aside / folder.name, ignore_errors=True)
    finally:
        with suppress(OSError):
            aside.rmdir()  # an old folder that could not be put back stays in it


def _beside(path: Path) -> Path:
    """A name in the same folder that nothing has; the leading dot keeps it out of listings."""
    return path.with_name(f".{path.name[:_LONGEST_NAME]}-{os.urandom(6).hex()}.tmp")


def _permissions(path: Path) -> int | None:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return None


def _sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)  # Windows syncs only what may be written
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    """Windows and some network file systems cannot; the file is whole either way."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
