"""Every number of the estimator against KenLM's lmplz and query, on a text small enough to keep here.

The reference was made with lmplz -o N --discount_fallback and query -v word, one line a sentence (kpu/kenlm 4cb443e).
"""

from pathlib import Path

import numpy as np
import pytest

from genchat.engine.ngram.tables import NgramTables
from genchat.engine.ngram.training import estimate
from tests.engine.ngram.streams import sentence_stream

FOLDER = Path(__file__).parent / "kenlm_toy"


def reference(order: int) -> list[tuple[str, int, float]]:
    """(word, matched length, log10 p) of every held-out token."""
    scores = []
    for item in (FOLDER / f"order{order}.heldout.txt").read_text(encoding="utf-8").split("\t"):
        if "=" in item:
            word_and_id, matched, log10 = item.rsplit(" ", 2)
            scores.append((word_and_id.rpartition("=")[0], int(matched), float(log10)))
    return scores


def held_out() -> list[list[str]]:
    return [line.split() for line in (FOLDER / "heldout.txt").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("order", [2, 3, 4])
def test_every_held_out_probability_is_kenlms(order: int) -> None:
    lines = [line.split() for line in (FOLDER / "text.txt").read_text(encoding="utf-8").splitlines()]
    stream, ids = sentence_stream(lines)
    tables, _ = estimate(stream, len(ids), order, like_lmplz=True)
    expected = reference(order)
    got: list[float] = []
    for sentence in held_out():
        tokens = [ids.get(word, ids["<unk>"]) for word in [*sentence, "</s>"]]
        got.extend((tables.score(tokens) / np.log(10)).tolist())
        _assert_rolling_agrees(tables, tokens)
    assert len(got) == len(expected)
    np.testing.assert_allclose(got, [log10 for _, _, log10 in expected], atol=1e-6, rtol=0)


def _assert_rolling_agrees(tables: NgramTables, tokens: list[int]) -> None:
    state = tables.state_after([])
    for token, whole in zip(tokens, tables.score(tokens), strict=True):
        assert tables.log_probs(state)[token] == pytest.approx(float(whole), abs=1e-5)
        state = tables.advance(state, token)


@pytest.mark.parametrize("order", [2, 3, 4])
def test_matched_lengths_are_kenlms(order: int) -> None:
    lines = [line.split() for line in (FOLDER / "text.txt").read_text(encoding="utf-8").splitlines()]
    stream, ids = sentence_stream(lines)
    tables, _ = estimate(stream, len(ids), order)
    matched = []
    for sentence in held_out():
        state = tables.state_after([])
        for word in [*sentence, "</s>"]:
            token = ids[word]
            longest = next(
                (
                    length
                    for length, node in zip(range(len(state), 0, -1), state, strict=True)
                    if tables.child(length, node, token) is not None
                ),
                0,
            )
            matched.append(longest + 1)
            state = tables.advance(state, token)
    assert matched == [length for _, length, _ in reference(order)]


def test_the_textbook_statistics_differ_from_lmplz_on_so_small_a_text() -> None:
    lines = [line.split() for line in (FOLDER / "text.txt").read_text(encoding="utf-8").splitlines()]
    stream, ids = sentence_stream(lines)
    textbook, _ = estimate(stream, len(ids), 3)
    tokens = [ids[word] for word in held_out()[0]]
    expected = [log10 for _, _, log10 in reference(3)][: len(tokens)]
    assert not np.allclose(textbook.score(tokens) / np.log(10), expected, atol=1e-4, rtol=0)
