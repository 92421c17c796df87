"""Accents written as characters of their own cost genchat's models nothing more; what is not an accent stays."""

import unicodedata
from pathlib import Path
from typing import Any

import pytest

from genchat.engine.errors import TextUnusable
from genchat.engine.ngram.model import NgramModel
from genchat.engine.paths import Paths
from genchat.engine.registry import Registry, language_model
from genchat.engine.settings import Settings
from genchat.engine.text import compose
from genchat.engine.tokenizers.bpe import train_byte_pairs
from genchat.engine.tokenizers.characters import CharacterTokenizer
from genchat.engine.tokenizers.words import WordTokenizer
from genchat.engine.training.data import read_sources

TEXT = "A ação começou amanhã às três; não é já? Über Öl."
APART = unicodedata.normalize("NFD", TEXT)
KINDS: list[Any] = [
    CharacterTokenizer(sorted(set(TEXT))),
    WordTokenizer(WordTokenizer.split(TEXT), sorted(set(TEXT))),
    train_byte_pairs([TEXT * 3], 300),
]


@pytest.mark.parametrize("tokenizer", KINDS)
def test_accents_apart_give_the_same_tokens(tokenizer: Any) -> None:
    assert APART != TEXT
    assert tokenizer.encode(APART) == tokenizer.encode(TEXT)
    assert tokenizer.unknown_in(APART) == []


@pytest.mark.parametrize("text", ["Å Ω ﬁ 豈", "a\u200bb", "e\u20dd", "\u0301", "x\u0338", TEXT])
def test_what_is_not_a_letter_with_an_accent_apart_stays(text: str) -> None:
    assert compose(text) == text


def test_a_vocabulary_with_accents_apart_reads_them_so() -> None:
    tokenizer = CharacterTokenizer(sorted(set(APART)))
    assert tokenizer.decode(tokenizer.encode(APART)) == APART
    assert len(tokenizer.encode(APART)) == len(APART)


@pytest.mark.parametrize("name", ["gpt-chat", "lstm-chat"])
def test_a_shipped_model_prices_both_forms_alike(name: str, tmp_path: Path) -> None:
    model = language_model(Registry(Paths(tmp_path, tmp_path, tmp_path), Settings()).open(name))
    assert not isinstance(model, NgramModel)
    one, other = (model.score_tokens(model.tokenizer.encode(text)).sum() for text in (TEXT, APART))  # type: ignore[attr-defined]
    assert one == other


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-8"])
def test_texts_to_learn_from_are_read_as_people_have_them(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes("primeira linha\rsegunda: não\r".encode(encoding))
    (source,) = read_sources([path])
    assert source.text == "primeira linha\nsegunda: não\n"


@pytest.mark.parametrize("content", [b"\xff\xfea", b"a\0b", "a\0b".encode("utf-16"), b"\xff"])
def test_what_is_no_text_is_still_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_bytes(content)
    with pytest.raises(TextUnusable):
        read_sources([tmp_path / "text.txt"])
