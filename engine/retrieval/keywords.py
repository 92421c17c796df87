"""Keyword search: FTS5 finds the candidates, and they are scored again with what FTS5 does not see.

The score is BM25 (Robertson & Zaragoza 2009) over title and body, where a word and what it was taken for count as one,
plus how near to each other neighbouring words of the question stand in the chunk (a sequential dependence model:
Metzler & Croft 2005). Without downloads the second half is worth as much as any stemmer; see tests/bench/retrieval.py.
Of chunks that hold the same words, those in the language of the question come first.
"""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from genchat.engine.common_words import only_asks
from genchat.engine.retrieval.questions import Question, QuestionWord, understand, written_plainly
from genchat.engine.retrieval.terms import Language, shown_language, stemmer
from genchat.engine.text import fold

CANDIDATES = 100
_K1 = 1.2
_B = 0.8
_HEADING_WEIGHT = 1.5  # of a word's idf, where it stands in the chunk's own heading and the question says all of that
_VERBATIM = 0.2  # more of that where the heading stands in the question as it is written
_NEAR = 5  # words apart that still count as near
_NEARNESS_WEIGHT = 2.2
_EVERYWHERE = 0.1  # share of the chunks from which on a word is not searched for by itself
_FEW = 1000  # chunks; a smaller index has time for every word
_LONGEST_SCORED = 600  # stems of a chunk that are looked at
_AS_MUCH = 0.999  # of the question's weight: all but rounding
_SECOND_NAME = re.compile(r"^(.+?)\s*\(([^()]+)\)$")


_Row = tuple[int, str, str, str, str, Language]


@dataclass(frozen=True, slots=True)
class KeywordHit:
    """A chunk that holds words of the question. `bm25` is from words found as such, `trigram` from lookalikes.

    `named`: 1 if its heading, or one of the two names in a heading like "LSTM (long short-term memory)", is all in the
    question; 2 if it stands there as it is written.
    """

    chunk: int
    bm25: float
    trigram: float
    nearness: float
    matched: tuple[QuestionWord, ...]
    in_title: tuple[QuestionWord, ...] = ()
    language: Language = "pt"
    named: int = 0
    by_language: float = 0.0

    @property
    def score(self) -> float:
        """What hits are ordered by."""
        return self.bm25 + self.trigram + self.nearness + self.by_language

    @property
    def weight(self) -> float:
        """How much of the question it holds."""
        return sum(word.weight for word in self.matched)


@dataclass(frozen=True)
class KeywordResult:
    """The question as understood and what was found in an index of `chunks` chunks, best first."""

    question: Question
    chunks: int
    hits: tuple[KeywordHit, ...] = ()


@dataclass(frozen=True, slots=True)
class Statistics:
    """Chunks and stems in the index."""

    chunks: int
    stems: int

    @property
    def average(self) -> float:
        """Stems of a chunk."""
        return self.stems / self.chunks if self.chunks else 1.0


def statistics(connection: sqlite3.Connection) -> Statistics:
    """Of everything that can be searched."""
    row = connection.execute(
        "SELECT coalesce(sum(chunks), 0), coalesce(sum(words), 0) FROM docs_document WHERE state = 'ready'"
    ).fetchone()
    return Statistics(int(row[0]), int(row[1]))


def search(
    connection: sqlite3.Connection,
    text: str,
    collection: int | None = None,
    limit: int = CANDIDATES,
    before: str = "",
) -> KeywordResult:
    """The best chunks for `text`, which may lean on the question `before`, in one collection or in all."""
    known = statistics(connection)
    question, hits = _found(connection, text, known, collection, limit, before)
    if any(only_asks(fold(word.text)) for word in question.words):
        name, called = _found(connection, text, known, collection, limit, before, names_only=True)
        if any(hit.named for hit in called):
            question, hits = name, called
    if hits and shown_language(f"{before}\n{text}") is None:
        question = replace(question, language=_language_of_names(question, hits))
    return KeywordResult(question, known.chunks, tuple(_own_language_first(question, hits)[:limit]))


