"""Prices add up: to what the steps cost, over turns, and for what a vocabulary cannot write."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from genchat.corpora.loader import parse_dialogues
from genchat.engine.contract import ModelInfo
from genchat.engine.conversation import CHAT_SPECIALS, Message, Prompt, Role, TurnTemplate
from genchat.engine.decoding import score
from genchat.engine.distribution import FloatArray
from genchat.engine.errors import UsageError
from genchat.engine.evaluation.pricing import Price, price_dialogues, price_text
from genchat.engine.evidence import Evidence, NoEvidence
from tests.fakes import ByteTokenizer, HashModel

_DIALOGUES = parse_dialogues(
    "### One\nP: oi\nR: Olá!\nP: tudo bem?\nR: Tudo.\n\n### Two\nP: tchau\nR: Até logo.\n", "x", "pt"
)


class _UniformCursor:
    def __init__(self, size: int) -> None:
        self._size = size

    def log_probs(self) -> FloatArray:
        return np.full(self._size, -math.log(self._size), dtype=np.float32)

    def advance(self, token: int) -> None:
        pass

    def fork(self) -> "_UniformCursor":
        return self

    def evidence(self) -> Evidence:
        return NoEvidence()


class _Uniform:
    """Every token equally likely, wherever; refuses to read more than its context."""

    tokenizer = ByteTokenizer()

    def __init__(self, context: int | None = None) -> None:
        self.info = ModelInfo("uniform", "plugin", self.tokenizer.vocabulary_size, context, 0, "0" * 64)

    def start(self, tokens: Sequence[int]) -> _UniformCursor:
        assert self.info.context_length is None or len(tokens) <= self.info.context_length
        return _UniformCursor(self.tokenizer.vocabulary_size)


class _NarrowTokenizer(ByteTokenizer):
    """Writes only a to z; drops the rest."""

    def encode(self, text: str) -> list[int]:
        return [byte for byte in text.encode() if chr(byte).islower() and byte < 128]

    def unknown_in(self, text: str) -> list[str]:
        return list(dict.fromkeys(character for character in text if not "a" <= character <= "z"))


class _Narrow(_Uniform):
    tokenizer = _NarrowTokenizer()


class _ForeignTemplate:
    """A template of several tokens with two ways to end."""

    def render(self, messages: Sequence[Message], limit: int | None) -> Prompt:
        tokens = [code for message in messages for code in (1, 2, *message.text.encode())]
        return Prompt((*tokens, 3, 4)[-(limit or 10**9) :], frozenset({256, 257}))


def test_a_uniform_model_costs_the_same_for_every_byte() -> None:
    price = price_text(_Uniform(), "abc é")
    size = 256 + len(CHAT_SPECIALS)
    assert price.bytes == price.tokens == 6
    assert price.bits_per_byte == pytest.approx(math.log2(size), rel=1e-5)
    assert price.perplexity == pytest.approx(size, rel=1e-4)


def test_a_text_costs_what_its_tokens_cost() -> None:
    model = HashModel()
    price = price_text(model, "Olá, mundo")
    assert price.nats == pytest.approx(-float(score(model, list("Olá, mundo".encode())).sum()), rel=1e-6)


def test_replies_are_priced_after_all_that_was_said_and_with_their_ends() -> None:
    model = HashModel()
    template = TurnTemplate(model.tokenizer)
    price = price_dialogues(model, template, _DIALOGUES[:1])
    said = [Message(Role.USER, "oi"), Message(Role.ASSISTANT, "Olá!"), Message(Role.USER, "tudo bem?")]
    end = model.tokenizer.special_tokens["<|end|>"]
    first = score(model, [*"Olá!".encode(), end], template.render(said[:1], None).tokens)
    second = score(model, [*b"Tudo.", end], template.render(said, None).tokens)
    assert price.nats == pytest.approx(-float(first.sum() + second.sum()), rel=1e-6)
    assert price.bytes == len("Olá!".encode()) + 1 + len("Tudo.") + 1
    assert price.tokens == price.bytes


def test_all_turns_cost_what_the_whole_conversation_costs() -> None:
    model = HashModel()
    template = TurnTemplate(model.tokenizer)
    price = price_dialogues(model, template, _DIALOGUES, "all")
    expected = 0.0
    for dialogue in _DIALOGUES:
        roles = {"person": Role.USER, "reply": Role.ASSISTANT}
        turns = [template.turn(Message(roles[turn.speaker], turn.text)) for turn in dialogue.turns]
        tokens = [token for turn in turns for token in turn]
        prices = score(model, tokens)
        openings = np.cumsum([0, *map(len, turns[:-1])])
        expected -= float(prices.sum() - prices[openings].sum())
    assert price.nats == pytest.approx(expected, rel=1e-6)


def test_a_foreign_template_prices_replies_and_every_way_to_end() -> None:
    price = price_dialogues(_Uniform(), _ForeignTemplate(), _DIALOGUES[1:])
    size = 256 + len(CHAT_SPECIALS)
    text = len("Até logo.".encode())
    assert price.nats == pytest.approx((text + 1) * math.log(size) - math.log(2), rel=1e-5)
    with pytest.raises(UsageError):
        price_dialogues(_Uniform(), _ForeignTemplate(), _DIALOGUES, "all")


def test_a_short_context_keeps_room_for_the_reply() -> None:
    assert price_dialogues(_Uniform(16), TurnTemplate(_Uniform.tokenizer), _DIALOGUES).tokens > 0


def test_what_a_vocabulary_cannot_write_is_priced_and_said() -> None:
    price = price_text(_Narrow(), "abc éé")
    assert price.unknown == (" ", "é")
    assert price.lost_bytes == 5
    size = 256 + len(CHAT_SPECIALS)
    assert price.nats / math.log(2) == pytest.approx(3 * math.log2(size) + 5 * 16, rel=1e-5)
    assert price.bytes == 8


def test_something_impossible_has_an_infinite_price() -> None:
    price = Price(math.inf, 3, 3)
    assert price.bits_per_byte == math.inf
    assert price.perplexity == math.inf


def test_prices_add_up() -> None:
    total = Price(1.0, 2, 3, ("a",), 1) + Price(2.0, 3, 4, ("b", "a"), 2)
    assert total == Price(3.0, 5, 7, ("a", "b"), 3)
