"""Reads GGUF files (the format of llama.cpp, versions 2 and 3), memory-mapped, trusting nothing in them.

Every count, length and offset is checked against the size of the file before it is used, so that a file that lies
can neither make genchat read elsewhere nor ask for memory it does not back with bytes.
Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import math
import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genchat.engine.checkpoints.dequantise import FORMATS, UNREAD, Groups, dequantise, groups_of
from genchat.engine.distribution import FloatArray
from genchat.engine.errors import ModelDamaged

MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_MOST_DIMENSIONS = 4
_MOST_NESTED = 3  # arrays of arrays of arrays
_MOST_ALIGNMENT = 1 << 16


@dataclass(frozen=True, slots=True)
class GgufTensor:
    """Where a tensor lies. `shape` is row-major (the file lists it reversed); `offset` counts from the file's start."""

    name: str
    shape: tuple[int, ...]
    kind: int  # ggml's number of the storage format
    offset: int
    size: int  # bytes


class GgufFile:
    """An open file: `metadata` by key, `tensors` by name. Raises ModelDamaged saying what does not hold."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        try:
            with path.open("rb") as stream:
                self._map: mmap.mmap | bytes = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:  # an empty file cannot be mapped
            self._map = b""
        except OSError as error:
            raise ModelDamaged("checkpoint_unreadable", name=self.name, reason=error.strerror or error) from None
        self._size = len(self._map)
        self._at = 0
        if self._map[:4] != MAGIC:
            raise ModelDamaged("checkpoint_not_gguf", name=self.name)
        self._at = 4
        version = self._scalar("I")
        if version not in _VERSIONS:
            raise ModelDamaged("checkpoint_version", name=self.name, found=version)
        tensor_count, key_count = self._scalar("Q"), self._scalar("Q")
        self.metadata: dict[str, Any] = {}
        self._check_count("key_count", key_count, 13)
        for _ in range(key_count):
            key = self._string()
            self.metadata[key] = self._value(self._scalar("I"), 0)
        self._check_count("tensor_count", tensor_count, 24)
        listed = [self._tensor_entry() for _ in range(tensor_count)]
        self.tensors = self._place(listed)

    def _lies(self, what: str, value: object) -> ModelDamaged:
        return ModelDamaged("checkpoint_lies", name=self.name, what=what, value=value)

    def _check_count(self, what: str, count: int, least_bytes: int) -> None:
        if count * least_bytes > self._size - self._at:
            raise self._lies(what, count)

    def _take(self, size: int) -> int:
        """Step over `size` bytes; the offset where they begin."""
        start = self._at
        if size > self._size - start:
            raise ModelDamaged("checkpoint_truncated", name=self.name, size=self._size)
        self._at = start + size
        return start

    def _scalar(self, code: str) -> Any:
        form = "<" + code
        return struct.unpack_from(form, self._map, self._take(struct.calcsize(form)))[0]

    def _raw_string(self) -> bytes:
        start = self._take(self._scalar("Q"))
        return bytes(self._map[start : self._at])

    def _string(self) -> str:
        return self._raw_string().decode("utf-8", errors="replace")

    def _value(self, kind: int, depth: int) -> Any:
        if kind == _STRING:
            return self._string()
        if kind in _SCALARS:
            return self._scalar(_SCALARS[kind])
        if kind != _ARRAY or depth == _MOST_NESTED:
            raise self._lies("value_type", kind)
        inner, count = self._scalar("I"), self._scalar("Q")
        if inner in _SCALARS:
            form = "<" + _SCALARS[inner]
            width = struct.calcsize(form)
            self._check_count("array", count, width)
            start = self._take(count * width)
            return [value for (value,) in struct.iter_unpack(form, self._map[start : self._at])]
        self._check_count("array", count, 8 if inner == _STRING else 12)
        if inner == _STRING:
            return [self._string() for _ in range(count)]
        return [self._value(inner, depth + 1) for _ in range(count)]

    def _tensor_entry(self) -> tuple[str, tuple[int, ...], int, int]:
        name = self._string()
        dimensions = self._scalar("I")
        if not 1 <= dimensions <= _MOST_DIMENSIONS:
            raise self._lies(f"{name}: dimensions", dimensions)
        shape = tuple(self._scalar("Q") for _ in range(dimensions))[::-1]
        return name, shape, self._scalar("I"), self._scalar("Q")

    def _place(self, listed: list[tuple[str, tuple[int, ...], int, int]]) -> dict[str, GgufTensor]:
        alignment = self.metadata.get("general.alignment", 32)
        if not isinstance(alignment, int) or not 1 <= alignment <= _MOST_ALIGNMENT:
            raise self._lies("general.alignment", alignment)
        data = -(-self._at // alignment) * alignment
        found: dict[str, GgufTensor] = {}
        for name, shape, kind, offset in listed:
            if name in found:
                raise self._lies("tensor", name)
            if kind not in FORMATS:
                known, found_kind = ", ".join(form.name for form in FORMATS.values()), UNREAD.get(kind, f"? ({kind})")
                raise ModelDamaged(
                    "checkpoint_quantisation", name=self.name, tensor=name, found=found_kind, known=known
                )
            form = FORMATS[kind]
            elements = math.prod(shape)
            if not elements or shape[-1] % form.elements:
                raise self._lies(f"{name}: shape", list(shape))
            size = elements // form.elements * form.bytes
            if data + offset + size > self._size:
                raise ModelDamaged("checkpoint_tensor_outside", name=self.name, tensor=name)
            found[name] = GgufTensor(name, shape, kind, data + offset, size)
        return found

    def raw(self, name: str) -> NDArray[np.uint8]:
        """The stored bytes of a tensor, uint8 [size], read-only. Raises ModelDamaged if there is none."""
        tensor = self._tensor(name)
        return np.frombuffer(self._map, dtype=np.uint8, count=tensor.size, offset=tensor.offset)

    def read(self, name: str) -> FloatArray:
        """A tensor in float32, in its shape. Raises ModelDamaged if there is none."""
        tensor = self._tensor(name)
        return dequantise(self.raw(name), tensor.kind).reshape(tensor.shape)

    def groups(self, name: str) -> Groups | None:
        """A matrix of 4 bits as it is stored; None for others. Raises ModelDamaged if there is none of that name."""
        tensor = self._tensor(name)
        return groups_of(self.raw(name), tensor.kind, tensor.shape[0]) if len(tensor.shape) == 2 else None

    def _tensor(self, name: str) -> GgufTensor:
        if name not in self.tensors:
            raise ModelDamaged("tensor_missing", name=self.name, tensor=name)
        return self.tensors[name]
