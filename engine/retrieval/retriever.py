"""The way from a question to passages: keywords, vectors where there are any, fusion, and whether it is enough.

Scores are fused by min-max over the candidates: sums of ranks lose what the scores say (Bruch et al. 2023, "An analysis
of fusion functions for hybrid retrieval"). Which retriever answered, and why another did not, is always said.
"""

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Protocol, runtime_checkable

from genchat.engine.contract import Embedder, Notice, Passage, Passages
from genchat.engine.distribution import FloatArray
from genchat.engine.errors import GenchatError
from genchat.engine.language import say
from genchat.engine.retrieval.evidence import ENOUGH as ENOUGH
from genchat.engine.retrieval.evidence import Found, evidence
from genchat.engine.retrieval.keywords import CANDIDATES, KeywordHit, KeywordResult, score_chunks, search, statistics
from genchat.engine.retrieval.library import Library
from genchat.engine.retrieval.passages import WARNING_ORDERS, coverage, gives_orders, shares
from genchat.engine.retrieval.questions import Question, headings_of, languages_of, understand
from genchat.engine.retrieval.schema import change_number
from genchat.engine.retrieval.searchable import Form, shown_text
from genchat.engine.retrieval.selection import Answer, answers_in, says
from genchat.engine.retrieval.tables import is_record
from genchat.engine.retrieval.vectors import Embedded, VectorSearch, embedded
from genchat.engine.text import safe, safe_line

PASSAGES = 5
_VECTOR_SHARE = 0.5
_DEEP = 3  # passages looked at for that
_POOL = 12  # passages read for answers, of which the best are given
_ANSWERS = 6  # parts of a passage kept
_OTHER_DOCUMENT = 1.0  # taken from other documents where the question names one
_ANSWER_SHARE = 3.0  # of the score of the best answer, against 1 of the passage's own
_AS_MUCH = 0.999  # of the most that any passage holds of the question: all but rounding
_FOREIGN = 1.0  # taken from passages in another language than the question's, where one in its own holds as much
_CALLED, _VERBATIM = 0.5, 2  # what a heading adds that stands in the question as it is written (KeywordHit.named)


@runtime_checkable
class Calibrated(Protocol):
    """An embedder that knows how near texts stand that have nothing to do with each other."""

    @property
    def unrelated(self) -> float: ...


@dataclass(frozen=True)
class Retrieval:
    """What was found for a question. `coverage` and `evidence` (0 to 1) are those of the best of the first passages."""

    question: Question
    passages: tuple[Passage, ...]
    coverage: float
    evidence: float
    retriever: str
    chunks: tuple[int, ...] = ()
    chunks_searched: int = 0
    notices: tuple[Notice, ...] = ()
    answers: Mapping[tuple[str, str], tuple[Answer, ...]] = field(default_factory=dict)  # by source and text

    @property
    def enough(self) -> bool:
        """False where the best passage is only the nearest miss."""
        return self.evidence >= ENOUGH

    def answers_in(self, passage: Passage) -> tuple[Answer, ...]:
        """The parts of a passage that answer, the likeliest first."""
        return self.answers.get((passage.source, passage.text), ())

    @property
    def event(self) -> Passages:
        """As the contract wants it."""
        return Passages(self.passages, self.retriever, self.question.missing)

    @property
    def nearest_miss(self) -> Passages:
        """Only the best passage, for an answer that says it is not enough."""
        return Passages(self.passages[:1], self.retriever, self.question.missing)


@dataclass(frozen=True, slots=True)
class _Candidate:
    chunk: int
    score: float
    keyword: KeywordHit | None
    cosine: float | None
    parts: Mapping[str, float] = field(default_factory=dict)


