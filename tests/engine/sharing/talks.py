"""Conversations for the pages: replies of a model whose tokens are given texts, and what hostile people write."""

import hashlib
from collections.abc import Sequence

import numpy as np

from genchat.engine.contract import ModelInfo, ReplySettings
from genchat.engine.conversation import CHAT_SPECIALS, Message, Role
from genchat.engine.distribution import FloatArray
from genchat.engine.evidence import Evidence, NoEvidence
from genchat.engine.history import HistoryStore, RunStart
from genchat.engine.local_backend import LocalBackend
from genchat.engine.sampling import SamplingSettings

HOSTILE = (
    "<script>document.title='owned'</script>",
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "--></style><img src=x onerror=alert(1)>",
    "\x1b]0;owned\x07\x1b[31m\x9b31m",
    "\u202egnp.exe\u202c \u2066x\u2069 \u200f\u061c",
    "line\u2028and\u2029paragraph\u0085",
    "&lt;b&gt; &#60; \"'`${alert(1)}`",
    "javascript:alert(1) [x](javascript:alert(1)) [@click=app.quit]x[/]",
    "\x00\x7f\ufeff\U000e0041\u200b",
    "Z" + "\u0301\u0489" * 60,
    "👩‍👩‍👧 漢字 ação العربية",
)
HUGE = "a" * 60_000


class PieceTokenizer:
    """One token a piece, then the chat specials."""

    name = "pieces"

    def __init__(self, pieces: Sequence[str]) -> None:
        self._pieces = [piece.encode() for piece in pieces]
        self.special_tokens = {name: len(pieces) + index for index, name in enumerate(CHAT_SPECIALS)}
        self.vocabulary_size = len(pieces) + len(CHAT_SPECIALS)

    def encode(self, text: str) -> list[int]:
        return []

    def decode(self, tokens: Sequence[int]) -> str:
        return b"".join(map(self.token_bytes, tokens)).decode()

    def token_bytes(self, token: int) -> bytes:
        return self._pieces[token] if token < len(self._pieces) else b""

    def unknown_in(self, text: str) -> list[str]:
        return []


class _Cursor:
    def __init__(self, size: int, past: tuple[int, ...]) -> None:
        self._size = size
        self._past = past

    def log_probs(self) -> FloatArray:
        digest = hashlib.sha256(repr(self._past[-2:]).encode()).digest()
        draws = np.random.default_rng(int.from_bytes(digest[:8]))
        logits = draws.normal(0, draws.uniform(0.5, 5), self._size)
        logits[-len(CHAT_SPECIALS) :] = -30
        logits -= np.log(np.exp(logits).sum())
        return logits.astype(np.float32)

    def advance(self, token: int) -> None:
        self._past = (*self._past, token)

    def fork(self) -> "_Cursor":
        return _Cursor(self._size, self._past)

    def evidence(self) -> Evidence:
        return NoEvidence()


class PieceModel:
    """Every context of two tokens has its own fixed, arbitrary distribution over the pieces."""

    def __init__(self, pieces: Sequence[str], name: str = "pieces") -> None:
        self.tokenizer = PieceTokenizer(pieces)
        self.info = ModelInfo(name, "plugin", self.tokenizer.vocabulary_size, None, 0, "0" * 64)

    def start(self, tokens: Sequence[int]) -> _Cursor:
        return _Cursor(self.tokenizer.vocabulary_size, tuple(tokens))


_WORDS = ("o", "a", "de", "que", "fome", "pão", "água", "solo", "vida", "e", "com", "por", "semente", "prato", "chuva")
PIECES = tuple(f" {word}" for word in _WORDS)


def talk(
    history: HistoryStore,
    exchanges: int = 3,
    tokens: int = 40,
    *,
    pieces: Sequence[str] = PIECES,
    title: str = "Fome e pão",
    question: str = "o que é fome?",
    name: str = "pieces",
    versions: int = 2,
) -> str:
    """The id of a conversation; its first question has `versions` replies, of which the last is shown."""
    backend = LocalBackend(PieceModel(pieces, name))
    conversation = history.new_conversation(title=title)
    parent: int | None = None
    for number in range(exchanges):
        asked = history.add_message(conversation, Role.USER, question, parent)
        for version in range(1 if number else versions):
            settings = ReplySettings(SamplingSettings(seed=number * 7 + version, top_k=8, temperature=0.8), tokens)
            recorder = history.begin_reply(asked, RunStart.of(backend, settings))
            for event in backend.reply([Message(Role.USER, question)], settings):
                recorder.add(event)
            parent = recorder.finish().id
    return conversation.id
