"""Untrusted text comes out harmless, cut wherever a stream happens to be cut; bytes come out as characters."""

import itertools
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genchat.engine.text import IncrementalText, decode_bytes, fold, safe, safe_line, token_label

quick = settings(deadline=None, max_examples=150)

nasty = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\x00\x07\x08\x1b\x7f\x85\x9b\x9d\u200b\u200d\u202e\u2066\u2028\ufeff\U000e0041\r\n\t[]"),
    ),
    max_size=60,
)


@given(nasty)
@quick
def test_nothing_that_controls_a_terminal_is_left(text: str) -> None:
    for character in safe(text):
        assert character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cs", "Zl", "Zp"}
        assert character not in "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c\ufeff"


@given(nasty, nasty)
@quick
def test_cutting_a_stream_anywhere_changes_nothing(first: str, second: str) -> None:
    assert safe(first + second) == safe(first) + safe(second)


@given(nasty)
@quick
def test_being_safe_twice_is_being_safe_once(text: str) -> None:
    assert safe(safe(text)) == safe(text)


@given(nasty)
@quick
def test_no_character_is_lost_or_added(text: str) -> None:
    assert len(safe(text)) == len(text)


@pytest.mark.parametrize("text", ["Olá, ação!", "日本語", "line\n\ttab", "👩\u200d💻", "e\u0301", "[/] [bold]", "…"])
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert safe(text) == text


def test_an_escape_sequence_becomes_something_to_look_at() -> None:
    assert safe("\x1b]0;title\x07") == "␛]0;title␇"
    assert safe("\x9b2J") == "\ufffd2J"


@given(nasty, st.integers(1, 30))
@quick
def test_a_safe_line_is_one_line_of_at_most_the_limit(text: str, limit: int) -> None:
    line = safe_line(text, limit)
    assert len(line) <= limit
    assert "\n" not in line
    assert "\t" not in line
    assert "  " not in line


@given(st.binary(max_size=8))
@quick
def test_every_token_has_a_harmless_visible_label(raw: bytes) -> None:
    label = token_label(raw)
    assert label
    assert label == safe(label)
    assert not set(label) & set(" \n\t")


@pytest.mark.parametrize(
    ("raw", "label"),
    [
        (" manhã".encode(), "·manhã"),
        (b"\n", "↵"),
        (b"\t", "⇥"),
        (b"\xc3", "⟨c3⟩"),
        ("ã".encode()[1:] + b" x", "⟨a3⟩·x"),
        (b"", "∅"),
        (b"\x1b[2J", "␛[2J"),
    ],
)
def test_labels(raw: bytes, label: str) -> None:
    assert token_label(raw) == label


def test_a_special_token_is_called_by_its_name() -> None:
    assert token_label(b"", "<|end|>") == "<|end|>"
    assert token_label(b"", "<|\x1bend|>") == "<|␛end|>"


@given(st.binary(max_size=60), st.lists(st.integers(0, 60), max_size=6))
@quick
def test_bytes_cut_anywhere_give_the_text_of_the_whole(raw: bytes, cuts: list[int]) -> None:
    stream = IncrementalText()
    borders = [0, *sorted(cuts), len(raw)]
    pieces = "".join(stream.push(raw[begin:end]) for begin, end in itertools.pairwise(borders))
    assert pieces + stream.push(b"", final=True) == decode_bytes(raw)


@given(st.text(max_size=30))
@quick
def test_a_character_is_held_back_until_it_is_whole(text: str) -> None:
    stream = IncrementalText()
    raw = text.encode("utf-8", "replace")
    pieces = [stream.push(raw[index : index + 1]) for index in range(len(raw))]
    assert "\ufffd" not in "".join(pieces) or "\ufffd" in text or "?" in text
    assert "".join(pieces) == raw.decode()


def test_what_never_became_a_character_is_shown_at_the_end() -> None:
    stream = IncrementalText()
    assert stream.push(b"caf\xc3") == "caf"
    assert stream.push(b"", final=True) == "\ufffd"


@pytest.mark.parametrize(("text", "folded"), [("Ação", "acao"), ("STRASSE", "strasse"), ("ß", "ss"), ("É", "e")])
def test_folding_forgets_case_and_accents(text: str, folded: str) -> None:
    assert fold(text) == folded
