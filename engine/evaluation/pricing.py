"""What a text costs under a model, in bits: the one unit in which all models compare.

A plain text is priced whole. Dialogues are priced turn by turn, each in the form in which the model itself holds
conversations: only the replies, given what was said before, or everything that is said. The end of a turn is priced
too and counts as one byte, since a model must know when to stop.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from genchat.corpora.loader import Dialogue
from genchat.engine.contract import LanguageModel
from genchat.engine.conversation import END, USER, ChatTemplate, Message, Prompt, Role, TurnTemplate
from genchat.engine.decoding import score
from genchat.engine.distribution import LN2, FloatArray
from genchat.engine.errors import UsageError

Scope = Literal["text", "replies", "all"]
# A character that a tokenizer cannot write at all: 8 bits a byte, and as many for saying that it comes.
_LOST_BITS_A_BYTE = 16.0
_ROLES = {"person": Role.USER, "reply": Role.ASSISTANT}


@dataclass(frozen=True)
class Price:
    """`nats` (infinite where something had no probability at all) for `tokens` tokens that stand for `bytes` bytes.

    unknown: the pieces of the text that the vocabulary has no token for, each once; they are priced as the tokenizer
    spells them, or, where it cannot, at 16 bits for each of the `lost_bytes`.
    """

    nats: float
    tokens: int
    bytes: int
    unknown: tuple[str, ...] = ()
    lost_bytes: int = 0

    @property
    def bits_per_byte(self) -> float:
        """These are the bits for each byte of UTF-8."""
        return self.nats / LN2 / max(self.bytes, 1)

    @property
    def perplexity(self) -> float:
        """This is the perplexity per token; it is comparable only between models with the same tokens."""
        return math.exp(min(self.nats / max(self.tokens, 1), 700.0)) if math.isfinite(self.nats) else math.inf

    def __add__(self, other: "Price") -> "Price":
        return Price(
            self.nats + other.nats,
            self.tokens + other.tokens,
            self.bytes + other.bytes,
            tuple(dict.fromkeys((*self.unknown, *other.unknown))),
            self.lost_bytes + other.lost_bytes,
        )


def price_text(model: LanguageModel, text: str) -> Price:
    """The function prices a plain text from its beginning."""
    tokens = model.tokenizer.encode(text)
    return _price(text, model, -_total(score(model, tokens)), len(tokens), 0)


def price_dialogues(
    model: LanguageModel, template: ChatTemplate, dialogues: Iterable[Dialogue], scope: Scope = "replies"
) -> Price:
    """The function prices dialogues, each from an empty past. With the scope "all" the person's turns are priced like
    the replies.

    Raises UsageError for that scope where the template is not genchat's own.
    """
    total = Price(0.0, 0, 0)
    for dialogue in dialogues:
        said: list[Message] = []
        for turn in dialogue.turns:
            message = Message(_ROLES[turn.speaker], turn.text)
            if message.role is Role.ASSISTANT or scope == "all":
                total += _price_turn(model, template, said, message)
            said.append(message)
    return total


def _price_turn(model: LanguageModel, template: ChatTemplate, before: Sequence[Message], message: Message) -> Price:
    tokens = model.tokenizer.encode(message.text)
    prompt = _opening(model, template, before, message, len(tokens))
    if isinstance(template, TurnTemplate):
        end = model.tokenizer.special_tokens[END]
        return _price(message.text, model, -_total(score(model, [*tokens, end], prompt.tokens)), len(tokens) + 1, 1)
    if prompt.stop_texts:
        stop = model.tokenizer.encode(prompt.stop_texts[0])
        nats = -_total(score(model, [*tokens, *stop], prompt.tokens))
        return _price(message.text, model, nats, len(tokens) + len(stop), 1)
    nats = -_total(score(model, tokens, prompt.tokens))
    log_probs = model.start([*prompt.tokens, *tokens]).log_probs()
    nats -= float(np.logaddexp.reduce(log_probs[sorted(prompt.stop_tokens)].astype(np.float64)))
    return _price(message.text, model, nats, len(tokens) + 1, 1)


def _opening(
    model: LanguageModel, template: ChatTemplate, before: Sequence[Message], message: Message, room: int
) -> Prompt:
    """Everything up to the first token of `message`; of the context at least half is left to what was said before."""
    length = model.info.context_length
    prompt = template.render(before, None if length is None else max(length - min(room + 1, length // 2), 1))
    if message.role is Role.ASSISTANT:
        return prompt
    if not isinstance(template, TurnTemplate):
        raise UsageError("only_replies_priced", model=model.info.name)
    # A template opens a reply; the turn of a person differs in that last token alone.
    opening = (*prompt.tokens[:-1], model.tokenizer.special_tokens[USER])
    return replace(prompt, tokens=opening)


def _price(text: str, model: LanguageModel, nats: float, tokens: int, ends: int) -> Price:
    size = len(text.encode("utf-8", errors="replace"))
    unknown = tuple(model.tokenizer.unknown_in(text))
    lost = 0
    if unknown:
        lost = max(0, size - len(model.tokenizer.decode(model.tokenizer.encode(text)).encode("utf-8")))
    return Price(nats + lost * _LOST_BITS_A_BYTE * LN2, tokens, size + ends, unknown, lost)


def _total(log_probs: FloatArray) -> float:
    return float(log_probs.sum(dtype=np.float64))
