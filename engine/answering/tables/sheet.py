"""A table as questions meet it: which column names a row, which columns hold figures, dates or kinds.

A column is told by what stands in it: figures or dates in most of its filled cells. The column that names a row is the
first one of words that are mostly different, unless they look like codes. Where a column of words is written once and
then left blank, as merged cells are exported, the blanks mean the same again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import takewhile
from pathlib import PurePath
from typing import Literal

from genchat.engine.answering.tables.cells import as_date, decimal_mark, quantity
from genchat.engine.retrieval.tables import Column, Row, Table
from genchat.engine.retrieval.terms import LANGUAGES, stemmer, words_of
from genchat.engine.text import fold

Sort = Literal["figures", "dates", "words"]

MOST_COLUMNS = 256
_MOSTLY = 0.8
_DIFFERENT = 0.8
_CODE = re.compile(r"[A-Z]{0,4}[-_/. ]?\d[\dA-Z./_-]*|[a-z]{1,2}\d+", re.IGNORECASE)
_EMPTY = frozenset(("", "-", "–", "—", "na", "n/a", "nan", "null", "none", "nd", "n.d.", "?", "."))
_NAMES = frozenset(("nome", "name", "titulo", "title"))
_ROOT = 5  # letters that related words share at their beginning
_MERGED = 0.3  # share of blank cells from which on a column written without repetitions is taken for merged


def stems(text: str) -> tuple[str, ...]:
    """The stems of the telling words of a short text in both languages, in order; "netGeneration" is two words."""
    parted = re.sub(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Ý])|_", " ", text)
    words = [word for word in words_of(parted, LANGUAGES[0]) if word.text]
    return tuple(stem for word in words for stem in dict.fromkeys(stemmer(each)(word.folded) for each in LANGUAGES))


def alike(word: str) -> frozenset[str]:
    """The stems of one folded word in both languages."""
    return frozenset(stemmer(each)(word) for each in LANGUAGES)


@dataclass(frozen=True)
class Sheet:
    """A table with its columns understood."""

    table: Table

    @property
    def usable(self) -> bool:
        """Whether it has rows and not too many columns."""
        return bool(self.table.rows) and 1 < len(self.table.columns) <= MOST_COLUMNS

    @cached_property
    def sorts(self) -> Mapping[Column, Sort]:
        """What each column holds."""
        return {column: self._sort(column) for column in self.table.columns}

    @cached_property
    def figures(self) -> tuple[Column, ...]:
        """The columns of figures and dates."""
        return tuple(column for column, sort in self.sorts.items() if sort != "words")

    @cached_property
    def _decimals(self) -> Mapping[Column, str]:
        marks = {column: decimal_mark(self._filled(column)) for column in self.table.columns}
        return {column: mark or self.table.decimal for column, mark in marks.items()}

    def value(self, row: Row, column: Column) -> float | None:
        """The figure in a cell, or its date as a number of days; None where it is empty or something else."""
        cell = row.cell(column)
        if is_empty(cell):
            return None
        if self.sorts[column] == "dates":
            day = as_date(cell)
            return None if day is None else float(day.toordinal())
        return quantity(cell, self._decimals[column])

    @cached_property
    def name_column(self) -> Column:
        """The column that says which row it is."""
        worded = [column for column in self.table.columns if self.sorts[column] == "words"]
        named = [column for column in worded if _NAMES & set(column.label.split())]
        different = [column for column in worded if self._difference(column) >= _DIFFERENT and not self._codes(column)]
        plain = [column for column in worded if not self._codes(column)]
        for group in (named, different, plain, worded, self.table.columns):
            if group:
                return group[0]
        return self.table.columns[0]

    def name(self, row: Row) -> str:
        """Which row it is; with a second column of words where the first is the same for many rows."""
        column = self.name_column
        first = row.cell(column) or row.cell(self.table.columns[0])
        if self._difference(column) >= _DIFFERENT or not first:
            return first or next((cell.strip() for cell in row.cells if cell.strip()), "")
        other = next((each for each in self.table.columns if each != column and self.sorts[each] != "figures"), None)
        more = row.cell(other) if other is not None else ""
        return f"{first}, {more}" if more and not is_empty(more) else first

    def cell(self, row: Row, column: Column) -> str:
        """A cell of words; what was written above it where cells seem to be merged."""
        cell = row.cell(column)
        return self._merged[column].get(row, "") if is_empty(cell) and column in self._merged else cell

    def is_title(self, word: str) -> bool:
        """Whether a folded word says what the rows are."""
        return bool(alike(word) & self.title) or any(_related(word, each) for each in self.title)

    def calls(self, column: Column, word: str) -> bool:
        """Whether a folded word names a column, or begins as its name does: "direct" of "director"."""
        own = stems(column.title)
        return bool(alike(word) & set(own)) or any(_related(word, each) for each in own)

    def held(self, row: Row, besides: Column | None) -> frozenset[str]:
        """The stems of the words in a row, those of one column left out."""
        key = (row, besides)
        if key not in self._held:
            cells = [self.cell(row, column) for column in self.table.columns if column != besides]
            self._held[key] = frozenset(stem for cell in cells if not is_empty(cell) for stem in cell_stems(cell))
        return self._held[key]

    @cached_property
    def _held(self) -> dict[tuple[Row, Column | None], frozenset[str]]:
        return {}

    @cached_property
    def title(self) -> frozenset[str]:
        """The stems of what the rows are called: by the name of the file and of the column that names them."""
        return frozenset((*stems(PurePath(self.table.source).stem), *stems(self.name_column.title)))

    @cached_property
    def _merged(self) -> Mapping[Column, Mapping[Row, str]]:
        found = {}
        for column in self.table.columns:
            cells = [row.cell(column) for row in self.table.rows]
            filled = [cell for cell in cells if cell]
            blank = len(cells) - len(filled)
            once = len(set(filled)) == len(filled)
            if cells and cells[0] and once and blank >= _MERGED * len(cells) and self.sorts[column] == "words":
                above, last = {}, ""
                for row, cell in zip(self.table.rows, cells, strict=True):
                    last = cell or last
                    above[row] = last
                found[column] = above
        return found

    def _filled(self, column: Column) -> list[str]:
        return [cell for row in self.table.rows[:500] if not is_empty(cell := row.cell(column))]

    def _sort(self, column: Column) -> Sort:
        filled = self._filled(column)
        if not filled:
            return "words"
        if sum(as_date(cell) is not None for cell in filled) >= _MOSTLY * len(filled):
            return "dates"
        mark = decimal_mark(filled)
        return (
            "figures" if sum(quantity(cell, mark) is not None for cell in filled) >= _MOSTLY * len(filled) else "words"
        )

    def _difference(self, column: Column) -> float:
        filled = self._filled(column)
        return len(set(filled)) / len(filled) if filled else 0.0

    def _codes(self, column: Column) -> bool:
        filled = self._filled(column)
        return bool(filled) and sum(bool(_CODE.fullmatch(cell)) for cell in filled) >= _MOSTLY * len(filled)


@lru_cache(maxsize=65536)
def cell_stems(cell: str) -> frozenset[str]:
    """The stems of the words of a cell, and the cell itself."""
    return frozenset((*stems(cell), fold(cell.strip())))


def _related(word: str, stem: str) -> bool:
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(word, stem, strict=False)))
    return shared >= _ROOT and shared >= min(len(word), len(stem)) - 1


def is_empty(cell: str) -> bool:
    """Whether a cell says nothing."""
    return cell.strip().casefold() in _EMPTY
