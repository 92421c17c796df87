"""What is worked out of the rows a question chose: the row with the most, how many, a total, a mean, single cells."""

from collections.abc import Sequence
from dataclasses import dataclass

from genchat.engine.answering.tables.hearing import Asked
from genchat.engine.answering.tables.sheet import Sheet, is_empty
from genchat.engine.retrieval.phrases import number, said
from genchat.engine.retrieval.tables import Column, Row
from genchat.engine.retrieval.terms import Language
from genchat.engine.text import safe_line

_MOST_SHOWN = 5
_RANKED = 3
_LONGEST_CELL = 200
_WHOLE_FROM = 1000  # means from here on are rounded to whole numbers


@dataclass(frozen=True)
class Worked:
    """The title and the rows of an answer, each with the column that answers. Titles hold no quotation."""

    title: str
    rows: tuple[tuple[Row, Column | None], ...]


def worked_out(asked: Asked, language: Language) -> Worked | None:
    """The answer to what was asked; None where the cells do not give it."""
    if asked.task == "count":
        return _count(asked, language)
    column = asked.column
    if column is None:
        return None
    if asked.task == "look up":
        rows = [row for group in asked.groups for row in group if not is_empty(row.cell(column))]
        if not rows or len(rows) > _MOST_SHOWN:
            return None
        return Worked(_title(asked, language, "table_found"), tuple((row, column) for row in rows))
    if column not in asked.sheet.figures:
        return None
    valued = [(value, row) for row in asked.rows if (value := asked.sheet.value(row, column)) is not None]
    if not valued:
        return None
    if asked.task in ("total", "mean"):
        return _summed(asked, column, valued, language)
    return _extreme(asked, column, valued, language)


def line_of(sheet: Sheet, row: Row, column: Column | None) -> str:
    """A row in an answer: what it is called, and its cell as it is written in the table."""
    name = safe_line(sheet.name(row), 80)
    if column is None or column == sheet.name_column:
        return name
    return f"{name}: {heading_of(column)} {safe_line(row.cell(column), _LONGEST_CELL)}"


def heading_of(column: Column) -> str:
    """The name of a column as the table has it, its unit after it."""
    return safe_line(column.written, 60) if column.written else str(column.place + 1)


def _extreme(asked: Asked, column: Column, valued: Sequence[tuple[float, Row]], language: Language) -> Worked | None:
    if len(asked.groups) > 1 and any(not any(row in group for _, row in valued) for group in asked.groups):
        return None
    ordered = sorted(valued, key=lambda each: -each[0] if asked.task == "most" else each[0])
    dates = asked.sheet.sorts[column] == "dates"
    key = {"most": "table_latest" if dates else "table_most", "least": "table_earliest" if dates else "table_least"}
    ties = sum(value == ordered[0][0] for value, _ in ordered)
    shown = ordered[: min(max(_RANKED, ties), _MOST_SHOWN)]
    return Worked(_title(asked, language, key[asked.task]), tuple((row, column) for _, row in shown))


def _summed(asked: Asked, column: Column, valued: Sequence[tuple[float, Row]], language: Language) -> Worked | None:
    if asked.sheet.sorts[column] == "dates":
        return None
    total = sum(value for value, _ in valued)
    worth = total if asked.task == "total" else total / len(valued)
    if asked.task == "mean" and abs(worth) >= _WHOLE_FROM:
        worth = round(worth)  # four digits tell as much of a mean as there is to tell
    title = _title(asked, language, f"table_{asked.task}", value=number(worth, language), rows=len(valued))
    empty = len(asked.rows) - len(valued)
    if empty:
        title += " " + said(language, "table_blank", rows=empty)
    return Worked(title, tuple((row, column) for _, row in valued[:1]))


def _count(asked: Asked, language: Language) -> Worked:
    column = asked.column
    if column is not None and column != asked.sheet.name_column:
        different: dict[str, Row] = {}
        for row in asked.rows:
            cell = asked.sheet.cell(row, column)
            if not is_empty(cell):
                different.setdefault(cell, row)
        title = _title(asked, language, "table_different", count=len(different))
        shown = tuple((row, column) for row in list(different.values())[:_MOST_SHOWN])
        return Worked(title, shown)
    key = "table_fitting" if asked.filtered else "table_rows"
    return Worked(
        _title(asked, language, key, count=len(asked.rows)), tuple((row, None) for row in asked.rows[:_MOST_SHOWN])
    )


def _title(asked: Asked, language: Language, key: str, **values: object) -> str:
    named = heading_of(asked.column) if asked.column is not None else ""
    return said(language, key, column=named, source=asked.sheet.table.source, **values)
