"""The tables among the documents, read as tables: which column holds what, and what a row is about.

A column's name may end in its unit, as "proteina_g" or "preço (R$)". The first column is what a row is about; a column
of words with few different values, such as a group, says what kind of thing it is.
"""

import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from genchat.engine.retrieval.phrases import read_number
from genchat.engine.retrieval.tabular import flat_record, row_cells
from genchat.engine.retrieval.terms import LANGUAGES, Language, stemmer, words_of
from genchat.engine.text import fold, safe_line

_MOST_ROWS = 5000
_FEWEST_RECORDS, _MOST_FIELDS = 3, 64
_ALIKE = 0.9  # share of records of JSON that have the same fields, for a table
_SAMPLE = 50
_UNITS = frozenset("g mg mcg kg ml l kcal kj cal cm mm m km min h s r$ us$ $ € £ eur %".split())  # noqa: SIM905
_CURRENCIES = frozenset(("r$", "us$", "$", "€", "£", "eur"))
_WEIGHTS = frozenset(("gramas", "grama", "grams", "gram", "peso", "weight"))
_PORTIONS = frozenset(("porcao", "porcoes", "portion", "serving", "medida"))
_KIND_SHARE = 0.5  # different values, at most, per row of a column that tells kinds apart
_FEW_KINDS = 3
_SPLIT = re.compile(r"[\s_()/\[\]-]+")


@dataclass(frozen=True, slots=True)
class Column:
    """`label` are the folded words of its name without the unit, `title` the same as written; both empty for a unit.

    `written` is all of the name.
    """

    place: int
    label: str
    title: str
    unit: str
    written: str = ""


@dataclass(frozen=True)
class Row:
    """A row and the chunk it stands in."""

    chunk: int
    cells: tuple[str, ...]

    @property
    def name(self) -> str:
        """What it is about."""
        return safe_line(self.cells[0], 80)

    def __hash__(self) -> int:
        return hash((self.chunk, self.cells[:1]))

    def cell(self, column: Column | None) -> str:
        """Empty where there is none."""
        return self.cells[column.place].strip() if column is not None and column.place < len(self.cells) else ""


@dataclass(frozen=True)
class Table:
    """A document of rows. `kinds` are the columns that say what kind of thing a row is."""

    source: str
    language: Language
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    decimal: str
    kinds: tuple[Column, ...]

    def value(self, row: Row, column: Column | None) -> float | None:
        """The number in a cell."""
        return read_number(row.cell(column), self.decimal)

    @property
    def weight(self) -> Column | None:
        """The column that holds what a portion weighs, in grams."""
        return next((column for column in self.columns if column.label in _WEIGHTS), None)

    @property
    def portion(self) -> Column | None:
        """The column that says in words what a portion is."""
        return next((column for column in self.columns if column.label in _PORTIONS), None)

    @property
    def measured(self) -> tuple[Column, ...]:
        """The columns of numbers, weights of portions left out."""
        weight = self.weight
        return tuple(
            column
            for column in self.columns[1:]
            if column is not weight and any(self.value(row, column) is not None for row in self.rows[:20])
        )


def find_tables(connection: sqlite3.Connection, collection: int | None = None, remote: bool = False) -> list[Table]:
    """All tables with named columns that are not too long to be read at once, and lists of like records in JSON."""
    listed = connection.execute(
        "SELECT d.id, d.name, d.language, d.columns, d.delimiter FROM docs_document d"
        " JOIN docs_collection k ON k.id = d.collection WHERE d.state = 'ready'"
        " AND (d.kind = 'json' OR (d.kind = 'csv' AND d.columns <> '[]'))"
        " AND d.chunks <= ?1 AND (?2 IS NULL OR d.collection = ?2)"
        " AND NOT (?3 AND k.local_only) ORDER BY d.id",
        (_MOST_ROWS, collection, remote),
    ).fetchall()
    return [table for each in listed if (table := _read(connection, *each)) is not None]


