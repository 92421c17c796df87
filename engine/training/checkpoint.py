"""A run that was cut short, on disk: weights, the optimisers' memory, the place in the data, the random state.

One safetensors file, replaced whole or not at all: a process killed at any moment leaves the last complete checkpoint.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from genchat.engine.errors import ModelDamaged, TrainingFailed
from genchat.engine.files import write_atomically
from genchat.engine.training.weights import checksum_of, read_tensors, write_tensors

# A run may go on longer, or more slowly, than it was begun; these decide what its memory and its place mean.
_CHECKSUM = "sha256"
_FIXED = ("optimizer", "window", "batch", "seed")


def save_checkpoint(path: Path, tensors: Mapping[str, Tensor], header: Mapping[str, Any]) -> None:
    """Replace the checkpoint at `path`. Raises TrainingFailed when it cannot be written; the old one stays."""
    part = path.with_name(path.name + ".part")
    header = {**header, _CHECKSUM: checksum_of(tensors, header)}
    try:
        write_atomically(path, lambda place: write_tensors(place, tensors, header), part=part)
    except OSError as error:
        raise TrainingFailed("checkpoint_not_written", path=path, reason=error.strerror or error) from None


def load_checkpoint(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors and header. Raises ModelDamaged for a file that is truncated, altered, a pickle or not a checkpoint.

    Those written before checkpoints had a checksum are taken without one.
    """
    if not path.is_file():
        raise TrainingFailed("nothing_to_resume", path=path)
    tensors, header = read_tensors(path, path.parent.name)
    wanted = header.pop(_CHECKSUM, None)
    if wanted is None and "text_sha256" not in header:
        raise ModelDamaged("weights_unreadable", name=path.parent.name, file=path.name, reason="header")
    if wanted is not None and checksum_of(tensors, header) != wanted:
        raise ModelDamaged("checkpoint_damaged", path=path)
    return tensors, header


def begun_with(path: Path) -> Mapping[str, Any]:
    """What the run at `path` was begun with: its recipe under "recipe", and what else was given under "given".

    Raises TrainingFailed where there is no run to go on with, ModelDamaged for a file that is none.
    """
    _, header = load_checkpoint(path)
    return header


def refuse_other_run(header: Mapping[str, Any], now: Mapping[str, Any], path: Path) -> None:
    """Raise TrainingFailed if a checkpoint is of another text, shape or order of the data; both are headers."""
    if header.get("text_sha256") != now["text_sha256"]:
        raise TrainingFailed("resume_other_text", path=path)
    _refuse_difference("resume_other_shape", header.get("network"), now["network"], now["network"], path)
    _refuse_difference("resume_other_recipe", header.get("recipe"), now["recipe"], _FIXED, path)


def _refuse_difference(key: str, stored: object, now: Mapping[str, Any], names: Iterable[str], path: Path) -> None:
    held = stored if isinstance(stored, dict) else {}
    now = json.loads(json.dumps(now))  # as a header holds it: tuples are lists
    for name in names:
        if held.get(name) != now.get(name):
            raise TrainingFailed(key, path=path, setting=name, found=held.get(name), expected=now.get(name))