class Retriever:
    """Looks up questions in one collection of a library, or in all of them."""

    def __init__(
        self,
        library: Library,
        embedder: Embedder | None = None,
        collection: str | None = None,
        embed_more: Callable[[], GenchatError | None] = lambda: None,
    ) -> None:
        """`embed_more` is called when passages without a vector are met; it gives the reason if they stay so."""
        self.library = library
        self.embedder = embedder
        self.collection = collection
        self._embed_more = embed_more
        self._counted: tuple[tuple[int, int | None], Embedded] | None = None
        self._vectors = VectorSearch(embedder) if embedder is not None else None

    def retrieve(self, text: str, limit: int = PASSAGES, remote: bool = False, before: str = "") -> Retrieval:
        """The best passages for `text`, which may lean on the question `before`. Raises DocumentsError.

        With `remote`, none of a collection kept local.
        """
        number = self.collection_number
        name, notices = say("retrieval.by_keywords"), list[Notice]()
        with self.library.reading() as connection:
            found = search(connection, text, number, before=before)
            progress = self._progress(connection, number)
        vector = None
        if self.embedder is not None and progress is not None:
            vector, name, notices = _question_vector(self.embedder, found.question, progress)
            problem = None if progress.complete else self._embed_more()
            if problem is not None:
                reason = {"embedder": self.embedder.name, "reason": safe_line(str(problem), 200)}
                notices.append(Notice("retrieval.embedding_stopped", reason))
        with self.library.reading() as connection:
            ranked = [_by_keywords(hit) for hit in found.hits]
            unrelated = 1.0
            if self._vectors is not None and vector is not None:
                nearest = self._vectors.nearest(connection, vector, number, CANDIDATES)
                chunks = [hit.chunk for hit in found.hits]
                cosines = nearest | self._vectors.cosines(connection, vector, number, chunks)
                ranked = _fused(connection, found, cosines)
                known = self.embedder.unrelated if isinstance(self.embedder, Calibrated) else None
                unrelated = self._vectors.usual(connection, vector, number) if known is None else known
            pool = _stored(connection, ranked, max(limit, _POOL), remote)
        chosen = [_read(found.question, candidate, row) for candidate, row in pool]
        notices += respelled([found.question])
        chosen = _by_answers(chosen)[:limit]
        passages = tuple(_passage(number, each) for number, each in enumerate(chosen, 1))
        best = [each.candidate for each in chosen[:_DEEP]]
        covered = max((coverage(found.question, each.keyword) for each in best), default=0.0)
        sure = evidence(found.question, [_known(each, unrelated) for each in chosen])
        return Retrieval(
            question=found.question,
            passages=passages,
            coverage=covered,
            evidence=sure,
            retriever=name,
            chunks=tuple(each.candidate.chunk for each in chosen),
            chunks_searched=found.chunks,
            answers={(each.source, each.text): each.answers for each in chosen},
            notices=tuple(notices),
        )

    def _progress(self, connection: sqlite3.Connection, collection: int | None) -> Embedded | None:
        """How far the embedding is; counted anew when the index has changed."""
        if self.embedder is None:
            return None
        key = (change_number(connection), collection)
        if self._counted is None or self._counted[0] != key:
            self._counted = (key, embedded(connection, self.embedder, collection))
        return self._counted[1]

    @property
    def collection_number(self) -> int | None:
        """The collection looked in; None for all. Raises DocumentsError where there is none of that name."""
        return self.library.collection(self.collection).id if self.collection is not None else None

    def passages_of(self, text: str, chunks: Sequence[int]) -> list[Passage]:
        """Given chunks as passages for `text`, numbered from 1 in the order given."""
        with self.library.reading() as connection:
            question = understand(connection, text, statistics(connection).chunks)
            hits = score_chunks(connection, question, chunks)
            wanted = [_by_keywords(hits[chunk]) for chunk in chunks]
            stored = _stored(connection, wanted, len(chunks), False, distinct=False)
        return [_passage(number, _read(question, each, row)) for number, (each, row) in enumerate(stored, 1)]


def respelled(questions: Sequence[Question]) -> tuple[Notice, ...]:
    """What words that no document has were taken for."""
    pairs = {old: new for question in questions for old, new in question.respelled.items()}
    told = ", ".join(f"{old} → {new}" for old, new in pairs.items())
    return (Notice("retrieval.respelled", {"pairs": safe_line(told, 200)}),) if pairs else ()


def _question_vector(
    embedder: Embedder, question: Question, progress: Embedded
) -> tuple[FloatArray | None, str, list[Notice]]:
    """The question's vector and how the retriever is called; no vector where it cannot be had."""
    if not progress.complete:
        values = {"embedder": embedder.name, "done": progress.done, "total": progress.total}
        return None, say("retrieval.by_keywords_while", **values), []
    try:
        # A misspelt word costs an embedder more than it costs the keywords.
        return embedder.embed_question(question.corrected), say("retrieval.by_both", embedder=embedder.name), []
    except GenchatError as error:
        reason = {"embedder": embedder.name, "reason": safe_line(str(error), 200)}
        return None, say("retrieval.by_keywords"), [Notice("retrieval.fell_back", reason)]


def _by_keywords(hit: KeywordHit) -> _Candidate:
    return _Candidate(hit.chunk, hit.score, hit, None, _keyword_parts(hit))


def _keyword_parts(hit: KeywordHit) -> dict[str, float]:
    parts = {"bm25": hit.bm25, "nearness": hit.nearness}
    return parts | ({"trigram": hit.trigram} if hit.trigram else {})


def _fused(connection: sqlite3.Connection, found: KeywordResult, cosines: Mapping[int, float]) -> list[_Candidate]:
    hits = {hit.chunk: hit for hit in found.hits}
    others = [chunk for chunk in cosines if chunk not in hits]
    if others:
        hits |= {chunk: hit for chunk, hit in score_chunks(connection, found.question, others).items() if hit.matched}
    by_keywords = _stretched({chunk: hit.score for chunk, hit in hits.items()})
    by_vectors = _stretched(cosines)
    ranked = []
    for chunk in dict.fromkeys([*hits, *cosines]):
        score = (1 - _VECTOR_SHARE) * by_keywords.get(chunk, 0.0) + _VECTOR_SHARE * by_vectors.get(chunk, 0.0)
        hit, cosine = hits.get(chunk), cosines.get(chunk)
        parts = (_keyword_parts(hit) if hit else {}) | ({"vector": cosine} if cosine is not None else {})
        ranked.append(_Candidate(chunk, score, hit, cosine, parts))
    ranked.sort(key=lambda each: (-each.score, each.chunk))
    return ranked


