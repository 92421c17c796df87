"""What a question asks of a table: which rows, which column, and what is to be done with them.

A question is taken for one to a table only where every telling word of it is accounted for: by a column, by a cell, by
what the rows are called, or by the word for what is to be done. All others are left to the search.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from genchat.engine.answering.tables.dimensions import dimensions
from genchat.engine.answering.tables.sheet import Sheet, alike, stems
from genchat.engine.retrieval.bilingual import in_portuguese
from genchat.engine.retrieval.tables import Column, Row
from genchat.engine.retrieval.terms import Language, detect_language, words_of
from genchat.engine.text import fold

Task = Literal["look up", "most", "least", "count", "total", "mean"]

_MOST = re.compile(
    r"\b(mais|maior(es)?|maxim[oa]s?|most|more|highest|largest|biggest|greatest|maximum|max|top|ultim[oa]s?|latest|last)\b"
)
_LEAST = re.compile(
    r"\b(menos|menor(es)?|minim[oa]s?|least|less|lowest|smallest|fewest|fewer|minimum|min|primeir[oa]s?|earliest|first)\b"
)
_MEAN = re.compile(r"\b(medi[oa]s?|em media|average|averages|mean|avg)\b")
_TOTAL = re.compile(r"\b(total|totais|soma|somad[oa]s?|somando|somam|sum|altogether|ao todo|overall)\b")
_COUNT = re.compile(r"\b(quant[oa]s|how many|numero de|number of|count of|contagem)\b")
_ANY = re.compile(
    r"\b(quant[oa]s?|how (many|much)|qual|quais|que|quem|what|which|who|whose|where|onde|when|quando|list|liste|lista"
    r"|show|mostre|diga|me|tell|give|"
    r"valor(es)?|value|values|tabela|table|planilha|sheet|dataset|dados|data|linhas?|rows?|column|coluna|registros?"
    r"|records?|existem?|ha|there|tem|have|has|had|called|chamad[oa]s?|nome|name|names|nomes|foi|teve|sao|by|por"
    r"|cada|each|per|diferentes?|different|numero|number|contra|against|entre|among|dentre)\b"
)
_OR = re.compile(r",|\b(?:ou|or|versus|vs)\b")
_THAN = re.compile(
    r"\b(do que|than|acima de|abaixo de|above|below|over|under|at least|at most|pelo menos|ate|between|entre)\b"
)
_NEGATION = re.compile(r"\b(nao|nem|sem|not|without|except|exceto)\b")
# Words of the superlative itself: they do not turn an adjective round.
_NAMES_LEAST = re.compile(r"\b(lowest|smallest|first|primeir[oa]s?|earliest|minim[oa]s?|minimum|min)\b")
_HOW = re.compile(r"\bhow (\w+)\b")
_LONGEST = 24  # words
_HALF = 0.5  # of a column's name that a question must say


@dataclass(frozen=True)
class Asked:
    """A question as one table hears it. `groups` are the rows of each thing compared; of one group where none is."""

    sheet: Sheet
    task: Task
    column: Column | None
    groups: tuple[tuple[Row, ...], ...]
    filtered: bool  # whether words of the question chose the rows
    certain: float  # words of the question that columns and cells account for

    @property
    def rows(self) -> tuple[Row, ...]:
        """All of them, in order, each once."""
        return tuple(dict.fromkeys(row for group in self.groups for row in group))


def heard(sheet: Sheet, question: str) -> Asked | None:
    """What `question` asks of a table; None where it is none to it."""
    folded = fold(question)
    language = detect_language(question)
    if not sheet.usable or _THAN.search(folded) or _NEGATION.search(folded) or len(folded.split()) > _LONGEST:
        return None
    words = _telling(folded, language)
    if not words:
        return None
    named = _column(sheet, words, folded)
    counted = _counted(sheet, folded, language)
    column = counted.column if counted is not None else named.column
    used = counted.used if counted is not None else named.used
    task: Task = "count" if counted is not None else _task(folded, named)
    rest = [word for word in words if word not in used]
    chosen = _chosen(sheet, folded, rest, column, language)
    if chosen is None:
        return None
    groups, wanted, titled = chosen
    if column is None and (task != "count" or not (titled or wanted)):
        return None
    if task == "look up" and not wanted:
        return None
    certain = len(used) + wanted + 0.5 * titled - 0.1 * named.sense
    return Asked(sheet, task, column, groups, wanted > 0, certain)


def heard_after(sheet: Sheet, before: str, question: str) -> Asked | None:
    """What a question asks that leans on the one before: of other rows, or another figure of the same."""
    prior = heard(sheet, before)
    if prior is None:
        return None
    folded, language = fold(question), detect_language(f"{before} {question}")
    words = _telling(folded, language)
    named = _column(sheet, words, folded)
    task = _task(folded, named)
    rest = [word for word in words if word not in named.used]
    chosen = _chosen(sheet, folded, rest, named.column or prior.column, language) if rest else (prior.groups, 0, 0)
    if chosen is None or not (rest or named.column is not None or task != "look up"):
        return None
    return replace(
        prior,
        task=prior.task if task == "look up" else task,
        column=named.column or prior.column,
        groups=chosen[0],
        filtered=prior.filtered or bool(rest),
    )


def _chosen(
    sheet: Sheet, folded: str, rest: Sequence[str], column: Column | None, language: Language
) -> tuple[tuple[tuple[Row, ...], ...], int, int] | None:
    """The rows of each thing that is named, how many words name them, and how many only say what the rows are."""
    parts = [[word for word in _telling(part, language) if word in rest] for part in _OR.split(folded)]
    groups, found, titles = [], 0, 0
    for part in [part for part in parts if part] or [[]]:
        titled = [word for word in part if sheet.is_title(word)]
        for wanted in ([word for word in part if word not in titled], part):
            rows = _rows(sheet, wanted, column)
            if rows:
                break
        else:
            return None
        groups.append(tuple(rows))
        found += len(wanted)
        titles += len(part) - len(wanted)
    return tuple(groups), found, titles


@dataclass(frozen=True)
class _Named:
    """The column that a question names, by which of its words, and which way an adjective points."""

    column: Column | None = None
    used: frozenset[str] = frozenset()
    direction: str = ""
    sense: int = 0  # in how many dimensions before this one the adjective stands


def _counted(sheet: Sheet, folded: str, language: Language) -> _Named | None:
    """What is to be counted, if that is rows or the different values of a column of words."""
    match = _COUNT.search(folded)
    noun = next(iter(_telling(folded[match.end() :], language)), "") if match else ""
    if not noun:
        return None
    if sheet.is_title(noun):
        return _Named()
    for column in sheet.table.columns:
        if alike(noun) & set(stems(column.title)):
            return None if column in sheet.figures else _Named(column, frozenset((noun,)))
    return _Named() if _rows(sheet, [noun], None) and not _TOTAL.search(folded) else None


def _telling(folded: str, language: Language) -> list[str]:
    """The words that have to be accounted for, each once."""
    bare = folded
    for pattern in (_ANY, _MEAN, _TOTAL, _COUNT, _MOST, _LEAST):
        bare = pattern.sub(" ", bare)
    return list(dict.fromkeys(word.folded for word in words_of(bare, language) if not word.common))


def _task(folded: str, named: _Named) -> Task:
    if _MEAN.search(folded):
        return "mean"
    if _TOTAL.search(folded):
        return "total"
    most, least = bool(_MOST.search(folded)), bool(_LEAST.search(folded))
    if named.direction:
        # "Mais barato" is the least of a price, "menos caro" too.
        turned = least and not _NAMES_LEAST.search(folded)
        return "least" if (named.direction == "least") != turned else "most"
    return "most" if most else "least" if least else "look up"


def _column(sheet: Sheet, words: Sequence[str], folded: str) -> _Named:
    """The column that the words name, by its own name or by a word for its dimension."""
    known = {word: alike(word) | _translated(word) for word in words}
    direct, best = _Named(), 0.0
    for column in sheet.table.columns:
        own = stems(column.title) or stems(column.unit)
        used = frozenset(word for word, of in known.items() if of & set(own))
        share = min(len(used) / max(len(re.split(r"[\s_]+", column.title.strip())), 1), 1.0)
        rank = share + 0.1 * (column in sheet.figures)
        if used and share >= _HALF and rank > best:
            direct, best = _Named(column, used), rank
    by_dimension = _dimension(sheet, known, folded, direct.column)
    if by_dimension is not None:
        used = by_dimension.used | (direct.used if by_dimension.column == direct.column else frozenset())
        if direct.column is None or direct.column not in sheet.figures or by_dimension.column == direct.column:
            return replace(by_dimension, used=used)
    return _Named() if direct.column == sheet.name_column else direct


def _dimension(
    sheet: Sheet, known: Mapping[str, frozenset[str]], folded: str, preferred: Column | None
) -> _Named | None:
    senses: dict[str, int] = {}
    for dimension in dimensions():
        asked = [(word, stem) for word, of in known.items() for stem in of if stem in dimension.words]
        own = [column for column in sheet.figures if set(stems(column.title)) & dimension.columns]
        if asked and own:
            neutral = set(_HOW.findall(folded))
            directions = {dimension.words[stem] for word, stem in asked if word not in neutral} - {""}
            column = preferred if preferred in own else own[0]
            used = frozenset(word for word, _ in asked)
            sense = max(senses.get(word, 0) for word in used)
            return _Named(column, used, directions.pop() if len(directions) == 1 else "", sense)
        for word, _ in asked:
            senses[word] = senses.get(word, 0) + 1
    return None


def _translated(word: str) -> frozenset[str]:
    """An English word of food as the Portuguese collection has it."""
    other = in_portuguese(word)
    return alike(other) if other is not None and other != word else frozenset()


def _rows(sheet: Sheet, wanted: Sequence[str], column: Column | None) -> list[Row]:
    """The rows whose cells hold all of `wanted`; a word may also name the column of a cell that holds another."""
    if not wanted:
        return list(sheet.table.rows)
    of = [alike(word) | _translated(word) for word in wanted]
    labels = {
        place: each
        for place, word in enumerate(wanted)
        for each in sheet.table.columns
        if sheet.sorts[each] == "words" and sheet.calls(each, word)
    }
    found = []
    for row in sheet.table.rows:
        held = sheet.held(row, column)
        missing = [place for place, word in enumerate(of) if not word & held]
        if len(missing) < len(of) and all(place in labels for place in missing):
            found.append(row)
    return found
