"""Forms of words, vectors from their company, and the picture of them."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genchat.engine.errors import DocumentsError
from genchat.engine.words.forms import distinct, word_forms
from genchat.engine.words.picture import drawn, placed
from genchat.engine.words.store import open_vectors, shipped_texts
from genchat.engine.words.vectors import WordVectors, train_vectors
from tests.fakes import ByteTokenizer

FRUITS = ("maçã", "banana", "manga", "uva", "pera", "laranja", "goiaba", "caqui")
TOOLS = ("martelo", "serrote", "alicate", "prego", "lixa", "trena", "grampo", "chave")
FILLER = tuple(f"palavra{number}" for number in range(60))


def company() -> str:
    """Fruits are eaten and sweet, tools are used and hard."""
    generator = np.random.default_rng(3)
    lines = []
    for _ in range(1500):
        fruit, tool, other = (str(generator.choice(group)) for group in (FRUITS, TOOLS, FILLER))
        lines.append(f"eu como {fruit} doce madura {other}")
        lines.append(f"ele usa {tool} duro pesado {other}")
    return "\n".join(lines)


@pytest.fixture(scope="module")
def vectors() -> WordVectors:
    return train_vectors([company()], "companhia", dimension=20)


def test_stems_cut_endings_and_lemmas_are_words() -> None:
    forms = {form.text: form for form in word_forms("As meninas comeram maçãs", "pt", ByteTokenizer())}
    assert forms["meninas"].stem == "menin"
    assert forms["meninas"].lemma == "menino"
    assert forms["comeram"].lemma == "comer"
    assert forms["maçãs"].folded == "macas"
    assert forms["As"].common
    assert not forms["maçãs"].common
    assert forms["comeram"].pieces == ("·", "c", "o", "m", "e", "r", "a", "m")
    assert not word_forms("xkcdjh", "pt")[0].known


def test_each_way_of_writing_leaves_fewer_different_words() -> None:
    counts = distinct(word_forms("Correr corre correu. maçã maca", "pt"))
    assert counts["text"] == 5
    assert counts["folded"] == 4
    assert counts["stem"] < counts["folded"]


def test_words_of_the_same_company_are_near(vectors: WordVectors) -> None:
    near = [neighbour.word for neighbour in vectors.nearest("banana", 7)]
    assert set(near) == set(FRUITS) - {"banana"}
    assert vectors.compare("banana", "uva").cosine > 0.8 > vectors.compare("banana", "martelo").cosine
    assert vectors.compare("banana", "uva").distance < vectors.compare("banana", "martelo").distance


def test_accents_and_case_may_be_left_out(vectors: WordVectors) -> None:
    assert vectors.index("MACA") == vectors.index("maçã")
    assert vectors.count("maca") == company().split().count("maçã")


def test_distances_are_symmetric_and_nothing_is_nearer_than_itself(vectors: WordVectors) -> None:
    there, back = vectors.compare("uva", "prego"), vectors.compare("prego", "uva")
    assert there.cosine == pytest.approx(back.cosine, abs=1e-6)
    assert vectors.compare("uva", "uva").cosine == pytest.approx(1.0, abs=1e-5)
    assert vectors.compare("uva", "uva").distance == 0


def test_an_analogy_stays_in_the_company_of_its_third_word(vectors: WordVectors) -> None:
    result = [neighbour.word for neighbour in vectors.analogy("maçã", "banana", "martelo", 5)]
    assert set(result) <= set(TOOLS) - {"martelo"}


def test_an_analogy_is_answered_with_words_seen_often_enough() -> None:
    rare = "\n".join(f"eu como raro{number} doce madura" for number in range(40) for _ in range(4))
    result = train_vectors([company() + "\n" + rare], "companhia", dimension=20).analogy("maçã", "banana", "uva", 60)
    assert result
    assert not [neighbour.word for neighbour in result if neighbour.word.startswith("raro")]


def test_numbers_have_no_vectors() -> None:
    counted = "\n".join(f"{line} {number % 7}" for number, line in enumerate(company().split("\n")))
    words = train_vectors([counted], "companhia", dimension=20).words
    assert "banana" in words
    assert not [word for word in words if word[0].isdigit()]


def test_an_unknown_word_is_told_with_near_ones(vectors: WordVectors) -> None:
    with pytest.raises(DocumentsError) as raised:
        vectors.index("bananas")
    assert "banana" in str(raised.value)


def test_a_small_text_is_refused() -> None:
    with pytest.raises(DocumentsError) as raised:
        train_vectors(["um dois três"], "pouco")
    assert raised.value.key == "words_corpus_small"


def test_the_same_text_gives_the_same_vectors(vectors: WordVectors) -> None:
    again = train_vectors([company()], "companhia", dimension=20)
    np.testing.assert_array_equal(again.rows, vectors.rows)


def test_the_decomposition_is_the_best_one_there_is() -> None:
    """Against numpy's exact singular values: the randomised ones may fall short by little."""
    from genchat.engine.words.vectors import _decomposed, _pairs, _ppmi

    lines = [line.split() for line in company().split("\n")]
    words = sorted({word for line in lines for word in line})
    index_of = {word: index for index, word in enumerate(words)}
    table = _ppmi(*_pairs(lines, index_of, 5), len(words))
    dense = np.zeros((len(words), len(words)))
    for row in range(len(words)):
        part = slice(int(table.starts[row]), int(table.starts[row + 1]))
        dense[row, table.columns[part]] = table.values[part]
    exact = np.linalg.svd(dense, compute_uv=False)[:10]
    result = (np.linalg.norm(_decomposed(table, 10, lambda share: None).astype(np.float64), axis=0)) ** 2
    np.testing.assert_allclose(result, exact, rtol=0.02)


