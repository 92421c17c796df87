"""Files and folders that appear whole or not at all, and the one place that renames anything.

The new content is written beside the old under a temporary name, brought to the disk, and renamed over it. A process
killed at any moment leaves the old content or the new; when anything fails, the temporary file or folder is removed.
What is renamed reaches the disk only with its folder's entry, so the folder is synced too, where the system allows it
(the sequence of Pillai et al. 2014, "All File Systems Are Not Created Equal").
"""

import ctypes
import os
import re
import shutil
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

Content = bytes | str | Callable[[Path], object]  # the bytes, a text (UTF-8), or what writes the file of that path

_PRIVATE = 0o600
_HERE, _EXCHANGE = -100, 2  # AT_FDCWD; RENAME_EXCHANGE, and RENAME_SWAP of macOS
_TEMPORARY = re.compile(r"\..{1,40}-[0-9a-f]{12}\.tmp")
_LEFT_BEHIND = 3600.0  # seconds after which nobody is writing a temporary file any more
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


def put_in_new_place(part: Path, path: Path) -> None:
    """The function gives a complete file a name that nothing has, its content synced first.

    Raises FileExistsError where something has it, OSError for the rest: `part` stays.
    """
    _sync_file(part)
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if path.exists():
            raise FileExistsError(17, os.strerror(17), str(path)) from None
        os.replace(part, path)
    else:
        part.unlink()
    _sync_folder(path.parent)


def beside(path: Path) -> Path:
    """A name in the same folder that nothing has; the leading dot keeps it out of listings."""
    return _beside(path)


def move(source: Path, target: Path) -> None:
    """The function gives a file another name in its file system; what stood at `target` goes. Raises OSError."""
    os.replace(source, target)


def write_folder(folder: Path, fill: Callable[[Path], object]) -> None:
    """The function replaces a folder, whole or not at all; `fill` writes the files into a temporary one.

    Raises OSError, and whatever `fill` raises: the folder that was there then stays.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    tidy(folder.parent)
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
    """A folder cannot be renamed over a full one: the two exchange their names, which is one step. Where the system has
    no such step, the old one is set aside first, and put back on failure.
    """
    if not folder.exists():
        os.replace(temporary, folder)
        return
    if _exchange(temporary, folder):
        shutil.rmtree(temporary, ignore_errors=True)
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


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names in one step: renameat2 of Linux, renamex_np of macOS. False where that cannot be done."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        first, second = os.fsencode(one), os.fsencode(other)
        if hasattr(libc, "renameat2"):
            return bool(libc.renameat2(_HERE, first, _HERE, second, _EXCHANGE) == 0)
        if hasattr(libc, "renamex_np"):
            return bool(libc.renamex_np(first, second, _EXCHANGE) == 0)
    except (OSError, TypeError, ValueError):
        return False
    return False


def tidy(folder: Path) -> None:
    """The function removes temporary files and folders that killed processes left in `folder` long ago, and puts back
    a folder that one of them had set aside.
    """
    with suppress(OSError):
        for left in [each for each in folder.iterdir() if _TEMPORARY.fullmatch(each.name)]:
            if time.time() - left.stat().st_mtime < _LEFT_BEHIND:
                continue
            for inner in left.iterdir() if left.is_dir() else ():
                if inner.is_dir() and left.name.startswith(f".{inner.name[:_LONGEST_NAME]}-"):
                    with suppress(OSError):
                        if not (folder / inner.name).exists():
                            os.replace(inner, folder / inner.name)
            shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink(missing_ok=True)


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
