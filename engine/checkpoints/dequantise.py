"""Stored blocks of ggml's formats back to float32, many blocks at a time.

A block holds 32 or 256 weights: small whole numbers, a scale, and in some formats an offset; in the K formats the
scales of 16 or 32 weights are themselves numbers of 4 to 8 bits with a common scale.
Layouts: ggml-common.h and ggml-quants.c of https://github.com/ggml-org/ggml
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genchat.engine.distribution import FloatArray

Blocks = NDArray[np.uint8]  # [blocks, bytes]
_AT_ONCE = 1 << 22  # weights unpacked at once; bounds the memory of what is in between


@dataclass(frozen=True)
class Format:
    """One way to store weights. `unpack` turns uint8 [blocks, bytes] into float32 [blocks, elements]."""

    name: str
    elements: int  # weights a block
    bytes: int  # bytes a block
    unpack: Callable[[Blocks], FloatArray]
    split: Callable[[Blocks], tuple[Blocks, FloatArray, FloatArray]] | None = None  # see Groups


@dataclass(frozen=True)
class Groups:
    """A matrix of 4 bits just as it is stored: every run of 32 weights of a row is level * scale + offset."""

    levels: NDArray[np.uint8]  # [rows, columns], 0 to 15
    scales: FloatArray  # [rows, columns / 32]
    offsets: FloatArray


def groups_of(raw: NDArray[np.uint8], kind: int, rows: int) -> Groups | None:
    """uint8 [bytes] of ggml's format number `kind` -> its levels; None for a format that has more than 4 bits."""
    form = FORMATS[kind]
    if form.split is None:
        return None
    with np.errstate(all="ignore"):  # as in `dequantise`
        levels, scales, offsets = form.split(raw.reshape(-1, form.bytes))
    return Groups(levels.reshape(rows, -1), scales.reshape(rows, -1), offsets.reshape(rows, -1))


