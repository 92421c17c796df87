"""Arrays as bytes that compress well: columns one after another, each split into planes of equal significance.

A reader of a file that anyone could have edited: sizes are bounded before memory is taken, and everything that does
not fit raises ValueError.
"""

import json
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_LARGEST = 64 * 2**20  # bytes one blob may unfold to
_LENGTH = struct.Struct("<I")


def planes(values: NDArray[Any], dtype: DTypeLike) -> bytes:
    """`values` as little-endian `dtype`: all first bytes, then all second bytes, …"""
    width = np.dtype(dtype).itemsize
    column = np.ascontiguousarray(values, dtype=np.dtype(dtype).newbyteorder("<"))
    return column.reshape(-1).view(np.uint8).reshape(-1, width).T.tobytes()


def pack(header: dict[str, Any], columns: list[bytes]) -> bytes:
    """The result is one compressed blob of a JSON header and columns."""
    head = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    return zlib.compress(b"".join([_LENGTH.pack(len(head)), head, *columns]), 9)


class Unpacker:
    """Reads back what `pack` wrote: the header at once, then the columns in the order of writing."""

    def __init__(self, blob: bytes) -> None:
        unfolding = zlib.decompressobj()
        try:
            self._bytes = unfolding.decompress(blob, _LARGEST)
        except zlib.error as error:
            raise ValueError(str(error)) from None
        if not unfolding.eof:
            raise ValueError("cut short or too large")
        if len(self._bytes) < _LENGTH.size:
            raise ValueError("no header")
        (length,) = _LENGTH.unpack_from(self._bytes)
        self._at = _LENGTH.size
        head = json.loads(self.raw(length))
        if not isinstance(head, dict):
            raise ValueError("header is not a mapping")
        self.header: dict[str, Any] = head

    def number(self, name: str, most: int) -> int:
        """A whole number of the header, from 0 to `most`."""
        value = self.header.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
            raise ValueError(f"{name} is {value!r}")
        return value

    def raw(self, length: int) -> bytes:
        """The next `length` bytes."""
        end = self._at + length
        if length < 0 or end > len(self._bytes):
            raise ValueError("shorter than it says")
        piece = self._bytes[self._at : end]
        self._at = end
        return piece

    def column(self, dtype: DTypeLike, *shape: int) -> NDArray[Any]:
        """The next column, written by `planes` with this dtype."""
        kind = np.dtype(dtype).newbyteorder("<")
        count = int(np.prod(shape))
        split = np.frombuffer(self.raw(count * kind.itemsize), dtype=np.uint8).reshape(kind.itemsize, count)
        return np.ascontiguousarray(split.T).view(kind).reshape(shape)
