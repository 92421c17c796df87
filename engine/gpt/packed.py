"""The network of an imported checkpoint in two forms: as its file has it, and with every matrix in whole numbers."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from genchat.engine.errors import ModelDamaged
from genchat.engine.gpt.config import GptConfig
from genchat.engine.gpt.cpu_kernels import Fitness
from genchat.engine.gpt.decode_step import OnePosition
from genchat.engine.gpt.huge_pages import HugePages
from genchat.engine.gpt.kv_cache import KvCache
from genchat.engine.gpt.quantisation import GROUP, SCALE, Embedding8, Matrix4, Matrix8, WholeMatrix, in_8_bits, unpack
from genchat.engine.gpt.threads import Threads
from genchat.engine.gpt.transformer import Gpt, Trace
from genchat.engine.training.weights import read_tensors

INT8_FILE = "int8.safetensors"
_REFINED = 64  # candidates a position whose logits are made in fp32
_FEW = 4  # positions whose logits are made by the kernel


class ImportedGpt(Gpt):
    """The Transformer, with a short way for one more position of one text."""

    @cached_property
    def _one_position(self) -> OnePosition:
        return OnePosition(self)

    @cached_property
    def _threads(self) -> Threads:
        return Threads()

    def forward(
        self,
        ids: Tensor,
        cache: KvCache | None = None,
        trace: Trace | None = None,
        last_only: bool = False,
        segments: Tensor | None = None,
    ) -> Tensor:
        """See Gpt."""
        if cache is None or ids.numel() != 1:
            return super().forward(ids, cache, trace, last_only, segments)
        with self._threads.position():
            return self.logits(self._one_position(ids, cache, trace))[None]


class WholeGpt(ImportedGpt):
    """Every matrix in whole numbers, products in bf16."""

    def __init__(self, config: GptConfig, tensors: Mapping[str, Tensor], fit: Fitness, name: str) -> None:
        with torch.device("meta"):
            super().__init__(config)
        _check(tensors, self.state_dict(), name)
        self.compute_dtype = torch.bfloat16
        pages = HugePages()

        def matrix8(name: str, many: torch.dtype = torch.float32) -> Matrix8:
            weight, scale = tensors[f"{name}.weight"], tensors[f"{name}.weight{SCALE}"]
            if weight.dtype == torch.uint8:
                weight, scale = in_8_bits(unpack(weight, scale))
            return Matrix8(weight, scale, tensors.get(f"{name}.bias"), many, pages)

        def matrix(name: str) -> WholeMatrix:
            weight, scale = tensors[f"{name}.weight"], tensors[f"{name}.weight{SCALE}"]
            if weight.dtype == torch.uint8 and fit.bits_4:
                return Matrix4(weight, scale, tensors.get(f"{name}.bias"), fit.many, pages)
            return matrix8(name, fit.many)

        embedding = matrix8("embedding")
        self._head = embedding if config.tied_head else matrix8("head")
        self.embedding = Embedding8(embedding)  # type: ignore[assignment]
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
            found = self._head.few(flat.to(torch.bfloat16)).float()
            likely = found.topk(min(_REFINED, found.shape[-1]), sorted=False).indices
            fine = (self._head.rows(likely) @ flat.float()[..., None])[..., 0]
            found.scatter_(-1, likely, fine)
        return found.view(*x.shape[:-1], -1)

    def unembed(self, normed: Tensor) -> Tensor:
        """[N, C] after the final norm -> fp32 [N, V], for any numbers that are no more exact than the weights."""
        return self._head.many(normed).float()


def load_whole(path: Path, config: GptConfig, name: str, fit: Fitness) -> WholeGpt:
    """The network of that shape from a file written by `quantise`. Raises ModelDamaged."""
    tensors, _ = read_tensors(path, name)
    return WholeGpt(config, tensors, fit, name)


def _check(tensors: Mapping[str, Tensor], expected: Mapping[str, Tensor], name: str) -> None:
    """Raise ModelDamaged unless `tensors` hold all of `expected`, in their shapes."""
    for key, weight in expected.items():
        found = tensors.get(key)
        if found is None:
            raise ModelDamaged("tensor_missing", name=name, tensor=key)
        shape, scales = list(weight.shape), []
        if weight.dim() == 2 and found.dtype == torch.int8:
            scales = shape[:1]
        elif weight.dim() == 2 and found.dtype == torch.uint8:
            shape, scales = [shape[0], shape[1] // 2], [shape[1] // GROUP, shape[0], 2]
        elif not found.is_floating_point():
            raise ModelDamaged("tensor_dtype", name=name, tensor=key, found=str(found.dtype).removeprefix("torch."))
        if list(found.shape) != shape:
            raise ModelDamaged("tensor_shape", name=name, tensor=key, found=list(found.shape), expected=shape)
        if scales and list(tensors.get(key + SCALE, torch.empty(0)).shape) != scales:
            raise ModelDamaged("tensor_missing", name=name, tensor=key + SCALE)