def _read(
    connection: sqlite3.Connection, document: int, name: str, language: str, columns: str, delimiter: str
) -> Table | None:
    stored = connection.execute(
        "SELECT id, text FROM docs_chunk WHERE document = ? ORDER BY ordinal", (document,)
    ).fetchall()
    names = tuple(map(str, json.loads(columns)))
    if names:
        rows = [
            Row(chunk, tuple(cells))
            for chunk, text in stored
            if any(map(str.strip, cells := row_cells(text, delimiter)))
        ]
    else:
        names, rows = _records(stored)
    if not names or not rows:
        return None
    named = tuple(_column(place, written) for place, written in enumerate(names))
    spoken = next((each for each in LANGUAGES if each == language), LANGUAGES[0])
    decimal = _decimal(cell for row in rows[:200] for cell in row.cells[1:])
    kinds = tuple(column for column in named[1:] if _tells_kinds(rows, column))
    return Table(safe_line(name, 80), spoken, named, tuple(rows), decimal, kinds)


def _records(stored: Sequence[tuple[int, str]]) -> tuple[tuple[str, ...], list[Row]]:
    """The fields and rows of records of JSON that are all alike; nothing of others."""
    if len(stored) < _FEWEST_RECORDS:
        return (), []
    records = [(chunk, flat_record(text)) for chunk, text in stored]
    names = tuple(dict.fromkeys(name for _, record in records[:_SAMPLE] for name in record or ()))
    alike = sum(record is not None and len(record) >= len(names) / 2 for _, record in records)
    if not 1 < len(names) <= _MOST_FIELDS or alike < _ALIKE * len(records):
        return (), []
    return names, [
        Row(chunk, tuple(record.get(name, "") for name in names)) for chunk, record in records if record is not None
    ]


def _column(place: int, written: str) -> Column:
    words = [word for word in _SPLIT.split(written) if word]
    unit = words.pop() if words and words[-1].casefold() in _UNITS else ""
    return Column(place, fold(" ".join(words)), safe_line(" ".join(words), 40), unit, written.strip())


def _decimal(cells: Iterator[str]) -> str:
    """The mark before the decimals, as far as the numbers show it."""
    votes = {".": 0, ",": 0}
    for cell in cells:
        for mark in votes:
            votes[mark] += bool(re.fullmatch(rf"-?\d+[{mark}](?:\d{{1,2}}|\d{{4,}})", cell.strip()))
    return max(votes, key=votes.__getitem__) if any(votes.values()) else ""


def _tells_kinds(rows: Sequence[Row], column: Column) -> bool:
    values = [row.cell(column) for row in rows if row.cell(column)]
    words = [value for value in values if read_number(value) is None]
    kinds = len(set(words))
    return len(words) > len(rows) / 2 and 1 < kinds < len(words) and kinds <= max(_KIND_SHARE * len(words), _FEW_KINDS)


@lru_cache(maxsize=8192)
def stems_of(text: str) -> tuple[str, ...]:
    """The stems of the telling words of a short text, in order."""
    words = [word.folded for word in words_of(text, LANGUAGES[0]) if not word.common]
    return tuple(stemmer(LANGUAGES[0])(word) for word in words)


def members(tables: Sequence[Table], kind: str) -> frozenset[str]:
    """First stems of the names of everything of a kind: of "peixe" tilápia, sardinha, atum…; none for no kind."""
    wanted = stems_of(kind)
    return frozenset(
        stems_of(row.name)[0]
        for table in tables
        for column in table.kinds
        for row in table.rows
        if wanted and stems_of(row.cell(column)) == wanted and stems_of(row.name)
    )


def with_unit(figure: str, unit: str) -> str:
    """ "6,7 g", "R$ 12,50"; the figure alone where there is no unit."""
    if unit.casefold() in _CURRENCIES:
        return f"{unit} {figure}"
    return f"{figure} {unit}" if unit else figure


def is_record(source: str) -> bool:
    """Whether the passages of a document of that name are rows or records, shown with the names of their fields."""
    return source.casefold().endswith((".csv", ".tsv", ".json", ".jsonl"))
