"""Tensors from a safetensors file, checked by name, shape and kind before they are used. Numpy only, no torch.

A pickle can run code when it is opened, so it is refused by name and never opened.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genchat.engine.distribution import FloatArray
from genchat.engine.errors import ModelDamaged

WEIGHTS_FILE = "model.safetensors"
_PICKLE_STARTS = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
_HEADER_START = 8
_PICKLE_NAMES = ("*.bin", "*.pt", "*.pth", "*.pkl", "*.ckpt")
_KINDS = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}


def refuse_pickle(path: Path, name: str) -> None:
    """Raise ModelDamaged if `path` is a pickle, or is not there (and then names a pickle that lies beside it)."""
    if not path.is_file():
        pickles = [pickle.name for pattern in _PICKLE_NAMES for pickle in sorted(path.parent.glob(pattern))]
        if pickles:
            raise ModelDamaged("weights_pickle", name=name, file=pickles[0])
        raise ModelDamaged("weights_missing", name=name, file=path.name)
    with path.open("rb") as stream:
        start = stream.read(_HEADER_START + 1)
        # A safetensors file begins with the length of its header, whose bytes may look like a pickle's.
        if start.startswith(_PICKLE_STARTS) and not start.endswith(b"{"):
            raise ModelDamaged("weights_pickle", name=name, file=path.name)


def read_arrays(path: Path, shapes: Mapping[str, tuple[int, ...]], name: str) -> dict[str, FloatArray]:
    """The tensors of a file as float32. Raises ModelDamaged unless they are exactly those of `shapes`, all finite."""
    from safetensors import SafetensorError, deserialize

    try:
        refuse_pickle(path, name)
        entries: dict[str, dict[str, Any]] = dict(deserialize(path.read_bytes()))  # type: ignore[no-untyped-call]
    except OSError as error:
        raise ModelDamaged("weights_unreadable", name=name, file=path.name, reason=error.strerror or error) from None
    except SafetensorError as error:
        raise ModelDamaged("weights_unreadable", name=name, file=path.name, reason=error) from None
    for key in entries:
        if key not in shapes:
            raise ModelDamaged("tensor_unknown", name=name, tensor=key)
    arrays = {}
    for key, shape in shapes.items():
        if key not in entries:
            raise ModelDamaged("tensor_missing", name=name, tensor=key)
        entry = entries[key]
        if list(entry["shape"]) != list(shape):
            sizes = {"found": list(entry["shape"]), "expected": list(shape)}
            raise ModelDamaged("tensor_shape", name=name, tensor=key, **sizes)
        if entry["dtype"] not in _KINDS:
            raise ModelDamaged("tensor_dtype", name=name, tensor=key, found=entry["dtype"])
        arrays[key] = _array(entry)
        if not np.isfinite(arrays[key]).all():
            raise ModelDamaged("weights_unreadable", name=name, file=path.name, reason=f"{key}: not a number")
    return arrays


def _array(entry: dict[str, Any]) -> FloatArray:
    raw: NDArray[Any] = np.frombuffer(entry["data"], dtype=_KINDS[entry["dtype"]]).reshape(entry["shape"])
    if entry["dtype"] == "BF16":
        return (raw.astype(np.uint32) << np.uint32(16)).view(np.float32)
    return raw.astype(np.float32)
