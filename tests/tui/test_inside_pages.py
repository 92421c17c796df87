"""The pages show the numbers that they are given, in the room that they have, also without colours."""

from dataclasses import replace

import numpy as np
import pytest
from textual.strip import Strip

from genchat.engine.contract import Passage, Passages
from genchat.engine.evidence import CorpusPlace
from genchat.engine.inside import InsideGpt, InsideLstm, InsideMixture, InsideNgram, InsidePart, Neuron, VerbatimRun
from genchat.engine.language import is_key, say
from genchat.engine.token_labels import Labels
from genchat.tui.colours import theme_styles
from genchat.tui.widgets.inside import Canvas, Page, Subject, level, window
from genchat.tui.widgets.inside.heads import HeadsPage, LensPage
from genchat.tui.widgets.inside.lstm import CellPage, ForgetPage
from genchat.tui.widgets.inside.ngram import LadderPage, RunPage
from genchat.tui.widgets.inside.pages import missing_of, pages_of
from genchat.tui.widgets.inside.passages import PassagesPage
from genchat.tui.widgets.inside.picture import pieces_of, tinted
from genchat.tui.widgets.inside.stream import InfluencePage, StreamPage
from tests.fakes import ByteTokenizer

SUBJECT = Subject(Labels(ByteTokenizer()), "gpt")
SIZES = [(78, 12), (118, 28), (198, 44), (20, 3), (1, 1)]
TEXT = tuple(b"abcdefgh")


def gpt(tokens: tuple[int, ...] = TEXT, layers: int = 3, heads: int = 4) -> InsideGpt:
    """Attention that lies wholly on the first token in head 2 of layer 1, and evenly on all elsewhere."""
    count = len(tokens)
    even = np.tril(np.ones((count, count))) / np.arange(1, count + 1)[:, None]
    attention = np.broadcast_to(even, (layers, heads, count, count)).astype(np.float16)
    attention[0, 1] = 0
    attention[0, 1, :, 0] = 1
    focus = np.zeros((layers, heads, count), dtype=np.float32)
    focus[0, 1, 1:] = 1
    influence = np.zeros(count, dtype=np.float32)
    influence[:2] = -0.5, 0.25
    return InsideGpt(
        tokens=tokens,
        chosen=ord("x"),
        first=0,
        attention=attention,
        focus=focus,
        lens_first=0,
        lens_tokens=np.full((layers + 1, count), ord("z"), dtype=np.int32),
        lens_probabilities=np.full((layers + 1, count), 0.25, dtype=np.float32),
        lens_entropies=np.full((layers + 1, count), 2.0, dtype=np.float32),
        norms=np.arange(1, (layers + 1) * count + 1, dtype=np.float32).reshape(layers + 1, count),
        neurons=(Neuron(2, 17, 3.5, 1.0, ((ord("q"), 1.25),)),),
        influence=influence,
        rival=ord("y"),
    )


def lstm() -> InsideLstm:
    """Unit 2 of layer 2 flips at every token; the others hold still."""
    gate = np.full((2, 4, len(TEXT)), 0.5, dtype=np.float32)
    cell = np.zeros((2, 4, len(TEXT)), dtype=np.float32)
    cell[1, 1] = np.resize([3, -3], len(TEXT))
    forget = gate.copy()
    forget[0, 0, :2] = 0.01
    return InsideLstm(TEXT, gate, forget, gate, cell, cell)


def ngram() -> InsideNgram:
    """Three orders; the last token comes from the highest alone and ends a run of three."""
    contributions = np.full((3, 4), 0.1, dtype=np.float32)
    contributions[:, -1] = 0, 0, 0.5
    place = CorpusPlace("poem.txt", 12, "xx fgh yy", 3, 6)
    run = VerbatimRun(5, 8, 2, (place,), (CorpusPlace("poem.txt", 11, "before", 0, 0), place))
    return InsideNgram(
        TEXT,
        4,
        np.array([1, 2, 3, 3], dtype=np.int32),
        contributions,
        np.zeros(4, dtype=np.float32),
        np.array([1, 1, 2, 3], dtype=np.int32),
        run,
    )


