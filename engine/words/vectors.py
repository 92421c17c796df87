"""Word vectors by counting: which words keep company, how much more than chance, in few dimensions.

Co-occurrence counts within a window, weighted by nearness, become positive pointwise mutual information with the
context counts smoothed (power 0.75), and a truncated singular value decomposition makes vectors of them: Levy, Goldberg
& Dagan 2015, "Improving distributional similarity with lessons learned from word embeddings". The decomposition is
randomised (Halko, Martinsson & Tropp 2011), so that numpy alone does it in seconds.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from genchat.engine.distribution import FloatArray
from genchat.engine.errors import DocumentsError
from genchat.engine.retrieval.terms import WORD
from genchat.engine.text import fold

WINDOW = 5
DIMENSION = 100
_MOST_WORDS = 20_000
_FEWEST_WORDS = 50
_FEWEST = (3, 6)  # occurrences of a word in a small text, and in one with enough words
_ENOUGH_WORDS = 1000
_SMOOTHING = 0.75
_OVERSAMPLING = 20
_POWERS = 2
_ROWS_AT_ONCE = 200_000  # pairs multiplied at once: bounds memory
_SETTLED = 8  # occurrences
_SEED = 0

Progress = Callable[[float], None]
Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A word near another: cosine from -1 to 1, and the Euclidean distance between the vectors."""

    word: str
    cosine: float
    distance: float


@dataclass(frozen=True)
class WordVectors:
    """`words` by frequency, their `counts`, and `rows` float32 [words, dimension]. `name` is the text's."""

    name: str
    words: tuple[str, ...]
    counts: tuple[int, ...]
    rows: FloatArray

    @cached_property
    def _index_of(self) -> dict[str, int]:
        return {word: index for index, word in enumerate(self.words)}

    @cached_property
    def _folded(self) -> dict[str, str]:
        return {fold(word): word for word in reversed(self.words)}

    @cached_property
    def _units(self) -> FloatArray:
        return _unit(self.rows)

    def index(self, word: str) -> int:
        """The index is a word's row; accents and case may be left out. Raises DocumentsError, naming near ones."""
        lowered = word.casefold()
        spelling = lowered if lowered in self._index_of else self._folded.get(fold(word))
        if spelling is None:
            near = get_close_matches(lowered, self.words, 3, 0.6)
            raise DocumentsError(
                "word_unknown", word=word, name=self.name, near=f" ({', '.join(near)}?)" if near else ""
            )
        return self._index_of[spelling]

    def count(self, word: str) -> int:
        """The count is how often the text has the word."""
        return self.counts[self.index(word)]

    def nearest(self, word: str, count: int = 10) -> list[Neighbour]:
        """The words whose vectors point most in the same direction."""
        index = self.index(word)
        return self._around(self._units[index], self.rows[index], {index}, count)

    def compare(self, left: str, right: str) -> Neighbour:
        """The result says how near two words are."""
        one, other = self.index(left), self.index(right)
        cosine = float(self._units[one] @ self._units[other])
        return Neighbour(self.words[other], cosine, float(np.linalg.norm(self.rows[one] - self.rows[other])))

    def analogy(self, first: str, second: str, third: str, count: int = 5) -> list[Neighbour]:
        """These words are to `third` as `second` is to `first`: the neighbours of second - first + third.

        Only words seen often enough to have a settled vector, or as seldom as those that are given.
        """
        indices = [self.index(word) for word in (first, second, third)]
        least = min(_SETTLED, *(self.counts[index] for index in indices))
        seldom = {index for index, times in enumerate(self.counts) if times < least}
        aim = self._units[indices[1]] - self._units[indices[0]] + self._units[indices[2]]
        length = float(np.linalg.norm(aim))
        return self._around(aim / max(length, 1e-12), aim, {*indices, *seldom}, count)

    def _around(self, unit: FloatArray, vector: FloatArray, without: set[int], count: int) -> list[Neighbour]:
        cosines = self._units @ unit
        neighbours: list[Neighbour] = []
        for index in np.argsort(-cosines, kind="stable").tolist():
            if len(neighbours) >= count:
                break
            if index not in without:
                distance = float(np.linalg.norm(self.rows[index] - vector))
                neighbours.append(Neighbour(self.words[index], float(cosines[index]), distance))
        return neighbours

    def plane(self, words: Sequence[str]) -> FloatArray:
        """The array is float32 [len(words), 2]: the two directions in which these words differ most (PCA of their unit
        vectors).
        """
        chosen = self._units[[self.index(word) for word in words]].astype(np.float64)
        centred = chosen - chosen.mean(axis=0)
        _, _, directions = np.linalg.svd(centred, full_matrices=False)
        flat = np.zeros((len(words), 2), dtype=np.float32)
        used = min(2, len(directions))
        flat[:, :used] = centred @ directions[:used].T
        return flat


def train_vectors(
    texts: Iterable[str],
    name: str,
    *,
    window: int = WINDOW,
    dimension: int = DIMENSION,
    fewest: int | None = None,
    progress: Progress | None = None,
) -> WordVectors:
    """Vectors of the words that occur `fewest` times or more; None lets the size of the text decide.

    The same text always gives the same vectors. Raises DocumentsError for too small a text.
    """
    tell = progress or (lambda share: None)
    lines = [_words(line) for text in texts for line in text.split("\n")]
    counted = Counter(word for line in lines for word in line)
    common = [(word, count) for word, count in counted.most_common(_MOST_WORDS) if count >= (fewest or _FEWEST[0])]
    # A word seen a few times has a vector of chance; a small text cannot do without them.
    often = [(word, count) for word, count in common if count >= _FEWEST[1]]
    kept = often if fewest is None and len(often) >= _ENOUGH_WORDS else common
    if len(kept) < _FEWEST_WORDS:
        raise DocumentsError("words_corpus_small", name=name, count=len(kept))
    tell(0.1)
    index_of = {word: index for index, (word, _) in enumerate(kept)}
    rows, columns, weights = _pairs(lines, index_of, window)
    tell(0.4)
    table = _ppmi(rows, columns, weights, len(kept))
    tell(0.5)
    vectors = _decomposed(table, min(dimension, len(kept) - 1), tell)
    return WordVectors(name, tuple(word for word, _ in kept), tuple(count for _, count in kept), vectors)


