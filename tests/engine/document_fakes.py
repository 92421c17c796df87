"""Embedders and backends with known answers."""

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np

from genchat.engine.contract import Capabilities, Event, Finish, ModelInfo, ReplySettings, Step, StopSignal, Tokenizer
from genchat.engine.conversation import Message
from genchat.engine.distribution import FloatArray, unknown
from genchat.engine.errors import RemoteError
from genchat.engine.evidence import Evidence
from genchat.engine.text import fold


class BagEmbedder:
    """Words hashed into a few dimensions: texts that share words are near. Counts what it was asked."""

    dimension = 64
    remote = False
    batch = 3

    def __init__(self, name: str = "bag", version: str = "1", *, synonyms: dict[str, str] | None = None) -> None:
        self.name = name
        self.version = version
        self.asked: list[str] = []
        self.passages: list[str] = []
        self.fails = False
        self._synonyms = synonyms or {}

    def embed_question(self, question: str) -> FloatArray:
        if self.fails:
            raise RemoteError("embedder_failed", name=self.name, reason="unplugged")
        self.asked.append(question)
        return self._vector(question)

    def embed_passages(self, texts: Sequence[str], titles: Sequence[str]) -> FloatArray:
        assert len(texts) == len(titles) <= self.batch
        self.passages += texts
        return np.stack([self._vector(f"{title} {text}") for title, text in zip(texts, titles, strict=True)])

    def _vector(self, text: str) -> FloatArray:
        vector = np.zeros(self.dimension, dtype=np.float32)
        for word in fold(text).replace(".", " ").replace("?", " ").split():
            digest = hashlib.sha256(self._synonyms.get(word, word).encode()).digest()
            vector[digest[0] % self.dimension] += 1
        length = float(np.linalg.norm(vector))
        return vector / length if length else vector


class SayingBackend:
    """Says `text` word by word whatever it is asked, and remembers what that was."""

    tokenizer: Tokenizer | None = None

    def __init__(self, text: str, *, remote: bool = False, error: Exception | None = None) -> None:
        self.text = text
        self.heard: list[list[Message]] = []
        self.info = ModelInfo("parrot", "plugin", 0, None, 0, "0" * 64)
        self.capabilities = Capabilities(distribution="none", remote=remote)
        self._error = error

    def reply(
        self, messages: Sequence[Message], settings: ReplySettings, should_stop: StopSignal | None = None
    ) -> Iterator[Event]:
        self.heard.append(list(messages))
        if self._error is not None:
            raise self._error
        nothing = unknown("retrieval.no_model")
        for position, word in enumerate(self.text.split(" ")):
            if should_stop is not None and should_stop():
                yield Finish("stopped")
                return
            yield Step(position, None, word if position == 0 else " " + word, None, nothing, nothing)
        yield Finish("end")

    def complete(self, text: str, settings: ReplySettings, should_stop: StopSignal | None = None) -> Iterator[Event]:
        yield Finish("end")

    def explain(self, messages: Sequence[Message] | str, reply_tokens: Sequence[int]) -> Evidence | None:
        return None
