"""The loss curves as a picture."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from genchat.engine.errors import GenchatError
from genchat.engine.training.plot import plot_svg, write_plot

SVG = "{http://www.w3.org/2000/svg}"


def points(picture: str, index: int) -> list[tuple[float, float]]:
    line = ElementTree.fromstring(picture).findall(f"{SVG}polyline")[index]  # noqa: S314 (our own text)
    pairs = (pair.split(",") for pair in line.attrib["points"].split())
    return [(float(x), float(y)) for x, y in pairs]


def test_time_runs_right_and_loss_runs_down() -> None:
    train = [(1, 0.5, 4.0), (2, 1.0, 3.0), (3, 1.5, 2.5)]
    picture = plot_svg(train, [(2, 1.0, 3.5)], "m")
    xs, ys = zip(*points(picture, 0), strict=True)
    assert list(xs) == sorted(xs)
    assert list(ys) == sorted(ys)
    (held_out,) = points(picture, 1)
    assert ys[0] < held_out[1] < ys[1]


def test_a_hostile_name_is_only_text() -> None:
    picture = plot_svg([(1, 1.0, 1.0)], [], "<script>&")
    assert "<script>" not in picture
    ElementTree.fromstring(picture)  # noqa: S314 (our own text)


@pytest.mark.parametrize("curve", [[], [(1, 0.0, 2.0)]])
def test_a_run_without_a_curve_is_still_a_picture(curve: list[tuple[int, float, float]]) -> None:
    ElementTree.fromstring(plot_svg(curve, [], "m"))  # noqa: S314 (our own text)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(GenchatError) as caught:
        write_plot(tmp_path / "no" / "such.svg", [], [], "m")
    assert "such.svg" in str(caught.value)
