"""Which device and which number format: what is there, and what a short timing shows to pay."""

import os
import time

import torch
import torch.nn.functional as F

from genchat.engine.errors import UsageError

_ROWS, _INNER, _OUTER = 1024, 256, 512  # of the layer that is timed: 0.8 GFLOP forward and backward
_REFERENCE_SECONDS = 0.0025
_GAIN = 1.15  # bf16 must be this much faster, or its coarser numbers are not worth it


def choose_device(wanted: str = "auto") -> torch.device:
    """ "auto" takes cuda, then mps, then the processor. Raises UsageError for a device that is not there."""
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wanted == "auto":
        wanted = next(name for name in ("cuda", "mps", "cpu") if there[name])
        local = os.environ.get("LOCAL_RANK", "")  # set by torchrun: which of this machine's processes this is
        return torch.device(f"cuda:{local}" if wanted == "cuda" and local else wanted)
    kind = wanted.partition(":")[0]
    if not there.get(kind, False):
        raise UsageError(
            "device_missing", wanted=wanted, there=", ".join(name for name, is_there in there.items() if is_there)
        )
    return torch.device(wanted)


def choose_dtype(wanted: str, device: torch.device) -> torch.dtype:
    """Of the activations: "fp32", "bf16", or "auto" for the faster by a timing of some milliseconds."""
    if wanted == "fp32":
        return torch.float32
    if wanted == "bf16":
        return torch.bfloat16
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    if device.type == "mps":
        return torch.float32
    try:
        fine, coarse = _seconds(torch.float32, device), _seconds(torch.bfloat16, device)
        return torch.bfloat16 if fine > _GAIN * coarse else torch.float32
    except RuntimeError:  # a processor or build without the operation
        return torch.float32


def relative_speed(dtype: torch.dtype, device: torch.device) -> float:
    """How fast this machine multiplies matrices, 1 being two cores of a server that computes in bf16."""
    return _REFERENCE_SECONDS / _seconds(dtype, device)


def _seconds(dtype: torch.dtype, device: torch.device) -> float:
    """Fastest of some forward and backward passes of one small layer."""
    x = torch.ones(_ROWS, _INNER, dtype=dtype, device=device, requires_grad=True)
    weight = torch.ones(_OUTER, _INNER, dtype=dtype, device=device, requires_grad=True)
    best = float("inf")
    for _ in range(5):
        started = time.perf_counter()
        F.linear(x, weight).sum().backward()  # type: ignore[no-untyped-call]
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        best = min(best, time.perf_counter() - started)
    return best
