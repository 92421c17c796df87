"""The name of a model to be made, claimed by one process until it is done.

The claim is a lock on a file beside the runs, which ends with the process however it ends; the file tells whose it is.
Where a system has no such locks the claim always succeeds.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from genchat.engine.errors import UsageError

try:
    import fcntl
except ImportError:  # not a Unix
    fcntl = None  # type: ignore[assignment]

CHECKPOINT_FILE = "checkpoint.safetensors"


@contextmanager
def claimed(training: Path, name: str) -> Iterator[None]:
    """The name, for as long as the block lasts; `training` is the folder of all runs.

    Raises UsageError, naming the process, where another one makes a model of that name. Of a team of processes that
    train together (torchrun) the first claims for all.
    """
    if fcntl is None or os.environ.get("RANK", "0") != "0":
        yield
        return
    path = training / f".{name}.lock"
    training.mkdir(parents=True, exist_ok=True)
    descriptor = _locked(path, name)
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink()
        os.close(descriptor)


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """The block runs in one process at a time of those that name the file `path`; the others wait.

    Where a system has no such locks, or the file cannot be made, nobody waits.
    """
    descriptor = None
    if fcntl is not None:
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if descriptor is not None:
            with suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _locked(path: Path, name: str) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(descriptor, path):
                os.truncate(descriptor, 0)
                os.write(descriptor, str(os.getpid()).encode())
                return descriptor
        except BlockingIOError:
            process = os.pread(descriptor, 20, 0).decode("ascii", "replace") or "?"
            os.close(descriptor)
            raise UsageError("name_claimed", name=name, process=process) from None
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # whoever had it has just removed the file: try the new one


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


def refuse_interrupted(training: Path, name: str) -> None:
    """Raise UsageError where the checkpoint of an earlier run of that name stands, which a new one would replace."""
    checkpoint = training / name / CHECKPOINT_FILE
    if checkpoint.exists():
        raise UsageError("checkpoint_stands", name=name, path=checkpoint)
