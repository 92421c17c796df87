"""What results look like: aligned when printed, escaped and self-contained in a notebook, whatever a model says."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

import genchat
from genchat.engine.interface.tables import Table, cells_of
from genchat.engine.language import use_language
from tests.engine.interface.hostile import PIECES, HostileModel

ALLOWED = {"div", "span", "table", "tr", "th", "td", "wbr", "pre", "b", "h4"}


class Strict(HTMLParser):
    """Fails on any element or attribute that is not genchat's own, and on what is left open."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.titles = "", list[str]()
        self._open = list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED
        for name, value in attrs:
            assert name in ("style", "title")
            if name == "title":
                self.titles.append(value or "")
            else:
                assert "url" not in (value or "")
        if tag != "wbr":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def close(self) -> None:
        super().close()
        assert not self._open


def parsed(html: str) -> Strict:
    reader = Strict()
    reader.feed(html)
    reader.close()
    return reader


@pytest.fixture
def model() -> genchat.Model:
    return genchat.open(HostileModel())


RESULTS: tuple[Callable[[genchat.Model], Any], ...] = (
    lambda model: model.next("x", top=20),
    lambda model: model.score("odd" + "".join(PIECES)),
    lambda model: model.complete("x", temperature=0),
    lambda model: model.chat("x", temperature=0),
    lambda model: model.tokens("".join(PIECES)),
    lambda model: model.explain("x"),
)


@pytest.mark.parametrize("result", RESULTS)
def test_hostile_tokens_stay_text_in_a_notebook(model: genchat.Model, result: Callable[[genchat.Model], Any]) -> None:
    shown = parsed(result(model)._repr_html_())
    for text in (shown.text, *shown.titles):
        assert "\x1b" not in text
        assert "\u202e" not in text


@pytest.mark.parametrize("result", RESULTS)
def test_hostile_tokens_cannot_move_the_cursor_when_printed(
    model: genchat.Model, result: Callable[[genchat.Model], Any]
) -> None:
    value = result(model)
    if isinstance(value, genchat.Reply):
        value.stop()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", repr(value))


def test_a_reply_in_a_notebook_shows_its_text_and_the_candidates_under_the_pointer(model: genchat.Model) -> None:
    reply = model.complete("x", temperature=0)
    shown = parsed(reply._repr_html_())
    assert PIECES[0] in shown.text
    assert " plain" in shown.text
    assert len(shown.titles) == len(reply.steps)
    first = shown.titles[0].splitlines()
    assert PIECES[0].replace(" ", "·") in first[0]
    assert "80.0%" in first[0]
    assert first[1].startswith("1. ")
    assert len(first) == 7


def test_a_surprising_token_is_tinted_more_than_an_expected_one(model: genchat.Model) -> None:
    html = model.score(PIECES[0] + PIECES[2])._repr_html_()
    expected, surprising = (float(opacity) for opacity in re.findall(r"rgba\(230,120,30,([\d.]+)\)", html))
    assert expected < surprising


def test_a_table_in_a_notebook_has_a_bar_for_every_row(model: genchat.Model) -> None:
    html = model.next("x", top=5)._repr_html_()
    assert html.count("width:12.0em") == 1
    assert html.count("display:inline-block") == 5


def test_numbers_are_written_as_the_reader_writes_them(model: genchat.Model) -> None:
    use_language("pt-br")
    assert "0,32" in repr(model.next("x", top=1))


def test_columns_line_up_whatever_the_width_of_the_characters() -> None:
    lines = Table(("token", "p"), [("日本", "1"), ("e\u0301", "22"), ("abc", "3")], frozenset({1})).text().splitlines()
    assert len({cells_of(line) for line in lines}) == 1


def test_a_long_table_is_cut_and_says_so() -> None:
    lines = Table(("n",), [(str(number),) for number in range(250)]).text().splitlines()
    assert len(lines) == 102
    assert lines[-1] == "… and 150 more"