def dequantise(raw: NDArray[np.uint8], kind: int) -> FloatArray:
    """uint8 [bytes] of ggml's format number `kind` -> float32 [weights]."""
    form = FORMATS[kind]
    blocks = raw.reshape(-1, form.bytes)
    found = np.empty((len(blocks), form.elements), dtype=np.float32)
    step = max(_AT_ONCE // form.elements, 1)
    with np.errstate(all="ignore"):  # a damaged scale may be anything; the import finds what is no number
        for start in range(0, len(blocks), step):
            found[start : start + step] = form.unpack(blocks[start : start + step])
    return found.reshape(-1)


def _half(blocks: Blocks, start: int) -> FloatArray:
    """The float16 at byte `start` of every block: float32 [blocks, 1]."""
    return np.ascontiguousarray(blocks[:, start : start + 2]).view("<f2").astype(np.float32)


def _shifted(packed: Blocks, rows: int, shifts: tuple[int, ...], mask: int) -> NDArray[np.uint8]:
    """Fields of `packed` [blocks, bytes]: each run of `rows` bytes gives its field at every shift, in that order."""
    by_shift = np.array(shifts, dtype=np.uint8).reshape(1, 1, -1, 1)
    runs = packed.reshape(len(packed), -1, 1, rows)
    return ((runs >> by_shift) & np.uint8(mask)).reshape(len(packed), -1)


def _nibbles(packed: Blocks) -> NDArray[np.uint8]:
    """16 bytes a block: the 16 low halves, then the 16 high ones."""
    return np.concatenate([packed & np.uint8(15), packed >> np.uint8(4)], axis=1)


def _fifth_bits(packed: Blocks) -> NDArray[np.uint8]:
    """4 bytes a block: bit i belongs to weight i, at the place worth 16."""
    return np.unpackbits(packed, axis=1, bitorder="little") << np.uint8(4)


def _f32(blocks: Blocks) -> FloatArray:
    return np.ascontiguousarray(blocks).view("<f4").astype(np.float32)


def _f16(blocks: Blocks) -> FloatArray:
    return _half(blocks, 0)


def _bf16(blocks: Blocks) -> FloatArray:
    wide = np.ascontiguousarray(blocks).view("<u2").astype(np.uint32) << np.uint32(16)
    return wide.view(np.float32)


def _q4_0(blocks: Blocks) -> FloatArray:
    return _half(blocks, 0) * (_nibbles(blocks[:, 2:]).astype(np.float32) - 8)


def _q4_1(blocks: Blocks) -> FloatArray:
    return _half(blocks, 0) * _nibbles(blocks[:, 4:]).astype(np.float32) + _half(blocks, 2)


def _q5_0(blocks: Blocks) -> FloatArray:
    whole = _nibbles(blocks[:, 6:]) | _fifth_bits(blocks[:, 2:6])
    return _half(blocks, 0) * (whole.astype(np.float32) - 16)


def _q5_1(blocks: Blocks) -> FloatArray:
    whole = _nibbles(blocks[:, 8:]) | _fifth_bits(blocks[:, 4:8])
    return _half(blocks, 0) * whole.astype(np.float32) + _half(blocks, 2)


def _q8_0(blocks: Blocks) -> FloatArray:
    return _half(blocks, 0) * blocks[:, 2:].view(np.int8).astype(np.float32)


def _q2_k(blocks: Blocks) -> FloatArray:
    scales = blocks[:, :16]
    whole = _shifted(blocks[:, 16:80], 32, (0, 2, 4, 6), 3)
    return _scaled(
        whole.astype(np.float32), _half(blocks, 80) * (scales & np.uint8(15)), _half(blocks, 82) * (scales >> 4)
    )


def _q3_k(blocks: Blocks) -> FloatArray:
    low = _shifted(blocks[:, 96:104], 8, (0, 4), 15)
    high = _shifted(blocks[:, 104:108], 4, (0, 2, 4, 6), 3)
    scales = (low | (high << np.uint8(4))).astype(np.float32) - 32
    whole = _shifted(blocks[:, 32:96], 32, (0, 2, 4, 6), 3).astype(np.float32)
    absent = 1 - _shifted(blocks[:, :32], 32, tuple(range(8)), 1).astype(np.float32)
    return _scaled(whole - 4 * absent, _half(blocks, 108) * scales)


def _six_bit(packed: Blocks) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """12 bytes a block -> 8 scales and 8 offsets of 6 bits each."""
    first, second, third = packed[:, :4], packed[:, 4:8], packed[:, 8:]
    scales = [first & 63, (third & 15) | ((first >> 2) & 48)]
    offsets = [second & 63, (third >> 4) | ((second >> 2) & 48)]
    return np.concatenate(scales, axis=1), np.concatenate(offsets, axis=1)


def _q4_k(blocks: Blocks) -> FloatArray:
    scales, offsets = _six_bit(blocks[:, 4:16])
    whole = _shifted(blocks[:, 16:], 32, (0, 4), 15)
    return _scaled(whole.astype(np.float32), _half(blocks, 0) * scales, _half(blocks, 2) * offsets)


def _q5_k(blocks: Blocks) -> FloatArray:
    scales, offsets = _six_bit(blocks[:, 4:16])
    fifth = _shifted(blocks[:, 16:48], 32, tuple(range(8)), 1) << np.uint8(4)
    whole = _shifted(blocks[:, 48:], 32, (0, 4), 15) | fifth
    return _scaled(whole.astype(np.float32), _half(blocks, 0) * scales, _half(blocks, 2) * offsets)


def _split_q4_0(blocks: Blocks) -> tuple[Blocks, FloatArray, FloatArray]:
    scale = _half(blocks, 0)
    return _nibbles(blocks[:, 2:]), scale, -8 * scale


def _split_q4_1(blocks: Blocks) -> tuple[Blocks, FloatArray, FloatArray]:
    return _nibbles(blocks[:, 4:]), _half(blocks, 0), _half(blocks, 2)


def _split_q4_k(blocks: Blocks) -> tuple[Blocks, FloatArray, FloatArray]:
    scales, offsets = _six_bit(blocks[:, 4:16])
    return _shifted(blocks[:, 16:], 32, (0, 4), 15), _half(blocks, 0) * scales, -_half(blocks, 2) * offsets


def _q6_k(blocks: Blocks) -> FloatArray:
    low = _shifted(blocks[:, :128], 64, (0, 4), 15)
    high = _shifted(blocks[:, 128:192], 32, (0, 2, 4, 6), 3) << np.uint8(4)
    scales = blocks[:, 192:208].view(np.int8).astype(np.float32)
    return _scaled((low | high).astype(np.float32) - 32, _half(blocks, 208) * scales)


def _scaled(whole: FloatArray, scales: FloatArray, offsets: FloatArray | None = None) -> FloatArray:
    """Runs of `whole` [blocks, 256] by their scale, less their offset ([blocks, runs] each)."""
    runs = whole.reshape(*scales.shape, -1) * scales[..., None]
    if offsets is not None:
        runs -= offsets[..., None]
    found: Any = runs.reshape(whole.shape)
    return found  # type: ignore[no-any-return]


FORMATS = {
    0: Format("F32", 1, 4, _f32),
    1: Format("F16", 1, 2, _f16),
    30: Format("BF16", 1, 2, _bf16),
    8: Format("Q8_0", 32, 34, _q8_0),
    2: Format("Q4_0", 32, 18, _q4_0, _split_q4_0),
    3: Format("Q4_1", 32, 20, _q4_1, _split_q4_1),
    6: Format("Q5_0", 32, 22, _q5_0),
    7: Format("Q5_1", 32, 24, _q5_1),
    10: Format("Q2_K", 256, 84, _q2_k),
    11: Format("Q3_K", 256, 110, _q3_k),
    12: Format("Q4_K", 256, 144, _q4_k, _split_q4_k),
    13: Format("Q5_K", 256, 176, _q5_k),
    14: Format("Q6_K", 256, 210, _q6_k),
}
# Formats that are not read, to be named.
UNREAD = {
    9: "Q8_1", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S",
    22: "IQ2_S", 23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64", 29: "IQ1_M", 34: "TQ1_0",
    35: "TQ2_0", 39: "MXFP4", 40: "NVFP4",
}  # fmt: skip
