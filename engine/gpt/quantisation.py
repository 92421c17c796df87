"""Matrices in whole numbers of 8 or 4 bits, for decoding on a processor, where reading them is nearly all the work.

In 8 bits every row is a scale and whole numbers from -127 to 127. Where the checkpoint's own file has only 4 bits,
every run of 32 weights being level * scale + offset, they stay as they are: smaller, quicker, and nearer to the file.
A few positions are multiplied by torch's own weight-only kernels, which take bf16; more at once (a prompt) go through
the same weights as ordinary bf16 or fp32 products, whichever this processor is faster at.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genchat.engine.gpt.huge_pages import HugePages

SCALE = ".scale"  # what is added to a matrix's name for its scales
GROUP = 32  # weights of 4 bits that share a scale
_TILE = 16  # the 4-bit kernel takes as many rows at once
_FEW = 6  # positions; the kernels are slower than a product beyond
_SHORT = 32  # positions; up to here they are still quicker than to make the matrices for that product first


@dataclass(frozen=True)
class FourBits:
    """A matrix of 4 bits: level * scale + offset."""

    levels: Tensor  # uint8 [N, K], 0 to 15
    scales: Tensor  # fp32 [N, K / 32]
    offsets: Tensor  # fp32 [N, K / 32]

    @property
    def fits(self) -> bool:
        """Whether the kernel takes it."""
        return not len(self.levels) % _TILE


def quantise(weights: Mapping[str, Tensor], four_bits: Mapping[str, FourBits]) -> dict[str, Tensor]:
    """fp32 weights by name -> matrices in whole numbers with their scales, vectors as they are.

    8 bits: int8 [N, K], scales bf16 [N]. 4 bits: two neighbours a byte, uint8 [N, K / 2], low half first, scales bf16
    [K / 32, N, 2]: the scale, and the weight at level 8. The kernels take bf16, so it is by such scales that numbers
    are rounded. What stands for tokens is read row by row and always has 8 bits.
    """
    found: dict[str, Tensor] = {}
    for name, weight in weights.items():
        held = four_bits.get(name)
        if weight.dim() != 2 or name.startswith("position_embedding"):
            found[name] = weight.float()
        elif held is not None and held.fits and name.startswith("blocks"):
            found[name] = held.levels[:, 0::2] | (held.levels[:, 1::2] << 4)
            middle = held.offsets + 8 * held.scales
            found[name + SCALE] = torch.stack([held.scales, middle], -1).transpose(0, 1).to(torch.bfloat16).contiguous()
        else:
            found[name], found[name + SCALE] = in_8_bits(weight)
    return found


def in_8_bits(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Float [N, K] -> int8 [N, K] and the scale of each row, bf16 [N]."""
    scale = (weight.float().abs().amax(dim=1).clamp(min=1e-12) / 127).to(torch.bfloat16)
    return (weight.float() / scale.float()[:, None]).round_().clamp_(-127, 127).to(torch.int8), scale


class WholeMatrix(nn.Module, ABC):
    """y = x W^T + b with W in whole numbers. x: […, K] in any float; y: […, N] in bf16."""

    weight: Tensor
    scale: Tensor

    def __init__(self, weight: Tensor, scale: Tensor, bias: Tensor | None, many: torch.dtype, pages: HugePages) -> None:
        super().__init__()
        self.register_buffer("weight", pages.place(weight))
        self.register_buffer("scale", pages.place(scale))
        self.bias = None if bias is None else nn.Parameter(bias.to(torch.bfloat16), requires_grad=False)
        self._many = many  # dtype of products with many positions
        self._dense: Tensor | None = None

    def one(self, x: Tensor) -> Tensor:
        """bf16 [1, K] -> bf16 [1, N]."""
        y = self.few(x)
        return y if self.bias is None else y.add_(self.bias)

    @abstractmethod
    def few(self, x: Tensor) -> Tensor:
        """bf16 [M, K] -> bf16 [M, N] without the bias, by the kernel."""

    @abstractmethod
    def numbers(self) -> Tensor:
        """fp32 [N, K]: the weights that the whole numbers stand for."""

    @abstractmethod
    def dense(self, dtype: torch.dtype) -> Tensor:
        """[N, K], ready for `many`."""

    def many(self, x: Tensor) -> Tensor:
        """[M, K] -> [M, N] without the bias, both in the dtype for many positions."""
        if self._dense is None:
            self._dense = self.dense(self._many)
        return F.linear(x.to(self._many), self._dense)

    def forward(self, x: Tensor) -> Tensor:
        flat = x.reshape(-1, x.shape[-1])
        if len(flat) <= (_SHORT if self._dense is None else _FEW):
            y = self.few(flat.to(torch.bfloat16))
        else:
            y = self.many(flat).to(torch.bfloat16)
        if self.bias is not None:
            y = y + self.bias
        return y.view(*x.shape[:-1], -1)


class Matrix8(WholeMatrix):
    """8 bits."""

    def few(self, x: Tensor) -> Tensor:
        return torch._weight_int8pack_mm(x, self.weight, self.scale)

    def dense(self, dtype: torch.dtype) -> Tensor:
        return self.weight.to(dtype)  # without the scale: whole numbers up to 127 are exact in bf16

    def many(self, x: Tensor) -> Tensor:
        return super().many(x) * self.scale.to(self._many)

    def numbers(self) -> Tensor:
        return self.weight.float() * self.scale.float()[:, None]

    def rows(self, ids: Tensor) -> Tensor:
        """fp32 […, K]: the rows of `ids`."""
        return self.weight[ids].float() * self.scale[ids].float()[..., None]


class Matrix4(WholeMatrix):
    """4 bits, in the order of bytes that this processor's kernel wants."""

    def __init__(self, packed: Tensor, scale: Tensor, bias: Tensor | None, many: torch.dtype, pages: HugePages) -> None:
        kernels_order = torch.ops.aten._convert_weight_to_int4pack_for_cpu(_levels(packed).to(torch.int32), 1)
        super().__init__(kernels_order, scale, bias, many, pages)
        self._packed = packed

    def few(self, x: Tensor) -> Tensor:
        y: Tensor = torch.ops.aten._weight_int4pack_mm_for_cpu(x, self.weight, GROUP, self.scale)
        return y

    def numbers(self) -> Tensor:
        return unpack(self._packed, self.scale).float()

    def dense(self, dtype: torch.dtype) -> Tensor:
        return unpack(self._packed, self.scale).to(dtype)


def _levels(packed: Tensor) -> Tensor:
    """uint8 [N, K / 2] -> uint8 [N, K]."""
    return torch.stack([packed & 15, packed >> 4], dim=-1).view(len(packed), -1)


def unpack(packed: Tensor, scale: Tensor) -> Tensor:
    """4 bits as `quantise` writes them -> bf16 [N, K]."""
    runs = _levels(packed).view(len(packed), -1, GROUP).to(torch.bfloat16) - 8
    step, middle = scale.transpose(0, 1)[..., None].unbind(-2)  # [N, K / 32, 1] each
    return (runs * step + middle).view(len(packed), -1)


class Embedding8(nn.Module):
    """The rows of a matrix in 8 bits."""

    def __init__(self, matrix: Matrix8) -> None:
        super().__init__()
        self.matrix = matrix

    @property
    def weight(self) -> Tensor:
        return self.matrix.weight

    def forward(self, ids: Tensor) -> Tensor:
        """fp32 […, K]."""
        return self.matrix.rows(ids)