def _stretched(scores: Mapping[int, float]) -> dict[int, float]:
    """Scores from 0 for the lowest to 1 for the highest."""
    low, high = min(scores.values(), default=0.0), max(scores.values(), default=0.0)
    return {key: (value - low) / (high - low) if high > low else 1.0 for key, value in scores.items()}


def _stored(
    connection: sqlite3.Connection, ranked: list[_Candidate], limit: int, remote: bool, distinct: bool = True
) -> list[tuple[_Candidate, sqlite3.Row]]:
    """The first `limit` candidates with what is stored of them; with `distinct`, the same text is taken once."""
    chosen: list[tuple[_Candidate, sqlite3.Row]] = []
    seen: set[bytes] = set()
    for candidate in ranked:
        if len(chosen) >= limit:
            break
        row = connection.execute(
            "SELECT c.digest, d.name, d.kind, d.columns, d.delimiter, d.language, c.line, c.heading, c.text"
            " FROM docs_chunk c JOIN docs_document d ON d.id = c.document JOIN docs_collection k ON k.id = d.collection"
            " WHERE c.id = ? AND NOT (? AND k.local_only)",
            (candidate.chunk, remote),
        ).fetchone()
        if row is not None and not (distinct and row[0] in seen):
            seen.add(row[0])
            chosen.append((candidate, row))
    return chosen


@dataclass(frozen=True, slots=True)
class _ReadCandidate:
    """A candidate with its text and the parts of it that answer, the likeliest first."""

    candidate: _Candidate
    question: Question
    source: str
    locator: str
    text: str
    answers: tuple[Answer, ...]
    named: bool  # whether the question says the whole name of the document

    @property
    def best(self) -> float:
        return self.answers[0].score if self.answers else 0.0


def _read(question: Question, candidate: _Candidate, row: sqlite3.Row) -> _ReadCandidate:
    _, name, kind, columns, delimiter, language, line, heading, stored = row
    text = safe(shown_text(stored, Form(kind, tuple(json.loads(columns)), delimiter)))
    headings = headings_of(heading)
    title = PurePath(name).stem.replace("_", " ")
    above, spoken = " › ".join(headings), languages_of(language)
    found = tuple(answers_in(text, title, above, question, spoken, is_record(name))[:_ANSWERS])
    where = locator(headings, line)
    return _ReadCandidate(candidate, question, safe_line(name, 120), where, text, found, says(question, title))


def _known(found: "_ReadCandidate", unrelated: float) -> Found:
    """What evidence is drawn from."""
    candidate = found.candidate
    matched = candidate.keyword.matched if candidate.keyword is not None else ()
    alike = 0.0 if candidate.cosine is None or unrelated >= 1.0 else (candidate.cosine - unrelated) / (1.0 - unrelated)
    words = frozenset(word.text for word in matched)
    return Found(candidate.score, candidate.parts.get("bm25", 0.0), words, found.answers, max(0.0, alike))


def _by_answers(found: Sequence[_ReadCandidate]) -> list[_ReadCandidate]:
    """By the score of the passage and of the best answer in it; a document that is named comes before others.

    Where a passage in the language of the question holds as much as any, those in another come after.
    """
    top = max((each.candidate.score for each in found), default=0.0) or 1.0
    named = any(each.named for each in found)
    hits = [each.candidate.keyword for each in found if each.candidate.keyword is not None]
    most = max((hit.weight for hit in hits), default=0.0)
    spoken = {hit.language for hit in hits if hit.weight >= _AS_MUCH * most}

    def rank(each: _ReadCandidate) -> float:
        other = _OTHER_DOCUMENT if named and not each.named else 0.0
        hit = each.candidate.keyword
        if hit is not None:
            other += _FOREIGN * (hit.language != each.question.language and each.question.language in spoken)
            other -= _CALLED * (hit.named == _VERBATIM)
        return other - each.candidate.score / top - _ANSWER_SHARE * each.best

    return sorted(found, key=rank)


def _passage(number: int, found: _ReadCandidate) -> Passage:
    hit = found.candidate.keyword
    matched = shares(found.question, hit.matched if hit else ())
    return Passage(
        number=number,
        source=found.source,
        locator=found.locator,
        text=found.text,
        score=found.candidate.score,
        highlight=found.answers[0].marked if found.answers else None,
        parts=found.candidate.parts,
        matched={safe_line(word): share for word, share in matched.items()},
        warning=WARNING_ORDERS if gives_orders(found.text) else "",
    )


def locator(heading: tuple[str, ...], line: int) -> str:
    """Where in a document: the heading path and the line; a page number stands for itself."""
    path = " › ".join(safe_line(part, 80) for part in heading)
    if path.startswith("p. "):
        return path
    where = say("retrieval.line", line=line)
    return f"{path} · {where}" if path else where
