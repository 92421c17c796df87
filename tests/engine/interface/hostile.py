"""Models for the Python interface: one whose tokens try to break out of a page or a terminal, one that is far away."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from genchat.engine.contract import Capabilities, Event, Finish, ModelInfo, ReplySettings, Step, StopSignal, Tokenizer
from genchat.engine.conversation import CHAT_SPECIALS, Message
from genchat.engine.distribution import FloatArray, unknown
from genchat.engine.errors import RemoteError
from genchat.engine.evidence import Evidence, NoEvidence

PIECES = (
    "<script>alert(1)</script>",
    "\x1b[2J",
    '" onmouseover="alert(2)',
    "'><img src=x>",
    "&amp;",
    "\u202e",
    " plain",
    "\n",
)


class HostileTokenizer:
    """Each piece of PIECES is a token; any text is those of them it holds, in the order of PIECES."""

    name = "hostile"
    vocabulary_size = len(PIECES) + len(CHAT_SPECIALS)
    special_tokens: Mapping[str, int] = {name: len(PIECES) + index for index, name in enumerate(CHAT_SPECIALS)}

    def encode(self, text: str) -> list[int]:
        return [token for token, piece in enumerate(PIECES) if piece in text]

    def decode(self, tokens: Sequence[int]) -> str:
        return b"".join(map(self.token_bytes, tokens)).decode()

    def token_bytes(self, token: int) -> bytes:
        return PIECES[token].encode() if token < len(PIECES) else b""

    def unknown_in(self, text: str) -> list[str]:
        return ["<b>\x1b[31m"] if "odd" in text else []


class _Cursor:
    def __init__(self, past: int) -> None:
        self.past = past

    def log_probs(self) -> FloatArray:
        size = HostileTokenizer.vocabulary_size
        values = np.full(size, np.log(0.2 / (size - 1)), dtype=np.float32)
        values[self.past % size] = np.log(0.8)  # one token after the other, then the specials
        return values

    def advance(self, token: int) -> None:
        self.past += 1

    def fork(self) -> "_Cursor":
        return _Cursor(self.past)

    def evidence(self) -> Evidence:
        return NoEvidence()


class HostileModel:
    """Says every hostile token in turn at temperature 0. `looked` counts how often it was asked."""

    tokenizer: Tokenizer = HostileTokenizer()
    info = ModelInfo("<i>hostile</i>", "plugin", HostileTokenizer.vocabulary_size, None, 0, "")

    def __init__(self) -> None:
        self.looked = 0

    def start(self, tokens: Sequence[int]) -> _Cursor:
        model = self

        class Counting(_Cursor):
            def log_probs(self) -> FloatArray:
                model.looked += 1
                return super().log_probs()

        return Counting(0)


class RemoteBackend:
    """Shows no tokens, and fails after three pieces."""

    info = ModelInfo("far", "plugin", 0, None, 0, "")
    capabilities = Capabilities("none", can_fork=False, can_score=False, can_explain=False, remote=True)
    tokenizer = None

    def __init__(self, fails: bool = False) -> None:
        self.fails = fails
        self.closed = False

    def reply(
        self, messages: Sequence[Message], settings: ReplySettings, should_stop: StopSignal | None = None
    ) -> Iterator[Event]:
        nothing = unknown("gemini.opinion_draws_nothing")
        try:
            for position, text in enumerate(("one ", "two ", "three")):
                yield Step(position, None, text, None, nothing, nothing)
            if self.fails:
                raise RemoteError("offline", address="far")
            yield Finish("end")
        finally:
            self.closed = True

    def complete(self, text: str, settings: ReplySettings, should_stop: StopSignal | None = None) -> Iterator[Event]:
        return self.reply((), settings, should_stop)

    def explain(self, messages: Sequence[Message] | str, reply_tokens: Sequence[int]) -> Evidence | None:
        return None
