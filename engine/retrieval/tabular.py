"""Tables and JSON: one chunk a row or object, shown with its column names, searched by its values.

Column names and keys stand in every record; searching by them would find all of them and tell none apart.
"""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from genchat.engine.errors import DocumentsError
from genchat.engine.retrieval.chunking import LIMIT, Chunk, chunk_plain, chunk_records
from genchat.engine.retrieval.sentences import Span

_DELIMITERS = ",;\t|"
_SAMPLE = 8192
_SPACE = " \t\n\r"
_DEEPEST = 64  # levels of nested JSON that are opened up
_LONGEST_CELL = 2**24
_LONGEST_NAME = 80
_MOST_COLUMNS = 256  # of a table whose cells are shown with their names

KeyPath = tuple[str, ...]


def csv_records(text: str) -> tuple[tuple[str, ...], list[Chunk]]:
    """The column names (none where the first row holds data) and one chunk a row."""
    rows = list(_row_spans(text))
    if not rows:
        return (), []
    first = row_cells(text[slice(*rows[0])], delimiter_of(text))
    delimiter = delimiter_of(text)
    # A row that is cut into several passages has lost its columns, and so have all of its table.
    readable = len(first) <= _MOST_COLUMNS and max(end - start for start, end in rows) <= 4 * LIMIT
    named = readable and len(rows) > 1 and _are_names(first)
    columns = tuple(cell.strip() for cell in first) if named else ()
    chunks = chunk_records(text, rows[1:] if named else rows)
    return columns, [replace(chunk, heading=_name_of(text[chunk.start : chunk.end], delimiter)) for chunk in chunks]


def _are_names(cells: list[str]) -> bool:
    """Whether a first row names columns: no figures, all different; some may be empty, as merged cells are."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    return (
        len(filled) > 1
        and len(set(filled)) == len(filled)
        and 2 * len(filled) >= len(cells)
        and not any(map(_is_number, filled))
    )


def delimiter_of(text: str) -> str:
    """What separates the cells."""
    try:
        return csv.Sniffer().sniff(text[:_SAMPLE], _DELIMITERS).delimiter
    except csv.Error:
        line = text[:_SAMPLE].split("\n", 1)[0]
        return max(_DELIMITERS, key=line.count)


def row_cells(row: str, delimiter: str) -> list[str]:
    """The cells of one row."""
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        return next(csv.reader(io.StringIO(row, newline=""), delimiter=delimiter), [])
    except csv.Error:
        return row.split(delimiter)
    finally:
        csv.field_size_limit(before)


def json_records(name: str, text: str) -> list[Chunk]:
    """One chunk an object or member that is small enough; larger ones are opened up. Raises DocumentsError."""
    try:
        spans = list(_json_spans(text))
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise DocumentsError("document_not_json", name=name, line=line, reason=getattr(error, "msg", error)) from None
    found = []
    line, counted = 1, 0
    for (start, end), path in spans:
        line += text.count("\n", counted, start)
        counted = start
        pieces = chunk_plain(text, path, start, end) if end - start > 4 * LIMIT else [Chunk(start, end, path, line)]
        found += [Chunk(piece.start, piece.end, piece.heading, line) for piece in pieces]
    return found


def shown_json(record: str) -> str:
    """A JSON record as "key: value" lines; as it stands where it is no whole record."""
    parsed = _parsed(record)
    if parsed is None:
        return record
    lines = [f"{'.'.join(path)}: {value}" if path else value for path, value in _leaves(parsed)]
    return "\n".join(lines) or record


def flat_record(record: str) -> dict[str, str] | None:
    """The fields of an object without objects and lists in it, as they are written; None for anything else."""
    parsed = _parsed(record)
    if not isinstance(parsed, dict) or any(isinstance(value, dict | list) for value in parsed.values()):
        return None
    return {str(key): "" if value is None else _written(value) for key, value in parsed.items()}


def searched_json(record: str) -> str:
    """The values of a JSON record."""
    parsed = _parsed(record)
    return record if parsed is None else "\n".join(value for _, value in _leaves(parsed)) or record


def shown_row(row: str, columns: tuple[str, ...], delimiter: str) -> str:
    """A table row as "column: cell · column: cell"."""
    cells = [cell.strip() for cell in row_cells(row, delimiter)]
    names = (*columns, *[""] * len(cells))
    return " · ".join(f"{name}: {cell}" if name else cell for name, cell in zip(names, cells, strict=False) if cell)


def _row_spans(text: str) -> Iterator[Span]:
    """Rows by offset; a line break inside quotes ends none."""
    start = quotes = 0
    at = 0
    for line in text.splitlines(keepends=True):
        quotes += line.count('"')
        at += len(line)
        if quotes % 2 == 0:
            if text[start:at].strip():
                yield start, at
            start, quotes = at, 0
    if text[start:].strip():
        yield start, len(text)


def _name_of(row: str, delimiter: str) -> tuple[str, ...]:
    """What a row is about: its first cell, if that is words."""
    first = next(iter(row_cells(row, delimiter)), "").strip()
    return (first,) if first and not _is_number(first) and len(first) <= _LONGEST_NAME else ()


def _is_number(cell: str) -> bool:
    try:
        float(cell.strip().replace(".", "").replace(",", ".") or "x")
    except ValueError:
        return False
    return True


def _json_spans(text: str) -> Iterator[tuple[Span, KeyPath]]:
    """The records of a JSON document, or of one JSON value a line."""
    decoder = json.JSONDecoder()
    at = _skipped(text, 1 if text.startswith("\ufeff") else 0)
    while at < len(text):
        value, end = decoder.raw_decode(text, at)
        yield from _opened(text, at, end, value, (), 0)
        at = _skipped(text, end)


def _opened(text: str, start: int, end: int, value: Any, path: KeyPath, depth: int) -> Iterator[tuple[Span, KeyPath]]:
    small = end - start <= LIMIT and not _holds_records(value)
    if not isinstance(value, dict | list) or depth >= _DEEPEST or small:
        yield (start, end), path
        return
    decoder = json.JSONDecoder()
    at = _skipped(text, start + 1)
    keys = iter(value) if isinstance(value, dict) else None
    while text[at] not in "}]":
        begin, inner = at, path
        if keys is not None:
            key, at = decoder.raw_decode(text, at)
            at = _skipped(text, _skipped(text, at) + 1)
            inner = (*path, str(key))
        part, after = decoder.raw_decode(text, at)
        if isinstance(part, dict | list) and (after - at > LIMIT or isinstance(part, list)):
            yield from _opened(text, at, after, part, inner, depth + 1)
        else:
            yield (begin, after), path
        at = _skipped(text, after)
        if text[at] == ",":
            at = _skipped(text, at + 1)


def _holds_records(value: Any) -> bool:
    """Whether it is a list of objects, or an object with one among its members."""
    if isinstance(value, dict):
        return any(isinstance(part, list) and _holds_records(part) for part in value.values())
    return isinstance(value, list) and any(isinstance(part, dict | list) for part in value)


def _skipped(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


def _parsed(record: str) -> Any:
    for candidate in (record, "{" + record + "}"):
        try:
            return json.loads(candidate)
        except (ValueError, RecursionError):
            continue
    return None


def _leaves(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _leaves(part, (*path, str(key)))
    elif isinstance(value, list):
        if any(isinstance(part, dict | list) for part in value):
            for part in value:
                yield from _leaves(part, path)
        elif value:
            yield path, ", ".join(map(_written, value))
    elif value is not None:
        yield path, _written(value)


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
