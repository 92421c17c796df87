"""Loss curves in braille: where the dots go, and what the axis says."""

from hypothesis import given, settings
from hypothesis import strategies as st

from genchat.tui.widgets.curves import Span, braille, span_of, ticks


def test_a_falling_line_goes_from_corner_to_corner() -> None:
    cells = braille([(0, 1), (1, 0)], 10, 5, Span(1, 0, 1))
    assert [[bool(cell) for cell in row].index(True) for row in cells] == [0, 2, 4, 6, 8]
    assert cells[0][0] & 0x01
    assert cells[-1][-1] & 0x80


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 50)), max_size=80),
    st.integers(1, 40),
    st.integers(1, 20),
)
@settings(deadline=None, max_examples=100)
def test_any_curve_fits_its_picture(points: list[tuple[float, float]], width: int, height: int) -> None:
    span = span_of((sorted(points),), 1.0)
    assert span.high > span.low
    cells = braille(sorted(points), width, height, span)
    assert (len(cells), {len(row) for row in cells}) == (height, {width})
    assert all(0 <= cell <= 255 for row in cells for cell in row)
    marks = ticks(span, height // 2)
    assert all(span.low <= mark <= span.high + 1e-9 for mark in marks)


def test_the_steep_beginning_does_not_flatten_the_rest() -> None:
    curve = [(0.0, 9.0), *((place / 100, 2 - place / 100) for place in range(5, 101))]
    assert span_of((curve,)).high < 3