def test_neighbours_in_different_lines_are_no_company() -> None:
    from genchat.engine.words.vectors import _pairs

    rows, columns, weights = _pairs([["a", "b"], ["c", "a"]], {"a": 0, "b": 1, "c": 2}, 2)
    result = {(int(row), int(column)): float(w) for row, column, w in zip(rows, columns, weights, strict=True)}
    assert result == {(0, 1): 1.0, (1, 0): 1.0, (2, 0): 1.0, (0, 2): 1.0}


def test_trained_vectors_are_kept_and_a_damaged_copy_is_made_anew(tmp_path: Path) -> None:
    texts = [company()]
    first = open_vectors(texts, "x", tmp_path)
    (kept,) = (tmp_path / "words").iterdir()
    again = open_vectors(texts, "x", tmp_path, lambda share: pytest.fail("trained again"))
    np.testing.assert_array_equal(first.rows, again.rows)
    assert again.words == first.words
    kept.write_bytes(kept.read_bytes()[:200])
    np.testing.assert_array_equal(open_vectors(texts, "x", tmp_path).rows, first.rows)


def test_there_are_texts_in_both_languages() -> None:
    assert all(sum(map(len, shipped_texts(language))) > 50_000 for language in ("pt", "en"))


WORDS = st.lists(st.text(alphabet="abcdefé", min_size=1, max_size=12), min_size=1, max_size=30)


@given(WORDS, st.integers(12, 80), st.integers(3, 24), st.integers(0, 9))
@settings(deadline=None, max_examples=60)
def test_no_word_on_the_map_covers_another_or_leaves_it(words: list[str], width: int, height: int, seed: int) -> None:
    points = np.random.default_rng(seed).normal(size=(len(words), 2)).astype(np.float32)
    shown = placed(words, points, width, height)
    lines = drawn(shown, width, height)
    assert len(lines) == height
    assert max(map(len, lines)) <= width
    assert sum(line.count("•") for line in lines) == len(shown)
    for label in shown:
        assert lines[label.row][label.column : label.column + len(label.word)] == label.word


def test_points_far_apart_stand_far_apart_on_the_map() -> None:
    points = np.array([[0, 0], [10, 10], [0, 10]], dtype=np.float32)
    low, high, left = placed(["a", "b", "c"], points, 40, 10)
    assert (low.row, high.row) == (9, 0)
    assert low.dot < high.dot
    assert left.row == 0


def test_a_plane_of_one_or_two_words_is_flat_but_there(vectors: WordVectors) -> None:
    assert vectors.plane(["uva"]).shape == (1, 2)
    two = vectors.plane(["uva", "prego"])
    assert two.shape == (2, 2)
    assert np.allclose(two[:, 1], 0, atol=1e-5)
