"""The grammar stage against a matcher of another kind: the partial matching of the regex module, token by token."""

import json
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import regex

from genchat.engine.contract import ReplySettings
from genchat.engine.conversation import Message, Role
from genchat.engine.distribution import FloatArray
from genchat.engine.errors import UsageError
from genchat.engine.local_backend import LocalBackend
from genchat.engine.sampling import Sampler, SamplingSettings
from genchat.engine.tokenizers.characters import CharacterTokenizer
from tests.fakes import ByteTokenizer, HashModel

pytest.importorskip("llguidance")

PATTERNS = ["oi|ol[aá]", "[0-9]{3}-[a-z]+", "a*b?", "(sim|não|simples)[.!]", "ac"]


class Pieces:
    """A vocabulary of pieces that overlap, with one end marker or none."""

    name = "pieces"

    def __init__(self, pieces: Sequence[str], ends: int = 1) -> None:
        self.pieces = [piece.encode() for piece in pieces]
        self.special_tokens = {f"<|end{index}|>": len(pieces) + index for index in range(ends)}
        self.vocabulary_size = len(pieces) + ends

    def encode(self, text: str) -> list[int]:
        raise NotImplementedError

    def decode(self, tokens: Sequence[int]) -> str:
        return b"".join(map(self.token_bytes, tokens)).decode("utf-8", errors="replace")

    def token_bytes(self, token: int) -> bytes:
        return self.pieces[token] if token < len(self.pieces) else b""

    def unknown_in(self, text: str) -> list[str]:
        return []


WORDS = Pieces(
    [*"abcdefghijklmnopqrstuvwxyz0123456789áã-.!", "oi", "ola", "12", "3-", "si", "sim", "mples", "nã", "aa"]
)


def even(count: int) -> FloatArray:
    return np.full(count, -np.log(count), dtype=np.float32)


def allowed(sampler: Sampler, count: int) -> set[int]:
    (only,) = sampler.passes(even(count), [], 0)
    return set(only.left.ids().tolist())


def constrained(tokenizer: Pieces, **grammar: str) -> Sampler:
    return Sampler(SamplingSettings(temperature=1, top_p=1, seed=5, **grammar), tokenizer)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("seed", range(6))
def test_exactly_the_tokens_that_can_still_lead_to_a_match_are_kept(pattern: str, seed: int) -> None:
    compiled, count = regex.compile(pattern), WORDS.vocabulary_size
    sampler, written = constrained(WORDS, regex=pattern), ""
    chooser = np.random.default_rng(seed)
    position, fits = 0, {-1}
    while fits and position < 12:
        fits = {t for t in range(count - 1) if compiled.fullmatch(written + WORDS.decode([t]), partial=True)}
        ends = {count - 1} if compiled.fullmatch(written) else set()
        assert allowed(sampler, count) == fits | ends
        assert sampler.complete == (bool(written) and not fits)
        if fits:
            token = int(chooser.choice(sorted(fits)))
            sampler.take(token, even(count), [], position)
            written += WORDS.decode([token])
            position += 1


def test_what_the_grammar_forbids_is_cut_by_it_and_the_rest_keeps_its_proportions() -> None:
    values = np.log(np.array([0.5, 0.2, 0.2, 0.1])).astype(np.float32)
    draw = constrained(Pieces("abc"), regex="[bc]+").draw(values)
    assert [draw.cut_by(token) for token in range(4)] == ["grammar", None, None, "grammar"]
    assert draw.distribution().probabilities.tolist() == pytest.approx([0, 0.5, 0.5, 0])
    assert draw.stages[0].kept_mass == pytest.approx(0.4)


def test_at_temperature_0_the_likeliest_of_what_is_allowed_is_taken() -> None:
    values = np.log(np.array([0.5, 0.2, 0.25, 0.05])).astype(np.float32)
    sampler = Sampler(SamplingSettings(temperature=0, regex="[bc]"), Pieces("abc"))
    assert sampler.draw(values).token == 2


def test_a_fork_goes_its_own_way() -> None:
    sampler = constrained(WORDS, regex="ab|cd")
    other = sampler.fork()
    sampler.take(0, even(WORDS.vocabulary_size), [], 0)
    other.take(2, even(WORDS.vocabulary_size), [], 0)
    assert allowed(sampler, WORDS.vocabulary_size) == {1}
    assert allowed(other, WORDS.vocabulary_size) == {3}


