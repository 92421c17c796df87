"""Rows that show themselves: as an aligned table where they are printed, as HTML in a notebook.

Cells are untrusted (tokens, titles, file names): they are made safe here, and escaped in HTML. The HTML has no scripts
and asks for nothing from outside; its colours are half transparent, so that it reads on light and on dark pages.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TypeVar, overload

from genchat.engine.language import say
from genchat.engine.language.numbers import whole
from genchat.engine.text import safe, safe_line
from genchat.engine.token_values import bar

Row = TypeVar("Row")
_SHOWN = 100  # rows; a table of a whole book would help nobody
_CELL = 100  # characters
_TABLE = "border-collapse:collapse;font-variant-numeric:tabular-nums"
_NOTE = "white-space:pre-wrap;opacity:.7;font-size:.9em"
_BAR = "display:inline-block;height:.8em;background:rgba(70,130,220,.6);border-radius:2px;width:{width:.1f}em"
_BAR_EMS = 12


@dataclass(frozen=True)
class Table:
    """A table is cells in rows. `right`: columns aligned to the right; `shares`: one bar per row, 0 to 1, or none."""

    header: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    right: frozenset[int] = frozenset()
    shares: Sequence[float] = ()
    notes: tuple[str, ...] = ()
    labels: frozenset[int] = field(default=frozenset())  # columns of tokens, whose spaces count

    def _lines(self) -> Iterator[tuple[tuple[str, ...], float | None]]:
        for index, row in enumerate(self.rows[:_SHOWN]):
            yield tuple(safe_line(cell, _CELL) for cell in row), self.shares[index] if self.shares else None

    @property
    def all_notes(self) -> tuple[str, ...]:
        """The notes, after one that says how many rows are left out."""
        more = len(self.rows) - _SHOWN
        return ((say("interface.more_rows", count=whole(more)),) if more > 0 else ()) + self.notes

    def text(self) -> str:
        """The table becomes lines of text."""
        lines = list(self._lines())
        widths = [
            max(cells_of(cell) for cell in column)
            for column in zip(self.header, *(cells for cells, _ in lines), strict=True)
        ]
        written = [self._line(self.header, widths)]
        written += [f"{self._line(cells, widths)}  {bar(share or 0.0)}".rstrip() for cells, share in lines]
        return "\n".join([*(line.rstrip() for line in written), *map(one_line, self.all_notes)])

    def _line(self, cells: tuple[str, ...], widths: Sequence[int]) -> str:
        padded = []
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True)):
            room = " " * (width - cells_of(cell))
            padded.append(room + cell if column in self.right else cell + room)
        return "  ".join(padded)

    def html(self) -> str:
        """The table becomes an HTML table."""
        head = "".join(self._cell("th", column, cell) for column, cell in enumerate(self.header))
        body = "".join(
            f"<tr>{''.join(self._cell('td', column, cell) for column, cell in enumerate(cells))}{_bar_cell(share)}</tr>"
            for cells, share in self._lines()
        )
        return f'<table style="{_TABLE}"><tr>{head}{"<th></th>" if self.shares else ""}</tr>{body}</table>' + notes(
            self.all_notes
        )

    def _cell(self, tag: str, column: int, text: str) -> str:
        side = "right" if column in self.right else "left"
        font = ";font-family:monospace" if column in self.labels and tag == "td" else ""
        return f'<{tag} style="text-align:{side}{font}">{escape(text)}</{tag}>'


def _bar_cell(share: float | None) -> str:
    if share is None:
        return ""
    width = min(max(share, 0.0), 1.0) * _BAR_EMS
    return f'<td style="text-align:left"><span style="{_BAR.format(width=width)}"></span></td>'


def notes(lines: Iterable[str]) -> str:
    """Lines below a table or a text, as HTML."""
    return "".join(f'<div style="{_NOTE}">{escape(one_line(line))}</div>' for line in lines)


def one_line(text: str) -> str:
    """`text` made safe, its spaces as they are and its line breaks as spaces."""
    return safe(text).replace("\n", " ")


def cells_of(text: str) -> int:
    """The result is how many cells of a terminal a text takes: two for a wide character, none for a combining one."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


class Rows(Sequence[Row]):
    """Rows in order that know how they look."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = tuple(rows)

    @overload
    def __getitem__(self, index: int) -> Row: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Row, ...]: ...

    def __getitem__(self, index: int | slice) -> Row | tuple[Row, ...]:
        return self._rows[index]

    def __len__(self) -> int:
        return len(self._rows)

    def _table(self) -> Table:
        raise NotImplementedError

    def __repr__(self) -> str:
        return self._table().text()

    def _repr_html_(self) -> str:
        return self._table().html()
