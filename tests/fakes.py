"""Small models with known answers, for tests of everything that stands on the contract."""

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np

from genchat.engine.contract import ModelInfo
from genchat.engine.conversation import CHAT_SPECIALS
from genchat.engine.distribution import FloatArray
from genchat.engine.errors import UsageError
from genchat.engine.evidence import Evidence, NoEvidence


class ByteTokenizer:
    """256 bytes, then the chat specials."""

    name = "bytes"
    vocabulary_size = 256 + len(CHAT_SPECIALS)
    special_tokens: Mapping[str, int] = {name: 256 + index for index, name in enumerate(CHAT_SPECIALS)}

    def encode(self, text: str) -> list[int]:
        return list(text.encode())

    def decode(self, tokens: Sequence[int]) -> str:
        return b"".join(map(self.token_bytes, tokens)).decode("utf-8", errors="replace")

    def token_bytes(self, token: int) -> bytes:
        return bytes([token]) if token < 256 else b""

    def unknown_in(self, text: str) -> list[str]:
        return []


def _check(token: int, size: int) -> None:
    if not 0 <= token < size:
        raise UsageError("token_outside_vocabulary", token=token, last=size - 1)


class _HashCursor:
    def __init__(self, size: int, past: tuple[int, ...]) -> None:
        self._size = size
        self._past = past

    def log_probs(self) -> FloatArray:
        digest = hashlib.sha256(repr(self._past[-3:]).encode()).digest()
        logits = np.random.default_rng(int.from_bytes(digest[:8])).normal(0, 3, self._size)
        logits -= np.log(np.exp(logits).sum())
        return logits.astype(np.float32)

    def advance(self, token: int) -> None:
        _check(token, self._size)
        self._past = (*self._past, token)

    def fork(self) -> "_HashCursor":
        return _HashCursor(self._size, self._past)

    def evidence(self) -> Evidence:
        return NoEvidence()


class HashModel:
    """Every context of three tokens has its own fixed, arbitrary distribution."""

    tokenizer = ByteTokenizer()

    def __init__(self, name: str = "hash") -> None:
        self.info = ModelInfo(name, "plugin", self.tokenizer.vocabulary_size, None, 0, "0" * 64)

    def start(self, tokens: Sequence[int]) -> _HashCursor:
        for token in tokens:
            _check(token, self.tokenizer.vocabulary_size)
        return _HashCursor(self.tokenizer.vocabulary_size, tuple(tokens))


class _ScriptCursor(_HashCursor):
    def __init__(self, script: tuple[int, ...], size: int, past: tuple[int, ...], base: int) -> None:
        super().__init__(size, past)
        self._script, self._base = script, base

    def log_probs(self) -> FloatArray:
        where = len(self._past) - self._base
        found = np.full(self._size, np.log(0.1 / (self._size - 1)), dtype=np.float32)
        found[self._script[where] if where < len(self._script) else self._size - 1] = np.log(0.9)
        return found

    def fork(self) -> "_ScriptCursor":
        return _ScriptCursor(self._script, self._size, self._past, self._base)


class ScriptModel(HashModel):
    """Wants to say exactly `text` (p = 0.9 a byte), then ends. At temperature 0 it does."""

    def __init__(self, text: str, name: str = "script") -> None:
        super().__init__(name)
        self._script = tuple(text.encode())

    def start(self, tokens: Sequence[int]) -> _ScriptCursor:
        return _ScriptCursor(self._script, self.tokenizer.vocabulary_size, tuple(tokens), len(tokens))
