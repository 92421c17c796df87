"""Wrapped text: every line fits, nothing is lost, and growing piece by piece gives what wrapping at once gives."""

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from genchat.tui.widgets.wrapping import WrappedText

_TEXT = st.text(st.sampled_from("ab çã 漢字\n🙂e\u0301-"), max_size=80)


def _lines(wrapped: WrappedText) -> list[str]:
    return [wrapped.text[start:end] for start, end in wrapped.lines]


def test_breaks_between_words() -> None:
    assert _lines(WrappedText(10, "uma fruta e aveia")) == ["uma fruta", "e aveia"]


def test_cuts_a_word_that_is_wider_than_the_line() -> None:
    assert _lines(WrappedText(4, "abcdefghij")) == ["abcd", "efgh", "ij"]


def test_keeps_empty_lines() -> None:
    assert _lines(WrappedText(10, "a\n\nb\n")) == ["a", "", "b", ""]


def test_wide_characters_count_double() -> None:
    assert _lines(WrappedText(4, "漢字漢字")) == ["漢字", "漢字"]


@settings(deadline=None)
@given(_TEXT, st.integers(2, 20))
def test_every_line_fits_but_for_hanging_spaces(text: str, width: int) -> None:
    assert all(cell_len(line.rstrip(" ")) <= width for line in _lines(WrappedText(width, text)))


@settings(deadline=None)
@given(_TEXT, st.integers(2, 20))
def test_only_spaces_and_line_ends_fall_between_lines(text: str, width: int) -> None:
    wrapped = WrappedText(width, text)
    edges = [0, *(edge for line in wrapped.lines for edge in line), len(text)]
    gaps = [text[edges[i] : edges[i + 1]] for i in range(0, len(edges), 2)]
    assert "".join(gaps).strip(" \n") == ""
    assert edges == sorted(edges)


@settings(deadline=None)
@given(st.lists(_TEXT, max_size=8), st.integers(2, 20))
def test_growing_equals_wrapping_at_once(pieces: list[str], width: int) -> None:
    grown = WrappedText(width)
    for piece in pieces:
        before = list(grown.lines)
        first = grown.append(piece)
        assert grown.lines[:first] == before[:first]
    assert grown.lines == WrappedText(width, "".join(pieces)).lines
