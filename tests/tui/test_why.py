"""The painters of evidence: each says what its evidence says, in lines of the width of the panel."""

from dataclasses import replace

import numpy as np
import pytest

from genchat.engine.contract import Passage, Passages
from genchat.engine.evidence import (
    CorpusPlace,
    Evidence,
    GptEvidence,
    LensRow,
    LstmEvidence,
    MixtureEvidence,
    NgramEvidence,
    NgramLevel,
    NgramShare,
    NoEvidence,
    RecalledReply,
    RecallEvidence,
)
from genchat.engine.token_labels import Labels
from genchat.tui.chat.token_records import TokenRecord
from genchat.tui.colours import theme_styles
from genchat.tui.widgets.why import Scene
from genchat.tui.widgets.why.painters import paint_why
from genchat.tui.widgets.why.passages import paint_passages
from tests.fakes import ByteTokenizer

WIDTH = 44


def _scene(token: int = ord("a")) -> Scene:
    record = TokenRecord(0, token, "a", "a", labels=Labels(ByteTokenizer()))
    return Scene(record, WIDTH, theme_styles(True, "sheet"), "ngram")


def _ngram(place: CorpusPlace | None = None) -> NgramEvidence:
    levels = (
        NgramLevel(1, (), 663, 1.0, 0.1),
        NgramLevel(2, (ord("q"),), 147, 0.4, 0.4),
        NgramLevel(3, (1, 2), 35, 1, 1),
    )
    shares = {ord("a"): (NgramShare(1, 15, 663, 0.02), NgramShare(2, 14, 147, 0.08), NgramShare(3, 8, 35, 0.3))}
    return NgramEvidence(3, 5, levels, shares, tuple(b"o que"), 7, () if place is None else (place,))


def _recalling(*shares: float) -> NgramEvidence:
    """Half of p("a") comes from recalled replies."""
    replies = tuple(
        RecalledReply(
            CorpusPlace("talk.txt", 10 * number, f"question {number}", 0, 4),
            CorpusPlace("talk.txt", 10 * number + 1, f"reply {number}", 0, 4),
            0.5,
            share,
        )
        for number, share in enumerate(shares, 1)
    )
    return replace(_ngram(), recall=RecallEvidence(0.6, replies, {ord("a"): 0.4}))


def _text(evidence: Evidence | None, scene: Scene | None = None) -> str:
    return "\n".join(strip.text for strip in paint_why(evidence, scene or _scene()))


_HIDDEN = np.linspace(0, 1, 96, dtype=np.float32)
_ALL: list[Evidence | None] = [
    None,
    NoEvidence(),
    _ngram(
        CorpusPlace(
            "a/very/long/folder/name/with/a/file/in/it/food.txt", 118, "x" * 200 + "match" + "y" * 200, 200, 205
        )
    ),
    LstmEvidence(*(((_HIDDEN, _HIDDEN),) * 5)),
    GptEvidence((97, 98, 99), np.full((2, 4, 3), 1 / 3, dtype=np.float32), (LensRow(0, ((97, 0.5), (98, 0.2)), 1.0),)),
    _recalling(0.7, 0.2),
    MixtureEvidence({"counts": 0.25, "gpt": 0.75}, {"counts": _ngram(), "gpt": NoEvidence()}),
]


@pytest.mark.parametrize("evidence", _ALL)
def test_every_line_is_exactly_as_wide_as_the_panel(evidence: Evidence | None) -> None:
    strips = paint_why(evidence, _scene())
    assert strips
    assert {strip.cell_length for strip in strips} == {WIDTH}
    assert {len(strip.text) for strip in strips} == {WIDTH}


def test_counts_and_what_each_order_gives() -> None:
    text = _text(_ngram())
    assert "order 3 of 5" in text
    for expected in ("8/35", "14/147", "15/663", "30.0", "8.0", "2.0", "7 × verbatim", "“o que”"):
        assert expected in text


def test_each_order_says_how_much_it_hands_down() -> None:
    row = next(line for line in _text(_ngram()).split("\n") if "14/147" in line)
    assert row.split()[-2:] == ["40.0", "8.0"]


def test_counts_of_any_size_stand_whole() -> None:
    levels = (NgramLevel(1, (), 247_012_345, 1.0, 1.0),)
    evidence = NgramEvidence(1, 5, levels, {ord("a"): (NgramShare(1, 16_576_123, 247_012_345, 0.07),)})
    assert "16,576,123/247,012,345" in _text(evidence)


