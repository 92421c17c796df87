"""Messages, and how a conversation becomes the prompt of a home-trained model.

Who speaks is a token of its own, so nothing a person types can pass for it. A reply ends where the model draws the
end token. A model without such tokens is given a plain transcript. When a conversation is longer than the model can
read, whole oldest turns are dropped, and said so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Protocol

USER = "<|user|>"
ASSISTANT = "<|assistant|>"
END = "<|end|>"
CHAT_SPECIALS = (USER, ASSISTANT, END)
TRANSCRIPT_USER, TRANSCRIPT_ASSISTANT = "User:", "Assistant:"


class Role(StrEnum):
    """A role says who wrote a message."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Message:
    """A message is one turn of a conversation; `data` is what its backend said about it (`contract.MessageData`).

    Messages of one role and one text are equal, whatever their data.
    """

    role: Role
    text: str
    data: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


class Encoder(Protocol):
    """This is the part of a tokenizer that a template needs."""

    @property
    def special_tokens(self) -> Mapping[str, int]: ...

    def encode(self, text: str) -> list[int]: ...


@dataclass(frozen=True, slots=True)
class Prompt:
    """Tokens to start from, where to stop, how many oldest messages did not fit, and whether the newest was cut.

    A reply also ends before any of `stop_texts`, for models that have no token to end it with.
    """

    tokens: tuple[int, ...]
    stop_tokens: frozenset[int]
    dropped_messages: int = 0
    newest_cut: bool = False
    stop_texts: tuple[str, ...] = ()


class ChatTemplate(Protocol):
    """A template turns messages into a prompt for one model.

    One that writes system messages into it has the attribute `reads_system`, which is true.
    """

    def render(self, messages: Sequence[Message], limit: int | None) -> Prompt:
        """The prompt has at most `limit` tokens; the newest message is always kept, cut on the left if it alone is too
        long.
        """
        ...


@dataclass(frozen=True)
class TurnTemplate:
    """<|user|> text <|end|> <|assistant|> text <|end|> …, as genchat's own models are trained.

    System messages are left out: models of this size do not follow instructions.
    """

    tokenizer: Encoder
    reads_system: ClassVar[bool] = False

    def turn(self, message: Message) -> list[int]:
        """These are the tokens of one finished turn."""
        specials = self.tokenizer.special_tokens
        opening = USER if message.role is Role.USER else ASSISTANT
        return [specials[opening], *self.tokenizer.encode(message.text), specials[END]]

    def render(self, messages: Sequence[Message], limit: int | None) -> Prompt:
        specials = self.tokenizer.special_tokens
        turns = [self.turn(message) for message in messages if message.role is not Role.SYSTEM]
        tokens, dropped, cut = _fitted(turns, [specials[ASSISTANT]], limit)
        return Prompt(tokens, frozenset(specials[name] for name in CHAT_SPECIALS), dropped, cut)


@dataclass(frozen=True)
class TranscriptTemplate:
    """A conversation as plain text, for a model whose tokenizer has no tokens for who speaks:

        User: text
        Assistant: text
        User: text
        Assistant:

    A reply ends before a new line that begins with "User:", or at any special token the tokenizer has. Further lines of
    one message are indented, so that nothing in it can pass for another turn. System messages are left out.
    """

    tokenizer: Encoder
    reads_system: ClassVar[bool] = False

    def turn(self, message: Message) -> list[int]:
        """These are the tokens of one finished turn."""
        opening = TRANSCRIPT_USER if message.role is Role.USER else TRANSCRIPT_ASSISTANT
        indented = "\n  ".join(message.text.strip().splitlines())
        return self.tokenizer.encode(f"{opening} {indented}\n")

    def render(self, messages: Sequence[Message], limit: int | None) -> Prompt:
        turns = [self.turn(message) for message in messages if message.role is not Role.SYSTEM]
        tokens, dropped, cut = _fitted(turns, self.tokenizer.encode(TRANSCRIPT_ASSISTANT), limit)
        stops = frozenset(self.tokenizer.special_tokens.values())
        return Prompt(tokens, stops, dropped, cut, (f"\n{TRANSCRIPT_USER}",))


def template_for(tokenizer: Encoder) -> "TurnTemplate | TranscriptTemplate":
    """This is the template for a model that brings none: turns marked by tokens where the tokenizer has them."""
    marked = all(name in tokenizer.special_tokens for name in CHAT_SPECIALS)
    return TurnTemplate(tokenizer) if marked else TranscriptTemplate(tokenizer)


def _fitted(turns: Sequence[list[int]], opening: Sequence[int], limit: int | None) -> tuple[tuple[int, ...], int, bool]:
    """The newest turns that fit and the opening of a reply; how many turns do not; whether the newest was cut."""
    kept: list[list[int]] = []
    room = None if limit is None else limit - len(opening)
    cut = False
    for turn in reversed(turns):
        if room is not None and len(turn) > room:
            if not kept:
                kept.append(turn[-room:] if room > 0 else [])
                cut = True
            break
        kept.append(turn)
        if room is not None:
            room -= len(turn)
    tokens = [token for turn in reversed(kept) for token in turn]
    return (*tokens, *opening), len(turns) - len(kept), cut