PASSAGES = Passages(
    (
        Passage(1, "a.md", "A", "The first. The best.", 2.0, (11, 20), {"bm25": 2.0}, {"best": 0.75}),
        Passage(2, "b.md", "B", "Another.", 1.0, None, {"bm25": 1.0}),
    ),
    "BM25",
    ("nowhere",),
)
ALL = [*pages_of(gpt(), SUBJECT, PASSAGES), *pages_of(lstm(), SUBJECT), *pages_of(ngram(), SUBJECT)]


def lines(page: Page, width: int = 118, height: int = 28) -> list[str]:
    return [strip.text.rstrip() for strip in page.paint(Canvas(width, height, theme_styles(True), "gpt"))]


@pytest.mark.parametrize("page", ALL, ids=lambda page: type(page).__name__)
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_every_page_keeps_to_its_room_wherever_its_cursor_goes(page: Page, width: int, height: int) -> None:
    for right, down in ((0, 0), (-1, 0), (-99, 0), (99, 0), (0, 99), (0, -99), (0, 1)):
        page.move(right, down)
        for opened in (False, True):
            if opened and page.opens:
                page.open()
            painted: list[Strip] = page.paint(Canvas(width, height, theme_styles(False), "gpt"))
            assert len(painted) <= max(height, 3)
            assert all(strip.cell_length <= max(width, 40) for strip in painted)
            tint = page.tint()
            assert tint is None or (len(tint) == len(page.tokens) and np.abs(tint).max() <= 1 + 1e-6)
            assert 0 <= page.position <= len(page.tokens)
            assert isinstance(page.note(), str)
        page.close()


@pytest.mark.parametrize("page", ALL, ids=lambda page: type(page).__name__)
def test_every_page_is_named_and_explained(page: Page) -> None:
    assert is_key(page.EXPLANATION)
    assert len(say(page.EXPLANATION).split(". ")) >= 2
    assert page.title


def test_the_cursor_begins_on_the_head_that_is_farthest_from_uniform() -> None:
    page = HeadsPage(SUBJECT, gpt())
    assert (page.layer, page.head) == (0, 1)
    assert "[██]" in lines(page)[1]
    assert "100%" in page.note()


def test_an_opened_head_shows_the_mask() -> None:
    page = HeadsPage(SUBJECT, gpt())
    page.move(0, 1)
    page.open()
    rows = lines(page)[1:]
    widths = [len(row) for row in rows]
    assert widths == sorted(widths)
    assert widths[-1] - widths[0] == 2 * (len(TEXT) - 1)
    page.move(-3, 0)
    assert page.position == len(TEXT) - 4
    assert page.close()
    assert not page.close()


def test_what_lies_left_of_a_narrow_picture_is_summed() -> None:
    page = HeadsPage(SUBJECT, gpt())
    page.open()
    assert "100%" in lines(page, 26)[-1]


def test_heads_and_layers_beyond_the_room_scroll_into_view() -> None:
    page = HeadsPage(SUBJECT, gpt(layers=40, heads=64))
    page.move(99, 99)
    assert any("[" in line and line.lstrip().startswith("40") for line in lines(page, 78, 12))


def test_the_lens_names_token_probability_and_entropy() -> None:
    page = LensPage(SUBJECT, gpt())
    found = {"layer": 3, "here": "h", "token": "z", "share": "25.0%", "bits": "2.00"}
    assert page.note() == say("inside.lens_note", **found)
    assert lines(page)[-1].count("z") == len(TEXT)


def test_neurons_show_what_they_push() -> None:
    text = "\n".join(lines(StreamPage(SUBJECT, gpt())))
    assert "2·17" in text
    assert "q" in text
    assert "1.25" in text


def test_a_model_that_cannot_tell_the_influence_says_why_on_that_page() -> None:
    data = replace(gpt(), influence=None, missing=("inside.only_newest", "inside.no_gradient_whole"))
    page = pages_of(data, SUBJECT)[-1]
    assert page.title == say("inside.page_influence")
    assert "gradient" in " ".join(lines(page))
    assert missing_of(data) == ("inside.only_newest",)


