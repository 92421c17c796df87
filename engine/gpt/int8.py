"""Weights of 8 bits for decoding on a processor, where reading them is nearly all the work.

Every row of a matrix is a scale and whole numbers from -127 to 127. One to four positions are multiplied by torch's
own weight-only kernel, which reads a quarter of the bytes of fp32; more positions at once (a prompt) go through the
same rounded weights as ordinary bf16 or fp32 products, whichever this processor is faster at.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.errors import ModelDamaged
from engine.gpt.config import GptConfig
from engine.gpt.transformer import Gpt
from engine.training.weights import read_tensors

INT8_FILE = "int8.safetensors"
SCALE = ".scale"  # what is added to a matrix's name for its scales, fp32 [rows]
Precision = Literal["fp32", "bf16", "int8"]
_REFINED = 256  # candidates a position whose logits are made in fp32
_FEW = 4  # positions; the 8-bit kernel is slower than a matrix product beyond
_SHORT = 16  # positions; up to here it is still quicker than to make the matrices for that product first


def quantise(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """fp32 weights by name -> matrices as int8 with their scales, vectors as they are."""
    found: dict[str, Tensor] = {}
    for name, weight in weights.items():
        if weight.dim() != 2 or name.startswith("position_embedding"):
            found[name] = weight.float()
            continue
        scale = weight.float().abs().amax(dim=1).clamp(min=1e-12) / 127
        # The kernel takes bf16 scales, so it is by these that the numbers are rounded.
        scale = scale.to(torch.bfloat16)
        found[name] = (weight.float() / scale.float()[:, None]).round_().clamp_(-127, 127).to(torch.int8)
        found[name + SCALE] = scale
    return found


class Int8Matrix(nn.Module):
    """y = x W^T + b with W in 8 bits. x: bf16 […, K]; y: bf16 […, N]."""

    weight: Tensor
    scale: Tensor

    def __init__(self, weight: Tensor, scale: Tensor, bias: Tensor | None, many: torch.dtype) -> None:
        super().__init__()
        self.register_buffer("weight", weight)
        self.register_buffer("scale", scale)
        self.bias = None if bias is None else nn.Parameter(bias.to(torch.bfloat16), requires_grad=False)
        self._many = many  # dtype of products with many positions
        self._dense: Tensor | None = None

    def rows(self, ids: Tensor) -> Tensor:
        """fp32 […, K]: the rows of `ids`."""
        return self.weight[ids].float() * self.scale[ids].float()[..., None]

    def many(self, flat: Tensor) -> Tensor:
        """[M, K] -> [M, N] in the dtype for many positions; whole numbers up to 127 are exact in it."""
        if self._dense is None:
            self._dense = self.weight.to(self._many)
        return F.linear(flat.to(self._many), self._dense) * self.scale.to(self._many)

    def forward(self, x: Tensor) -> Tensor:
        flat = x.reshape(-1, x.shape[-1])
        if len(flat) <= (_FEW if self._dense is not None else _SHORT):
            y = torch._weight_int8pack_mm(flat, self.weight, self.scale)
        else:
            y = self.many(flat).to(x.dtype)
        if self.bias is not None:
            y = y + self.bias
        return y.view(*x.shape[:-1], -1)


class Int8Embedding(nn.Module):
    """The rows of a matrix in 8 bits."""

    def __init__(self, matrix: Int8Matrix) -> None:
        super().__init__()
        self.matrix = matrix

    @property
    def weight(self) -> Tensor:
        return self.matrix.weight

    def forward(self, ids: Tensor) -> Tensor:
        return self.matrix.rows(ids).to(torch.bfloat16)


class Int8Gpt(Gpt):
    """The Transformer with every matrix in 8 bits and activations in bf16."""

    def __init__(self, config: GptConfig, tensors: Mapping[str, Tensor], many: torch.dtype, name: str) -> None:
        with torch.device("meta"):
            super().__init__(config)
        _check(tensors, self.state_dict(), name)
        self.compute_dtype = torch.bfloat16

        def matrix(name: str, many: torch.dtype = many) -> Int8Matrix:
            bias = tensors.get(f"{name}.bias")
            return Int8Matrix(tensors[f"{name}.weight"], tensors[f"{name}.weight{SCALE}"], bias, many)

        embedding = matrix("embedding", torch.float32)
        self._head = embedding if config.tied_head else matrix("head", torch.float32)
        self.embedding = Int8Embedding(embedding)  # type: ignore[assignment]
        self.head = None
        for index, block in enumerate(self.blocks):
            for room, part in (("attention", "qkv"), ("attention", "out"), ("mlp", "up"), ("mlp", "down")):
                setattr(getattr(block, room), part, matrix(f"blocks.{index}.{room}.{part}"))
        rest = {name: tensors[name] for name, weight in self.named_parameters() if weight.is_meta}
        self.load_state_dict(
            {name: weight.to(torch.bfloat16) for name, weight in rest.items()}, strict=False, assign=True
        )
        self.build_rotary_tables()

    def logits(self, x: Tensor) -> Tensor:
        """fp32. The kernel rounds its results to bf16, some percent of a probability: the likeliest are made anew."""
        normed = self.norm(x)
        flat = normed.reshape(-1, normed.shape[-1])
        if len(flat) > _FEW:
            found = self._head.many(flat)
        else:
            found = self._head(flat).float()
            likely = found.topk(min(_REFINED, found.shape[-1]), sorted=False).indices
            fine = (self._head.rows(likely) @ flat.float()[..., None])[..., 0]
            found.scatter_(-1, likely, fine)
        return found.view(*x.shape[:-1], -1)


def load_int8(path: Path, config: GptConfig, name: str, many: torch.dtype) -> Int8Gpt:
    """The network of that shape from a file written by `quantise`. Raises ModelDamaged."""
    tensors, _ = read_tensors(path, name)
    return Int8Gpt(config, tensors, many, name)


def _check(tensors: Mapping[str, Tensor], expected: Mapping[str, Tensor], name: str) -> None:
    """Raise ModelDamaged unless `tensors` hold all of `expected`, in their shapes."""
    for key, weight in expected.items():
        found = tensors.get(key)
        if found is None:
            raise ModelDamaged("tensor_missing", name=name, tensor=key)
        if found.shape != weight.shape:
            sizes = {"found": list(found.shape), "expected": list(weight.shape)}
            raise ModelDamaged("tensor_shape", name=name, tensor=key, **sizes)
        if weight.dim() == 2 and found.dtype == torch.int8:
            if tensors.get(key + SCALE, torch.empty(0)).shape != weight.shape[:1]:
                raise ModelDamaged("tensor_missing", name=name, tensor=key + SCALE)
        elif not found.is_floating_point():
            raise ModelDamaged("tensor_dtype", name=name, tensor=key, found=str(found.dtype).removeprefix("torch."))


@torch.inference_mode()
def choose_precision(config: GptConfig) -> tuple[Precision, torch.dtype]:
    """What this processor decodes such a model fastest with, and the dtype of its products for many positions.

    Some ten milliseconds of trying on a matrix of the model's own width.
    """
    rows, columns = min(2 * config.hidden, 4096), config.width
    wide, many = torch.randn(rows, columns), torch.randn(64, columns)
    narrow = wide.to(torch.bfloat16)
    bf16_pays = _seconds(lambda: F.linear(many.to(torch.bfloat16), narrow)) < _seconds(lambda: F.linear(many, wide))
    dtype = torch.bfloat16 if bf16_pays else torch.float32
    try:
        small, scale = torch.ones(rows, columns, dtype=torch.int8), torch.ones(rows, dtype=torch.bfloat16)
        one = torch.randn(1, columns)
        eight = _seconds(lambda: torch._weight_int8pack_mm(one.to(torch.bfloat16), small, scale))
        # On a busy machine the timing is rough; where the kernel is not made for the processor it is many times slower.
        if eight < 2 * _seconds(lambda: F.linear(one, wide)):
            return "int8", dtype
    except (RuntimeError, AttributeError):  # no such kernel for this processor, this shape or this torch
        pass
    return "fp32", dtype


def _seconds(work: Callable[[], object]) -> float:
    work()
    best = 1.0
    for _ in range(5):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return best
