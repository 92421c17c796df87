"""Torch tensors on disk: safetensors only, every tensor checked by name, shape and kind before it is used.

`engine.weight_files` is the same without torch, and refuses pickles for both.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from genchat.engine.errors import ModelDamaged
from genchat.engine.weight_files import LARGEST_WEIGHT, WEIGHTS_FILE, refuse_pickle

__all__ = [
    "WEIGHTS_FILE",
    "check_sensible",
    "check_shapes",
    "checksum_of",
    "read_tensors",
    "read_weights",
    "write_tensors",
]

_FLOATS = (torch.float32, torch.float16, torch.bfloat16)
_HEADER = "genchat"  # key of our own JSON in the file's header


def write_tensors(path: Path, tensors: Mapping[str, Tensor], header: Mapping[str, object] | None = None) -> None:
    """Write `tensors`, and `header` as JSON beside them, into one file. Raises OSError."""
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    metadata = {_HEADER: json.dumps(header)} if header is not None else None
    try:
        save_file(plain, path, metadata)
    except SafetensorError as error:
        raise OSError(str(error)) from None


def read_tensors(path: Path, name: str) -> tuple[dict[str, Tensor], dict[str, object]]:
    """All tensors of a file and its header. Raises ModelDamaged, naming the model `name` and the file."""
    refuse_pickle(path, name)
    try:
        with safe_open(path, framework="pt") as stored:
            header = json.loads((stored.metadata() or {}).get(_HEADER, "{}"))
            tensors = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118 (not a mapping)
    except (OSError, SafetensorError, ValueError) as error:
        raise ModelDamaged("weights_unreadable", name=name, file=path.name, reason=error) from None
    if not isinstance(header, dict):
        raise ModelDamaged("weights_unreadable", name=name, file=path.name, reason="header")
    return tensors, header


def checksum_of(tensors: Mapping[str, Tensor], header: Mapping[str, object]) -> str:
    """Hex sha256 of names, kinds, shapes and bytes of `tensors`, and of `header`."""
    digest = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for key in sorted(tensors):
        tensor = tensors[key].detach().cpu().contiguous()
        digest.update(f"{key} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def read_weights(path: Path, expected: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """The tensors that `expected` names, in fp32. Raises ModelDamaged naming the first that differs."""
    tensors, _ = read_tensors(path, name)
    check_shapes(tensors, expected, name)
    check_sensible(tensors, path, name)
    return {key: tensor.to(torch.float32) for key, tensor in tensors.items()}


def check_sensible(tensors: Mapping[str, Tensor], path: Path, name: str) -> None:
    """Raise ModelDamaged naming the first floating-point tensor with something that is no number or too large."""
    for key, tensor in tensors.items():
        if tensor.is_floating_point() and tensor.numel():
            low, high = (float(bound) for bound in tensor.aminmax())
            if not (low >= -LARGEST_WEIGHT and high <= LARGEST_WEIGHT):
                worst = low if abs(low) > abs(high) or low != low else high
                raise ModelDamaged("weights_unreadable", name=name, file=path.name, reason=f"{key}: {worst:g}")


def check_shapes(tensors: Mapping[str, Tensor], expected: Mapping[str, Tensor], name: str) -> None:
    """Raise ModelDamaged unless `tensors` are those of `expected`: same names, same shapes, floating point."""
    for key, model in expected.items():
        if key not in tensors:
            raise ModelDamaged("tensor_missing", name=name, tensor=key)
        found = tensors[key]
        if found.shape != model.shape:
            shapes = {"found": list(found.shape), "expected": list(model.shape)}
            raise ModelDamaged("tensor_shape", name=name, tensor=key, **shapes)
        if found.dtype not in _FLOATS:
            raise ModelDamaged("tensor_dtype", name=name, tensor=key, found=str(found.dtype).removeprefix("torch."))
    for key in tensors:
        if key not in expected:
            raise ModelDamaged("tensor_unknown", name=name, tensor=key)