def test_a_lens_of_the_newest_positions_says_so() -> None:
    data = gpt()
    parts = {name: getattr(data, name)[:, 4:] for name in ("lens_tokens", "lens_probabilities", "lens_entropies")}
    page = LensPage(SUBJECT, replace(data, lens_first=4, **parts))
    page.move(-99, 0)
    assert page.position == 4
    assert say("inside.newest", count=4) in page.note()


def test_influence_is_listed_by_size_with_its_sign() -> None:
    data = gpt()
    assert data.influence is not None
    page = InfluencePage(SUBJECT, data, data.influence)
    first, second = lines(page)[1:3]
    assert "a" in first
    assert "▒" in first
    assert "█" not in first
    assert "█" in second
    tint = page.tint()
    assert tint is not None
    assert (tint[0], tint[1]) == (-1.0, 0.5)


def test_the_unit_that_varies_most_stands_first_and_sorting_goes_back() -> None:
    page = CellPage(SUBJECT, lstm())
    assert page.name_of(page.unit) == "2·2"
    assert "█≣█≣█≣█≣" in lines(page)[2]
    page.sort()
    assert page.name_of(page.unit) == "2·2"
    assert "1·1" in lines(page)[2]


def test_gates_show_how_often_they_are_saturated() -> None:
    page = ForgetPage(SUBJECT, lstm())
    assert page.name_of(page.unit) == "1·1"
    assert "25.0%" in lines(page)[2]


def test_the_ladder_shows_where_a_token_came_from() -> None:
    page = LadderPage(SUBJECT, ngram())
    text = lines(page)
    assert "100" in next(line for line in text if line.startswith("3"))
    assert "50.0%" in page.note()
    tint = page.tint()
    assert tint is not None
    assert tint[-1] == 1


def test_the_run_is_marked_in_its_line() -> None:
    data = ngram()
    assert data.run is not None
    page = RunPage(SUBJECT, data, data.run)
    assert [line for line in lines(page) if line.startswith(">")] == [">    12 xx fgh yy"]
    tint = page.tint()
    assert tint is not None
    assert tint.tolist() == [0, 0, 0, 0, 0, 1, 1, 1]


def test_passages_show_scores_by_part_and_matched_words() -> None:
    page = PassagesPage(SUBJECT, PASSAGES)
    text = "\n".join(lines(page))
    assert "“best”" in text
    assert "75.0%" in text
    assert "nowhere" in page.note()
    page.move(0, 1)
    assert "Another." in "\n".join(lines(page))


def test_parts_of_a_mixture_have_pages_and_labels_of_their_own() -> None:
    parts = (InsidePart("counts", 0.6, ByteTokenizer(), ngram()), InsidePart("silent", 0.4, ByteTokenizer(), None))
    pages = pages_of(InsideMixture(parts), SUBJECT)
    assert [page.title.split(":")[0] for page in pages] == ["counts", "counts"]
    assert missing_of(InsideMixture(parts)) == ("inside.nothing",)


def test_hostile_tokens_are_made_safe() -> None:
    page = HeadsPage(SUBJECT, gpt(tuple(b"a\x1b[2J\x07\n")))
    page.open()
    assert not any(character in "\n".join(lines(page)) for character in "\x1b\x07")
    assert "\x1b" not in "".join(pieces_of(page))


def test_shades_differ_as_characters_and_tints_as_styles() -> None:
    canvas = Canvas(80, 24, theme_styles(True), "gpt")
    marks = [canvas.shade(value)[0] for value in (1, 0.6, 0.3, 0.1, 0, -0.1, -0.3, -0.6, -1)]
    assert len(set(marks)) == len(marks)
    styles = theme_styles(True)
    assert tinted(styles, 0.9).underline
    assert tinted(styles, 0.9).bold
    assert not tinted(styles, 0.3).underline
    assert tinted(styles, -0.9).italic
    assert level(0.0) == 0


@pytest.mark.parametrize(
    ("place", "count", "room", "seen"), [(0, 10, 4, (0, 4)), (9, 10, 4, (6, 10)), (5, 10, 99, (0, 10))]
)
def test_a_window_holds_its_place(place: int, count: int, room: int, seen: tuple[int, int]) -> None:
    assert window(place, count, room) == seen