def reply(seed: int, **grammar: str) -> tuple[str, str]:
    settings = ReplySettings(SamplingSettings(temperature=1, top_p=1, seed=seed, **grammar), 200)
    backend = LocalBackend(HashModel())
    *steps, finish = backend.reply([Message(Role.USER, "oi")], settings)
    return "".join(step.text for step in steps), finish.reason  # type: ignore[union-attr]


@pytest.mark.parametrize("seed", range(4))
def test_a_whole_reply_matches_and_ends_by_itself(seed: int) -> None:
    text, reason = reply(seed, regex="(sim|não), [0-9]{2} (gatos|cães)\\.")
    assert regex.fullmatch("(sim|não), [0-9]{2} (gatos|cães)\\.", text)
    assert reason == "end"


@pytest.mark.parametrize("seed", range(3))
def test_a_whole_reply_is_json_of_the_schema(seed: int) -> None:
    schema = {
        "type": "object",
        "properties": {"gato": {"enum": ["preto", "branco"]}, "anos": {"type": "integer", "minimum": 1, "maximum": 20}},
        "required": ["gato", "anos"],
        "additionalProperties": False,
    }
    text, reason = reply(seed, json_schema=json.dumps(schema))
    read = json.loads(text)
    assert read["gato"] in ("preto", "branco")
    assert 1 <= read["anos"] <= 20
    assert (set(read), reason) == ({"gato", "anos"}, "end")


def test_a_vocabulary_without_markers_can_be_constrained_and_ends() -> None:
    sampler = constrained(Pieces("ab", ends=0), regex="ab?b")
    for token in (0, 1, 1):
        assert not sampler.complete
        sampler.take(token, even(2), [], 0)
    assert sampler.complete


@pytest.mark.parametrize("tokenizer", [ByteTokenizer(), CharacterTokenizer("abcá ")])
def test_any_tokenizer_is_known_by_the_bytes_of_its_tokens(tokenizer: ByteTokenizer | CharacterTokenizer) -> None:
    sampler = Sampler(SamplingSettings(temperature=1, top_p=1, seed=2, regex="á+"), tokenizer)
    ids = tokenizer.encode("á")
    count = tokenizer.vocabulary_size
    beginnings = {token for token in range(count) if tokenizer.token_bytes(token) in ("á".encode(), "á".encode()[:1])}
    assert allowed(sampler, count) == beginnings
    for token in ids:
        sampler.take(token, even(count), [], 0)
    assert ids[0] in allowed(sampler, count)


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"regex": "(a"}, "grammar_regex_wrong"),
        ({"regex": "(?=a)b"}, "grammar_regex_wrong"),
        ({"json_schema": '{"type": "strin"}'}, "grammar_schema_wrong"),
        ({"json_schema": "{"}, "grammar_schema_no_json"),
        ({"json_schema": "[1]"}, "grammar_schema_no_json"),
        ({"regex": "a", "json_schema": "{}"}, "grammar_twice"),
    ],
)
def test_an_invalid_grammar_is_named_before_anything_is_drawn(settings: dict[str, Any], key: str) -> None:
    with pytest.raises(UsageError) as caught:
        Sampler(SamplingSettings(**settings), ByteTokenizer())
    assert caught.value.key == key
    assert str(caught.value)


def test_a_grammar_that_no_token_fits_is_an_error() -> None:
    sampler = constrained(Pieces("ab"), regex="ac")
    sampler.take(0, even(3))
    with pytest.raises(UsageError, match="no token"):
        sampler.draw(even(3))


def test_a_token_picked_against_the_grammar_leaves_nothing_to_draw() -> None:
    sampler = constrained(Pieces("ab"), regex="aa")
    sampler.take(1, even(3), [], 0)
    with pytest.raises(UsageError):
        sampler.draw(even(3))


def test_what_the_model_holds_impossible_does_not_make_the_grammar_give_way() -> None:
    values = np.array([0.0, -np.inf, -np.inf], dtype=np.float32)
    with pytest.raises(UsageError, match="no token"):
        constrained(Pieces("ab"), regex="b").draw(values)


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "llguidance", None)
    with pytest.raises(UsageError, match=r"genchat\[grammar\]"):
        Sampler(SamplingSettings(regex="a"), ByteTokenizer())
