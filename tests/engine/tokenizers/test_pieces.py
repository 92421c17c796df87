"""Word and character tokenizers: every text survives, no text becomes a special token."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genchat.engine.errors import ModelDamaged
from genchat.engine.tokenizers import words as words_module
from genchat.engine.tokenizers.characters import CharacterTokenizer
from genchat.engine.tokenizers.pieces import TOKENIZER_FILE, PieceTokenizer
from genchat.engine.tokenizers.words import WordTokenizer, windows

quick = settings(deadline=None, max_examples=120)
KINDS = [WordTokenizer, CharacterTokenizer]
any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
wordy = st.lists(
    st.sampled_from(
        ["casa", " casa", "Ação", "d'água", "guarda-chuva", "  ", "\n", "!", " …", "it's", "<|end|>", "é", "🙂", "x"]
    ),
    max_size=20,
).map("".join)


def made(kind: type[PieceTokenizer], text: str) -> PieceTokenizer:
    return kind(dict.fromkeys(kind.split(text)), "aeiou")


@pytest.mark.parametrize("kind", KINDS)
@given(text=any_text | wordy, known=wordy)
@quick
def test_every_text_survives_known_or_not(kind: type[PieceTokenizer], text: str, known: str) -> None:
    tokenizer = made(kind, known)
    tokens = tokenizer.encode(text)
    assert tokenizer.decode(tokens) == tokenizer.composed(text)
    assert all(0 <= token < tokenizer.vocabulary_size for token in tokens)
    assert not set(tokens) & set(tokenizer.special_tokens.values())


@pytest.mark.parametrize("kind", KINDS)
@given(text=any_text | wordy)
@quick
def test_pieces_joined_are_the_text(kind: type[PieceTokenizer], text: str) -> None:
    assert "".join(kind.split(text)) == text


@given(text=any_text | wordy)
@quick
def test_windows_cut_only_between_pieces(text: str) -> None:
    longer = text * 5
    words_module._WINDOW, kept = 16, words_module._WINDOW
    try:
        parts = list(windows(longer.encode()))
    finally:
        words_module._WINDOW = kept
    assert "".join(parts) == longer
    if max(len(run) for run in re.split(rb"[ \n\t]", longer.encode())) < 16:
        assert [piece for part in parts for piece in WordTokenizer.split(part)] == WordTokenizer.split(longer)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Olá, mundo!", ["Olá", ",", " mundo", "!"]),
        ("guarda-chuva d'água it’s", ["guarda-chuva", " d'água", " it’s"]),
        ("a  b\n\tc", ["a", " ", " b", "\n", "\t", "c"]),
        ("(sim) — não…", ["(", "sim", ")", " —", " não", "…"]),
        ("um-", ["um", "-"]),
        ("", []),
    ],
)
def test_words_carry_the_space_before_them(text: str, pieces: list[str]) -> None:
    assert WordTokenizer.split(text) == pieces


def test_an_unknown_word_is_spelled_in_letters_and_bytes() -> None:
    tokenizer = WordTokenizer(["casa"], ["b", "o"])
    spelled = tokenizer.encode("bolo")
    assert [tokenizer.token_bytes(token) for token in spelled] == [b"b", b"o", b"l", b"o"]
    assert spelled[1] == spelled[3]
    assert tokenizer.encode("é") == tokenizer.spell("é")
    assert [tokenizer.token_bytes(token) for token in tokenizer.encode("é")] == [b"\xc3", b"\xa9"]


def test_what_not_even_letters_can_write_is_named_once_in_order() -> None:
    tokenizer = WordTokenizer(["a", " casa"], "rosa ")
    assert tokenizer.unknown_in("a casa azul e azul\nrosa") == ["azul", "e"]
    assert CharacterTokenizer("abc").unknown_in("abcxyx") == ["x", "y"]


def test_half_a_surrogate_is_written_as_a_question_mark() -> None:
    tokenizer = WordTokenizer(["a"])
    assert tokenizer.decode(tokenizer.encode("a\ud800")) == "a?"


@pytest.mark.parametrize("kind", KINDS)
@given(known=wordy)
@settings(deadline=None, max_examples=20)
def test_saved_and_read_it_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, kind: type[PieceTokenizer], known: str
) -> None:
    folder = tmp_path_factory.mktemp("model")
    tokenizer = made(kind, known)
    tokenizer.save(folder)
    again = kind.read(folder)
    assert (again.pieces, again.letters) == (tokenizer.pieces, tokenizer.letters)
    assert again.encode(known + " novo") == tokenizer.encode(known + " novo")


@pytest.mark.parametrize(
    "content",
    [
        None,
        "",
        "{",
        "[]",
        "{}",
        '{"unit": "char", "pieces": [], "letters": []}',
        '{"unit": "word", "pieces": [1], "letters": []}',
        '{"unit": "word", "pieces": 5, "letters": []}',
        '{"unit": "word", "pieces": ["\\ud800"], "letters": []}',
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / TOKENIZER_FILE).write_text(content)
    with pytest.raises(ModelDamaged):
        WordTokenizer.read(tmp_path)
