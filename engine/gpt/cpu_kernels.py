"""What this processor is good at, found by trying: some ten milliseconds on matrices of the model's own size."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from genchat.engine.gpt.config import GptConfig
from genchat.engine.gpt.huge_pages import HugePages
from genchat.engine.gpt.quantisation import Matrix4, Matrix8

_TRIES = 5


@dataclass(frozen=True, slots=True)
class Fitness:
    """Whether a single position is read quicker in whole numbers, and the dtype of products with many positions."""

    bits_8: bool
    bits_4: bool
    many: torch.dtype


@torch.inference_mode()
def fitness(config: GptConfig) -> Fitness:
    """Times the kernels that this torch has for this processor; where they are not made for it, they are slow."""
    rows, columns = min(2 * config.hidden, 4096) // 32 * 32, max(config.width // 32 * 32, 32)
    wide, many = torch.randn(rows, columns), torch.randn(64, columns)
    narrow = wide.to(torch.bfloat16)
    bf16_pays = _seconds(lambda: F.linear(many.to(torch.bfloat16), narrow)) < _seconds(lambda: F.linear(many, wide))
    one = torch.randn(1, columns, dtype=torch.bfloat16)
    # On a busy machine a timing is rough; a kernel that is not made for the processor is many times slower.
    bearable = 2 * _seconds(lambda: F.linear(one.float(), wide))

    def works(make: Callable[[], Matrix8 | Matrix4]) -> bool:
        try:
            matrix = make()
            return _seconds(lambda: matrix.few(one)) < bearable
        except (RuntimeError, AttributeError):  # no such kernel for this processor, this shape or this torch
            return False

    bytes_8, scales = torch.ones(rows, columns, dtype=torch.int8), torch.ones(rows, dtype=torch.bfloat16)
    bytes_4 = torch.zeros(rows, columns // 2, dtype=torch.uint8)
    steps = torch.ones(columns // 32, rows, 2, dtype=torch.bfloat16)
    pages = HugePages()
    return Fitness(
        works(lambda: Matrix8(bytes_8, scales, None, torch.float32, pages)),
        works(lambda: Matrix4(bytes_4, steps, None, torch.float32, pages)),
        torch.bfloat16 if bf16_pays else torch.float32,
    )


def _seconds(work: Callable[[], object]) -> float:
    work()
    best = 1.0
    for _ in range(_TRIES):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return best
