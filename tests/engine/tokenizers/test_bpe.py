"""Byte pairs: exact on any text, the same merges for the same texts, safe to read back, never fetched."""

import json
import socket
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genchat.engine.conversation import CHAT_SPECIALS
from genchat.engine.errors import ModelDamaged, TextUnusable, UsageError
from genchat.engine.text import compose
from genchat.engine.tokenizers.bpe import SMALLEST, BpeTokenizer, train_byte_pairs
from genchat.engine.tokenizers.pieces import TOKENIZER_FILE

_TEXT = "Olá, tudo bem? Tudo bem! Amanhã de manhã eu vou. It's fine, isn't it? We'll see tomorrow.\n\nFim.\n" * 20
_WHOLE = st.text(st.characters(codec="utf-8"), max_size=80)


@pytest.fixture(scope="module")
def tokenizer() -> BpeTokenizer:
    return train_byte_pairs([_TEXT], 400)


@settings(deadline=None, max_examples=300)
@given(text=_WHOLE | st.text(" \n\r\t'-aáçé0७ś", max_size=40))
def test_any_text_comes_back(tokenizer: BpeTokenizer, text: str) -> None:
    tokens = tokenizer.encode(text)
    assert tokenizer.decode(tokens) == compose(text)
    assert not set(tokens) & set(tokenizer.special_tokens.values())
    assert tokenizer.unknown_in(text) == []


@pytest.mark.parametrize("unit", [" ", "\n", " \n", "a", "-", "\u3000", "é"])
def test_very_long_runs_come_back(tokenizer: BpeTokenizer, unit: str) -> None:
    text = unit * 50_000 + "x"
    assert tokenizer.decode(tokenizer.encode(text)) == text


@given(raw=st.binary(max_size=60))
@settings(deadline=None)
def test_any_bytes_can_be_written(tokenizer: BpeTokenizer, raw: bytes) -> None:
    first = len(tokenizer.special_tokens)
    assert b"".join(tokenizer.token_bytes(first + byte) for byte in raw) == raw


def test_frequent_words_take_their_space_along_and_digits_stand_alone(tokenizer: BpeTokenizer) -> None:
    def pieces(text: str) -> list[str]:
        return [tokenizer.decode([token]) for token in tokenizer.encode(text)]

    assert " bem" in pieces("tudo bem")
    assert "manhã" in "".join(pieces("a manhã"))
    assert pieces("2024") == ["2", "0", "2", "4"]
    assert pieces("isn't it")[-2:] == ["'t", " it"]


def test_a_typed_role_marker_is_only_text(tokenizer: BpeTokenizer) -> None:
    for marker in CHAT_SPECIALS:
        tokens = tokenizer.encode(f"{marker} oi")
        assert tokenizer.special_tokens[marker] not in tokens
        assert tokenizer.decode(tokens) == f"{marker} oi"
        assert tokenizer.token_bytes(tokenizer.special_tokens[marker]) == b""


def test_the_same_texts_give_the_same_merges(tokenizer: BpeTokenizer, tmp_path: Path) -> None:
    again = train_byte_pairs([_TEXT], 400)
    assert again.encode(_TEXT) == tokenizer.encode(_TEXT)
    assert again.vocabulary_size == tokenizer.vocabulary_size <= 400


def test_what_was_saved_reads_back_without_a_network(
    tokenizer: BpeTokenizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    tokenizer.save(tmp_path)
    read = BpeTokenizer.read(tmp_path)
    assert read.encode(_TEXT) == tokenizer.encode(_TEXT)
    assert read.special_tokens == tokenizer.special_tokens


@pytest.mark.parametrize(
    "change",
    [
        {"unit": "word"},
        {"merged": ["!!"]},
        {"merged": ["YWI=", "YWI="]},
        {"merged": ["YQ=="]},
        {"merged": [3]},
        {"pattern": "("},
        {"pattern": 7},
    ],
)
def test_an_altered_file_is_refused_by_name(tokenizer: BpeTokenizer, tmp_path: Path, change: dict[str, object]) -> None:
    tokenizer.save(tmp_path)
    file = tmp_path / TOKENIZER_FILE
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(ModelDamaged, match=tmp_path.name):
        BpeTokenizer.read(tmp_path)


def test_a_cut_or_missing_file_is_refused_by_name(tokenizer: BpeTokenizer, tmp_path: Path) -> None:
    with pytest.raises(ModelDamaged, match=tmp_path.name):
        BpeTokenizer.read(tmp_path)
    tokenizer.save(tmp_path)
    file = tmp_path / TOKENIZER_FILE
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(ModelDamaged, match=tmp_path.name):
        BpeTokenizer.read(tmp_path)


def test_nothing_to_learn_from_is_said() -> None:
    with pytest.raises(TextUnusable):
        train_byte_pairs(["", ""], 400)
    with pytest.raises(UsageError):
        train_byte_pairs([_TEXT], SMALLEST - 1)


def test_a_lone_surrogate_becomes_a_replacement_instead_of_a_crash(tokenizer: BpeTokenizer) -> None:
    assert tokenizer.decode(tokenizer.encode("a\ud800b")) == "a\ufffdb"
    assert train_byte_pairs(["a\ud800b"], SMALLEST).vocabulary_size == SMALLEST
