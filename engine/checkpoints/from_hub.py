"""Brings a checkpoint from the Hugging Face hub.

huggingface_hub, which keeps to its own settings and environment variables, says what there is and where; the files are
fetched by `engine.download`, so that what was cut is gone on with at the next try, and checked by the sha256 that the
hub publishes with the weights.
"""

from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path

from genchat.engine.checkpoints.catalogue import Published
from genchat.engine.download import Progress, download
from genchat.engine.errors import RemoteError

_FILES = (
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "generation_config.json",
    "chat_template.jinja",
    "*.safetensors",
    "*.safetensors.index.json",
)


def from_hub(entry: Published, cache: Path, progress: Progress | None, should_stop: Callable[[], bool] | None) -> Path:
    """The folder of a repository's newest state, under `cache`. Raises RemoteError and GenchatError (see download)."""
    from huggingface_hub import HfApi, hf_hub_url

    try:
        hub = HfApi()
        listing = hub.model_info(entry.repository, revision=entry.revision, files_metadata=True)
        listed = [file for file in listing.siblings or () if _is_wanted(file.rfilename)]
        commit = str(listing.sha)
        where = [
            hf_hub_url(entry.repository, each.rfilename, revision=commit, endpoint=hub.endpoint) for each in listed
        ]
    except Exception as error:  # errors of the network are of another class in every version of the client
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise RemoteError("unreachable", address=entry.repository, reason=reason) from None
    folder, before = cache / commit[:12] / entry.name, 0
    for file, address in zip(listed, where, strict=True):

        def told(have: int, _whole: int | None, before: int = before) -> None:
            if progress is not None:
                progress(before + have, entry.size)

        sha256 = file.lfs.sha256 if file.lfs is not None else None
        target = folder / file.rfilename
        download(address, target, sha256=sha256, size=file.size, progress=told, should_stop=should_stop)
        before += target.stat().st_size
    return folder


def _is_wanted(name: str) -> bool:
    return "/" not in name and any(fnmatch(name, pattern) for pattern in _FILES)
