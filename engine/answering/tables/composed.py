"""Answers from tables of any kind, by the composer's protocol: figures as the cells have them, sums worked out.

No model works figures out: what stands here is said as it is, whoever answers.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from genchat.engine.answering.composing import Composed
from genchat.engine.answering.follow_ups import standing_alone
from genchat.engine.answering.tables.figures import Worked, heading_of, line_of, worked_out
from genchat.engine.answering.tables.hearing import Asked, heard, heard_after
from genchat.engine.answering.tables.sheet import Sheet
from genchat.engine.contract import Passage
from genchat.engine.conversation import Message
from genchat.engine.language import say
from genchat.engine.retrieval.keywords import statistics
from genchat.engine.retrieval.questions import understand
from genchat.engine.retrieval.retriever import Retriever, respelled
from genchat.engine.retrieval.tables import find_tables
from genchat.engine.retrieval.terms import Language, detect_language


def composed_answer(
    retriever: Retriever, messages: Sequence[Message], seed: int, remote: bool = False
) -> Composed | None:
    """See engine.answering.composing.Composer. None where the documents have to be searched."""
    question, before = standing_alone(messages)
    if not question.strip():
        return None
    number = retriever.collection_number
    with retriever.library.reading() as connection:
        sheets = [Sheet(table) for table in find_tables(connection, number, remote)]
        if not sheets:
            return None
        found = _answer(retriever, sheets, question, before)
        if found is None:
            meant = understand(connection, question, statistics(connection).chunks)
            found = _answer(retriever, sheets, meant.corrected, before) if meant.corrected != question else None
            return None if found is None else replace(found, notices=respelled([meant]))
    return found


def _answer(retriever: Retriever, sheets: Sequence[Sheet], question: str, before: str) -> Composed | None:
    language = detect_language(question)
    heards = [asked for sheet in sheets if (asked := heard(sheet, question)) is not None]
    if not heards and before:
        heards = [asked for sheet in sheets if (asked := heard_after(sheet, before, question)) is not None]
    for asked in sorted(heards, key=lambda each: -each.certain):
        worked = worked_out(asked, language)
        if worked is not None:
            return _composed(retriever, asked, worked, question, language)
    return None


def _composed(retriever: Retriever, asked: Asked, worked: Worked, question: str, language: Language) -> Composed:
    chunks = list(dict.fromkeys(row.chunk for row, _ in worked.rows))
    numbers = {chunk: place for place, chunk in enumerate(chunks, 1)}
    lines = [f"• {line_of(asked.sheet, row, column)} [{numbers[row.chunk]}]" for row, column in worked.rows]
    if asked.task in ("total", "mean"):
        lines = []
        worked = replace(worked, title=f"{worked.title} [1]")
    cells = {row.chunk: (column, row.cell(column)) for row, column in worked.rows if column is not None}
    passages = retriever.passages_of(question, chunks)
    items = tuple(
        _marked(passage, heading_of(cells[chunk][0]), cells[chunk][1]) if chunk in cells else passage
        for passage, chunk in zip(passages, chunks, strict=True)
    )
    told = say("retrieval.by_table", source=asked.sheet.table.source)
    return Composed(items, "\n".join([worked.title, *lines]), told, tuple(chunks), final=True)


def _marked(passage: Passage, heading: str, cell: str) -> Passage:
    """With the cell highlighted that the figure was read from."""
    place = re.search(rf"(?:^| · |\n){re.escape(heading)}: {re.escape(cell.strip())}(?= · |\n|\Z)", passage.text)
    if place is None:
        return passage
    start = place.start() + len(re.match(r"(?: · |\n)?", place[0])[0])  # type: ignore[index]
    return replace(passage, highlight=(start, place.end()))
