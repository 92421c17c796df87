"""Memory for the weights of a model, in pages of 2 MB where the system has them.

Decoding reads every weight once a token. In ordinary pages of 4 kB the processor also looks up an address every 4 kB,
which costs a tenth of the time.
"""

import contextlib
import mmap

import torch
from torch import Tensor

_BLOCK = 1 << 25  # bytes asked of the system at once; what is not written to takes no memory
_LINE = 64  # bytes; tensors begin at a line of the cache


class HugePages:
    """Places tensors one after the other; the memory lives as long as any of them."""

    def __init__(self) -> None:
        self._left = torch.empty(0, dtype=torch.uint8)

    def place(self, tensor: Tensor) -> Tensor:
        """A copy of `tensor` there."""
        room = -(-tensor.nbytes // _LINE) * _LINE
        if room > len(self._left):
            self._left = _block(max(room, _BLOCK))
        here, self._left = self._left[: tensor.nbytes], self._left[room:]
        return here.view(tensor.dtype).view(tensor.shape).copy_(tensor)


def _block(size: int) -> Tensor:
    memory = mmap.mmap(-1, max(size, 1), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        with contextlib.suppress(OSError):  # a system without them
            memory.madvise(mmap.MADV_HUGEPAGE)
    return torch.frombuffer(memory, dtype=torch.uint8)