def test_recalled_replies_are_named_with_what_they_give() -> None:
    text = _text(_recalling(0.7, 0.2))
    for expected in ("recalled 60.0%", "70.0%  talk.txt:11", "question 1 → reply 1", "20.0%  talk.txt:21"):
        assert expected in text
    row = next(line for line in text.split("\n") if "recalled replies" in line)
    assert row.split()[-1] == "40.0"


def test_recalled_replies_that_are_hardly_heard_are_left_out() -> None:
    text = _text(_recalling(0.995, 0.005))
    assert "talk.txt:11" in text
    assert "talk.txt:21" not in text


def test_the_split_bar_holds_recall_and_every_order() -> None:
    strip = next(strip for strip in paint_why(_recalling(1.0), _scene()) if strip.text.startswith("split"))
    lengths = [len(segment.text) for segment in strip if "━" in segment.text]
    assert len(lengths) == 4  # recall gives 0.4, the orders 0.3, 0.08 and 0.02
    assert lengths[0] == round((WIDTH - len("split ")) * 0.4 / 0.8)


def test_a_candidate_never_seen_here_shows_no_count_rather_than_a_guess() -> None:
    text = _text(_ngram(), _scene(ord("z")))
    assert "–/35" in text
    assert "30.0" not in text


def test_the_line_it_learned_from_is_quoted_around_the_match() -> None:
    place = CorpusPlace("food.txt", 118, "no café da manhã eu como " * 6 + "MATCH" + " e mais " * 9, 150, 155)
    text = _text(_ngram(place))
    assert "food.txt:118" in text
    assert "MATCH" in text


def test_untrusted_names_and_lines_lose_their_escapes() -> None:
    place = CorpusPlace("\x1b[2Jfood.txt", 1, "a\x9b31m match\x1b]0;x\x07", 5, 10)
    text = _text(_ngram(place))
    assert not set(text) & set("\x1b\x9b\x07")


def test_recalled_replies_lose_their_escapes() -> None:
    hostile = CorpusPlace("\x1b[2Jtalk.txt", 1, "a\x9b31m\nquestion\x1b]0;x\x07", 0, 1)
    recall = RecallEvidence(0.5, (RecalledReply(hostile, hostile, 1.0, 1.0),), {})
    text = _text(replace(_ngram(), recall=recall))
    assert "talk.txt:1" in text
    assert not set(text) & set("\x1b\x9b\x07")


def test_attention_names_the_tokens_looked_at() -> None:
    attention = np.array([[[0.1, 0.7, 0.2]]], dtype=np.float32)
    text = _text(GptEvidence((97, 98, 99), attention, ()))
    assert text.index("b") < text.index("c")
    assert "70.0" in text


def test_passages_show_score_words_and_the_best_sentence() -> None:
    text = "Primeira frase. A aveia tem fibras. Última frase. " * 4
    passage = Passage(1, "comidas.md", "Café", text, 0.82, (16, 35), {"bm25": 0.7}, {"aveia": 0.6}, "")
    strips = paint_passages(Passages((passage,), "BM25", ("granola",)), _scene())
    shown = "\n".join(strip.text for strip in strips)
    assert {strip.cell_length for strip in strips} == {WIDTH}
    for expected in (
        "[1] comidas.md",
        "0.82",
        "score 0.82  BM25 0.70",
        "aveia 60.0%",
        "not in any passage: granola",
        "A aveia tem fibras.",
    ):
        assert expected in shown
    underlined = "".join(
        segment.text for strip in strips for segment in strip if segment.style is not None and segment.style.underline
    )
    assert underlined == text[16:35]


def test_a_passage_that_no_search_found_shows_no_scores_and_no_marks_of_headings() -> None:
    text = "## Sopa\nRende 2 porções.\n\n### Preparo\nCozinhe."
    path = "Receitas de jantar › " * 4 + "Sopa · line 7"
    passage = Passage(1, "jantar.md", path, text, 0.0, (8, 24), {"bm25": 0.0, "nearness": 0.0})
    strips = paint_passages(Passages((passage,), "choice of recipes"), _scene())
    shown = "\n".join(strip.text for strip in strips)
    assert "score" not in shown
    assert "#" not in shown
    assert "› Sopa · line 7" in strips[1].text
    underlined = "".join(
        segment.text for strip in strips for segment in strip if segment.style is not None and segment.style.underline
    )
    assert underlined == "Rende 2 porções."