def _words(line: str) -> list[str]:
    """Numbers are left out: every one keeps the company of every other."""
    return [word.casefold() for word in WORD.findall(line) if not word[0].isdigit()]


@dataclass(frozen=True)
class _Sparse:
    """A square matrix by its entries, ordered by row: `starts` int64 [size + 1] into `columns` and `values`."""

    size: int
    starts: Longs
    columns: Longs
    values: FloatArray

    def times(self, dense: FloatArray) -> FloatArray:
        """float32 [size, k]; a block of rows at a time."""
        out = np.zeros((self.size, dense.shape[1]), dtype=np.float32)
        first = 0
        while first < self.size:
            after = int(np.searchsorted(self.starts, self.starts[first] + _ROWS_AT_ONCE, side="right")) - 1
            last = min(max(after, first + 1), self.size)
            begin, end = int(self.starts[first]), int(self.starts[last])
            filled = np.flatnonzero(np.diff(self.starts[first : last + 1])) + first
            if len(filled):
                products = dense[self.columns[begin:end]] * self.values[begin:end, None]
                out[filled] = np.add.reduceat(products, self.starts[filled] - begin, axis=0)
            first = last
        return out


def _pairs(lines: list[list[str]], index_of: dict[str, int], window: int) -> tuple[Longs, Longs, NDArray[np.float64]]:
    """Every pair of words within `window` of one line, once in each direction, weighted 1 / distance and added up."""
    size = len(index_of)
    stream: list[int] = []
    for line in lines:
        stream += [index_of[word] for word in line if word in index_of]
        # Longer than the window, so that no pair reaches into the next line.
        stream += [-1] * window
    tokens = np.array(stream, dtype=np.int64)
    codes: list[Longs] = []
    weights: list[NDArray[np.float64]] = []
    for gap in range(1, window + 1):
        left, right = tokens[:-gap], tokens[gap:]
        both = (left >= 0) & (right >= 0)
        pairs, counts = np.unique(left[both] * size + right[both], return_counts=True)
        codes.append(pairs)
        weights.append(counts / gap)
    joined, inverse = np.unique(np.concatenate(codes), return_inverse=True)
    added = np.bincount(inverse, np.concatenate(weights), len(joined))
    rows, columns = joined // size, joined % size
    return np.concatenate([rows, columns]), np.concatenate([columns, rows]), np.concatenate([added, added])


def _ppmi(rows: Longs, columns: Longs, weights: NDArray[np.float64], size: int) -> _Sparse:
    codes, inverse = np.unique(rows * size + columns, return_inverse=True)
    counts = np.bincount(inverse, weights, len(codes))
    rows, columns = codes // size, codes % size
    by_word = np.bincount(rows, counts, size)
    by_context = np.bincount(columns, counts, size) ** _SMOOTHING
    total = by_word.sum()
    chance = by_word[rows] * (by_context[columns] / by_context.sum())
    information = np.log(counts / np.maximum(chance, 1e-12)) if total else counts
    positive = information > 0
    rows, columns = rows[positive], columns[positive]
    starts = np.searchsorted(rows, np.arange(size + 1))
    return _Sparse(size, starts, columns, information[positive].astype(np.float32))


def _decomposed(table: _Sparse, dimension: int, tell: Progress) -> FloatArray:
    """Left singular vectors times the square roots of their values."""
    transposed = _transposed(table)
    generator = np.random.default_rng(_SEED)
    width = min(dimension + _OVERSAMPLING, table.size)
    basis = _orthonormal(table.times(generator.standard_normal((table.size, width)).astype(np.float32)))
    for turn in range(_POWERS):
        basis = _orthonormal(transposed.times(basis))
        basis = _orthonormal(table.times(basis))
        tell(0.5 + 0.5 * (turn + 1) / (_POWERS + 1))
    projected = transposed.times(basis).astype(np.float64)
    squares, left = np.linalg.eigh(projected.T @ projected)
    order = np.argsort(-squares)[:dimension]
    vectors = (basis @ left[:, order]) * np.maximum(squares[order], 0) ** 0.25
    # A singular vector's sign is arbitrary; fixed, the same text gives the same picture everywhere.
    signs = np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])])
    tell(1.0)
    return np.ascontiguousarray(vectors * np.where(signs == 0, 1, signs), dtype=np.float32)


def _orthonormal(columns: FloatArray) -> FloatArray:
    """The same space by orthonormal columns, through the small Gram matrix; a tall QR crawls on shared cores."""
    basis = columns.astype(np.float64)
    for _ in range(2):  # once leaves the rounding errors of squared condition numbers
        sizes, directions = np.linalg.eigh(basis.T @ basis)
        kept = sizes > sizes[-1] * 1e-12
        basis = basis @ (directions[:, kept] / np.sqrt(sizes[kept]))
    return basis.astype(np.float32)


def _transposed(table: _Sparse) -> _Sparse:
    rows = np.repeat(np.arange(table.size), np.diff(table.starts))
    order = np.argsort(table.columns, kind="stable")
    starts = np.searchsorted(table.columns[order], np.arange(table.size + 1))
    return _Sparse(table.size, starts, rows[order], table.values[order])


def _unit(rows: FloatArray) -> FloatArray:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12), dtype=np.float32)