def _found(
    connection: sqlite3.Connection,
    text: str,
    known: Statistics,
    collection: int | None,
    limit: int,
    before: str,
    names_only: bool = False,
) -> tuple[Question, list[KeywordHit]]:
    question = understand(connection, text, known.chunks, before, names_only)
    rows = _candidates(connection, question, known.chunks, collection, max(limit, CANDIDATES))
    asked = _stems_of(question)
    hits = [_scored(question, asked, row, known.average) for row in rows]
    hits.sort(key=lambda hit: (-hit.score, hit.chunk))
    return question, hits


def _language_of_names(question: Question, hits: list[KeywordHit]) -> Language:
    """Of a question that shows none, such as a name: that of the chunks best called so, the question's if both are."""
    most = max(hit.named for hit in hits)
    languages = [hit.language for hit in hits if hit.named == most] if most else [hits[0].language]
    return question.language if question.language in languages else languages[0]


def _own_language_first(question: Question, hits: list[KeywordHit]) -> list[KeywordHit]:
    """Where the best hit is in another language: those in the question's that hold as much of it are raised above."""
    own = [hit for hit in hits if hit.language == question.language and hit.weight >= _AS_MUCH * hits[0].weight]
    if not own or hits[0].language == question.language:
        return hits
    raised = {hit.chunk: replace(hit, by_language=hits[0].score - own[0].score) for hit in own}
    return sorted(
        (raised.get(hit.chunk, hit) for hit in hits), key=lambda hit: (-hit.score, hit.chunk not in raised, hit.chunk)
    )


def _candidates(
    connection: sqlite3.Connection, question: Question, chunks: int, collection: int | None, limit: int
) -> list[_Row]:
    """The chunks that FTS5 finds best."""
    words = [word for word in question.words if word.found != "missing"]
    telling = [word for word in words if word.frequency <= max(_EVERYWHERE * chunks, _FEW)]
    # Words that stand in every tenth chunk cost most of the time and tell least; they still count in the score.
    expression = fts_expression([stem for word in telling or words for stem in word.stems])
    if not expression:
        return []
    best = "SELECT rowid, bm25(docs_search) AS distance FROM docs_search WHERE docs_search MATCH :match"
    # Most often all chunks may be found, and it is enough to look at a few more of them than are wanted.
    for first in (f"{best} ORDER BY distance LIMIT :pool", best):
        rows = connection.execute(
            "SELECT c.id, c.title_stems, c.stems, c.heading, d.columns, d.language"  # noqa: S608
            f" FROM ({first}) f JOIN docs_chunk c ON c.id = f.rowid JOIN docs_document d ON d.id = c.document"
            " WHERE d.state = 'ready' AND (:collection IS NULL OR d.collection = :collection)"
            " ORDER BY f.distance LIMIT :limit",
            {"match": expression, "collection": collection, "limit": limit, "pool": 2 * limit},
        ).fetchall()
        if len(rows) >= limit or chunks <= 2 * limit:
            break
    return rows


def score_chunks(connection: sqlite3.Connection, question: Question, chunks: Sequence[int]) -> dict[int, KeywordHit]:
    """The same scores for given chunks, as found by other means."""
    average, asked = statistics(connection).average, _stems_of(question)
    marks = ",".join("?" * len(chunks))
    rows = connection.execute(
        "SELECT c.id, c.title_stems, c.stems, c.heading, d.columns, d.language"  # noqa: S608
        f" FROM docs_chunk c JOIN docs_document d ON d.id = c.document WHERE c.id IN ({marks})",
        list(chunks),
    ).fetchall()
    return {row[0]: _scored(question, asked, row, average) for row in rows}


