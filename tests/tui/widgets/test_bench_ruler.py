"""The ruler of the draw: as wide as it should be, divided in proportion, the mark in the share of what was drawn."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genchat.tui.colours import theme_styles
from genchat.tui.widgets.bench.ruler import LEFT, MARK, STROKE, Share, paint_compact_ruler, paint_ruler

STYLES = theme_styles(True)


def shares(*widths: float) -> list[Share]:
    return [Share(chr(ord("A") + number % 26), width) for number, width in enumerate(widths)]


@given(st.lists(st.floats(0.001, 1), min_size=1, max_size=30), st.floats(0, 0.999), st.integers(24, 120))
@settings(deadline=None, max_examples=200)
def test_it_fills_its_width_and_the_mark_stands_in_the_share_of_the_number(
    weights: list[float], uniform: float, width: int
) -> None:
    whole = sum(weights)
    divided = shares(*(weight / whole for weight in weights))
    ruler, below = paint_ruler(divided, uniform, width, STYLES)
    assert len(ruler.text) == len(below.text) == width
    room, at = width - 4, below.text.index(MARK) - len(LEFT)
    assert at == min(int(uniform * room), room - 1)
    reached = 0.0
    for share in divided:
        low, reached = reached, reached + share.width
        if low <= uniform < reached and share.width * room >= 4:
            inside = ruler.text[len(LEFT) + round(low * room) : len(LEFT) + round(reached * room)]
            assert share.label in inside
            assert low * room - 1 <= at <= reached * room + 1
    assert len(paint_compact_ruler(divided, uniform, width, STYLES).text) == width


def test_shares_are_told_apart_without_colour() -> None:
    (ruler, below) = paint_ruler(shares(0.5, 0.25, 0.25), 0.6, 44, STYLES)
    assert ruler.text == "0├─────────A─────────┼────B────┼────C─────┤1"
    assert below.text.strip() == "▲ 0.6000"
    assert ruler.text.count(STROKE) == 2


def test_the_number_stays_on_the_line_at_the_right_end() -> None:
    (_, below) = paint_ruler(shares(1.0), 0.9999, 30, STYLES)
    assert below.text.rstrip().endswith("0.9999 ▲")


def test_what_is_too_small_for_a_label_is_a_line_and_what_is_not_listed_too() -> None:
    (ruler, _) = paint_ruler(shares(0.5, 0.01), 0.1, 24, STYLES)
    assert len(ruler.text) == 24
    assert "B" not in ruler.text


@pytest.mark.parametrize("label", ["日本", "muito comprido"])
def test_a_label_that_does_not_fit_leaves_the_ruler_whole(label: str) -> None:
    (ruler, _) = paint_ruler([Share(label, 0.3), Share("x", 0.7)], 0.1, 24, STYLES)
    assert ruler.cell_length == 24


def test_greedy_decoding_has_no_number() -> None:
    (ruler, below) = paint_ruler(shares(1.0), None, 30, STYLES)
    assert MARK not in ruler.text + below.text
