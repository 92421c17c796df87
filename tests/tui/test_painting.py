"""Painted lines are exactly as wide as asked, whatever is written on them."""

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from genchat.engine.language.numbers import percent
from genchat.engine.sampling import StageName
from genchat.tui.chat.token_records import Row, TokenRecord
from genchat.tui.colours import theme_styles
from genchat.tui.widgets.candidates import paint_compact, paint_header, paint_measures, paint_row, paint_token
from genchat.tui.widgets.painting import Line, bar, fit

_SHARE = st.floats(0, 1)
_ANY = st.text(st.sampled_from("ab ã漢🙂\u0301·↵"), max_size=30)
_STYLES = theme_styles(True)


@settings(deadline=None)
@given(st.integers(1, 40), _SHARE, _SHARE)
def test_a_bar_is_as_wide_as_asked(width: int, first: float, second: float) -> None:
    pieces = bar(width, min(first, second), max(first, second), "#111111", "#222222", "#000000")
    assert sum(cell_len(piece.text) for piece in pieces) == width


def test_a_bar_grows_with_what_it_shows() -> None:
    def filled(share: float) -> int:
        return sum(piece.text.count("█") for piece in bar(10, share, share, "#111111", "#222222", "#000000"))

    assert [filled(share) for share in (0, 0.25, 0.5, 1)] == [0, 2, 5, 10]


def test_the_smallest_probability_still_leaves_a_mark() -> None:
    assert bar(10, 1e-6, 1e-6, "#111111", "#222222", "#000000")[0].text == "▏"


@settings(deadline=None)
@given(_ANY, st.integers(0, 20))
def test_fit_gives_exactly_the_width(text: str, width: int) -> None:
    assert cell_len(fit(text, width)) == width


@settings(deadline=None)
@given(st.lists(_ANY, max_size=6), st.integers(1, 30))
def test_a_line_is_exactly_as_wide_as_asked(pieces: list[str], width: int) -> None:
    line = Line(width, Style())
    for piece in pieces:
        line.add(piece)
    assert line.strip().cell_length == width
    assert cell_len(line.strip().text) == width


@settings(deadline=None)
@given(_ANY, _SHARE, st.none() | _SHARE, st.integers(24, 60), st.sampled_from([None, "top-k", "top-p"]), st.booleans())
def test_a_row_is_exactly_as_wide_as_asked(
    label: str, raw: float, drawn: float | None, width: int, cut: StageName | None, chosen: bool
) -> None:
    strip = paint_row(Row(1, label, 1, raw, drawn, cut), chosen, width, _STYLES, "gpt")
    assert cell_len(strip.text) == width


def test_a_cut_row_names_the_stage() -> None:
    row = Row(1, "casa", 9, 0.02, 0.0, "top-p")
    assert "cut by top-p" in paint_row(row, False, 44, _STYLES, "gpt").text
    assert "top-p" in paint_row(row, False, 26, _STYLES, "gpt").text


@settings(deadline=None)
@given(_ANY, _SHARE, st.none() | _SHARE, st.integers(24, 60), st.sampled_from([None, "top-k", "top-p"]), st.booleans())
def test_a_compact_row_is_exactly_as_wide_as_asked(
    label: str, raw: float, drawn: float | None, width: int, cut: StageName | None, chosen: bool
) -> None:
    strip = paint_compact(Row(1, label, 1, raw, drawn, cut), chosen, width, _STYLES, "gpt")
    assert cell_len(strip.text) == width


def test_a_compact_row_tells_both_probabilities_or_what_cut_it() -> None:
    assert "41.2 → 55.0" in paint_compact(Row(1, "casa", 1, 0.412, 0.55), True, 26, _STYLES, "gpt").text
    assert " 2.0 → top-p" in paint_compact(Row(1, "casa", 9, 0.02, 0.0, "top-p"), False, 26, _STYLES, "gpt").text


def test_measures_leave_out_what_does_not_fit_whole() -> None:
    record = TokenRecord(3, 1, "x", "x", log_prob=-1.0, rank=1)
    assert "bits" in paint_measures(record, 30, _STYLES).text
    assert paint_measures(record, 22, _STYLES).text.rstrip() == "p 36.8%   rank 1"


def test_only_the_chosen_row_is_marked() -> None:
    row = Row(1, "casa", 1, 0.5, 0.5)
    assert paint_row(row, True, 40, _STYLES, "gpt").text.startswith("▸")
    assert "▸" not in paint_row(row, False, 40, _STYLES, "gpt").text


def test_the_head_of_a_token_fits_where_its_label_is_long() -> None:
    record = TokenRecord(3, 1, "x", "l" * 200, log_prob=-1.0, rank=1)
    assert {strip.cell_length for strip in paint_token(record, 9, 40, _STYLES)} == {40}
    assert paint_header(40, _STYLES).cell_length == 40


def test_percent_takes_four_characters_at_most() -> None:
    values = [1, 0.9999, 0.99951, 0.412, 0.031, 0.0004, 0.00004, 0]
    assert [percent(value) for value in values] == ["100", "99.9", "99.9", "41.2", "3.1", "0.04", "<.01", "0"]