def fts_expression(terms: Sequence[str]) -> str:
    """Any of `terms`, each quoted, so that nothing in them is an operator of FTS5."""
    return " OR ".join('"' + term.replace('"', '""') + '"' for term in dict.fromkeys(terms))


def _stems_of(question: Question) -> frozenset[str]:
    return frozenset(stem for word in question.words if word.found != "missing" for stem in word.stems)


def _scored(question: Question, asked: frozenset[str], row: _Row, average: float) -> KeywordHit:
    chunk, title, stems, heading, columns, language = row
    body = stems.split()[:_LONGEST_SCORED]
    titles = set(title.split())
    counts = Counter(filter(asked.__contains__, body))
    # A column's name stands in every row: it tells nothing about which row, but a row does answer to it.
    counts.update(asked & (titles | _column_stems(columns, language)))
    norm = _K1 * (1 - _B + _B * len(body) / max(average, 1.0))
    bm25 = trigram = 0.0
    matched, in_title = [], []
    names = _heading_names(heading, language)
    own = names[0].stems if names else frozenset[str]()
    explained, verbatim = 0.0, False
    if names:
        explained = max((len(name.stems & asked) / len(name.stems) for name in names if name.stems), default=0.0)
        verbatim = any(name.stems and f" {name.written} " in question.written for name in names)
    for word in question.words:
        if word.found == "missing":
            continue
        count = 0
        for stem in word.stems:
            count += counts[stem]
        if not count:
            continue
        matched.append(word)
        gain = word.weight * count * (_K1 + 1) / (count + norm)
        if not titles.isdisjoint(word.stems):
            in_title.append(word)
        if not own.isdisjoint(word.stems):
            gain += _HEADING_WEIGHT * word.weight * (explained + _VERBATIM * verbatim)
        if word.found == "alike":
            trigram += gain
        else:
            bm25 += gain
    nearness = _NEARNESS_WEIGHT * _nearness(question, matched, body)
    return KeywordHit(
        chunk, bm25, trigram, nearness, tuple(matched), tuple(in_title), language, 2 if verbatim else int(explained)
    )


@lru_cache(maxsize=256)
def _column_stems(columns: str, language: Language) -> frozenset[str]:
    return frozenset(stemmer(language).content(" ".join(map(str, json.loads(columns))))[0])


@dataclass(frozen=True, slots=True)
class _Name:
    """What a chunk is called: the stems of it, and all its words folded."""

    stems: frozenset[str]
    written: str


@lru_cache(maxsize=4096)
def _heading_names(heading: str, language: Language) -> tuple[_Name, ...]:
    """A chunk's own heading, then each of its two names where it has a second in brackets."""
    path = json.loads(heading)
    if not path:
        return ()
    second = _SECOND_NAME.match(str(path[-1]))
    names = [str(path[-1]), *(second.groups() if second else ())]
    return tuple(_Name(frozenset(stemmer(language).content(name)[0]), written_plainly(name)) for name in names)


def _nearness(question: Question, matched: list[QuestionWord], body: list[str]) -> float:
    """Neighbouring words of the question: their mean idf, by how often and how near they stand together."""
    present = set(map(id, matched))
    pairs = [
        (left, right)
        for left, right in zip(question.words, question.words[1:], strict=False)
        if id(left) in present and id(right) in present
    ]
    if not pairs:
        return 0.0
    wanted = {stem for pair in pairs for word in pair for stem in word.stems}
    places: dict[str, list[int]] = {}
    for place, stem in enumerate(body):
        if stem in wanted:
            places.setdefault(stem, []).append(place)
    total = 0.0
    for left, right in pairs:
        lefts = [place for stem in left.stems for place in places.get(stem, ())]
        rights = [place for stem in right.stems for place in places.get(stem, ())]
        gaps = (abs(one - other) for one in lefts for other in rights)
        near = sum(1 / gap for gap in gaps if 0 < gap <= _NEAR)
        total += (left.weight + right.weight) / 2 * near / (near + _K1)
    return total
