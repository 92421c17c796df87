"""Answers by quotation: a section whose heading is what was asked for, else the sentences that fit best."""

import re
from collections.abc import Sequence

from genchat.engine.contract import Passage
from genchat.engine.retrieval.passages import best_sentences
from genchat.engine.retrieval.phrases import said
from genchat.engine.retrieval.questions import Question, matching
from genchat.engine.retrieval.sentences import Span, sentence_spans
from genchat.engine.retrieval.tables import is_table, readable_row
from genchat.engine.retrieval.terms import LANGUAGES, words_of

_QUOTED = 3  # passages quoted in one answer
_SENTENCES = 2  # of each
_WHOLE = 1200  # characters of a section that is quoted whole when its heading is what was asked for
_HEADING_ENOUGH = 0.7  # share of the question that a heading must hold for that
# How much of the best quotation's weight, and of its passage's score, a further one must have; more where the best
# holds nearly all of the question already.
_NEXT_ENOUGH, _NEXT_TO_ALL = 0.7, 0.9
_NEARLY_ALL = 0.85
_PARTS = re.compile(r"^(?=#)", re.MULTILINE)
_BULLET = re.compile(r"^[-*+•·–—]\s+")


def quotations(question: Question, passages: Sequence[Passage]) -> str:
    """What the passages say to the question, each part with its number."""
    quoted: list[tuple[float, Passage, str]] = []
    rows: list[tuple[float, Passage, str]] = []  # of tables, which say little to anything but their own subject
    for passage in passages:
        section = _section(question, passage)
        if section and not quoted:
            return "\n\n".join([said(question.language, "quoted"), f"“{section}” [{passage.number}]"])
        text = section or _best_of(question, passage)
        if text and (is_table(passage.source) and _weight(question, text) < _HEADING_ENOUGH * question.weight):
            rows.append((_weight(question, text), passage, text))
        elif text:
            quoted.append((_weight(question, text), passage, text))
    quoted = quoted or rows
    if not quoted:
        return f"“{passages[0].text}” [{passages[0].number}]"
    weight, first, _ = quoted[0]
    least = _NEXT_TO_ALL if weight >= _NEARLY_ALL * question.weight else _NEXT_ENOUGH
    near = [
        (other, passage, text)
        for other, passage, text in quoted[1:]
        if other >= least * weight
        and passage.score >= least * first.score
        and sum(passage.matched.values()) >= least * sum(first.matched.values())
    ]
    chosen = [quoted[0], *near][:_QUOTED]
    parts = [f"“{text}” [{passage.number}]" for _, passage, text in chosen]
    return "\n\n".join([said(question.language, "quoted"), *parts])


def _section(question: Question, passage: Passage) -> str:
    """All of a short passage, or of a part of it, whose heading is what was asked for; empty for any other."""
    heading = passage.locator.rpartition(" · ")[0].rpartition(" › ")[2] or passage.locator
    least = _HEADING_ENOUGH * question.weight
    for part in _PARTS.split(passage.text)[1:]:
        named = part.partition("\n")[0]
        below = named.lstrip("# ").strip() != heading.strip()
        if below and _weight(question, named) and _weight(question, f"{heading}\n{named}") >= least:
            return _without_heading(part, named.lstrip("# "))
    if _weight(question, heading) < least or len(passage.text) > _WHOLE:
        return ""
    return readable_row(passage.source, _without_heading(passage.text, heading), question.language)


def _best_of(question: Question, passage: Passage) -> str:
    """The sentences of a passage that hold most of the question."""
    spans = sentence_spans(passage.text)
    best = sorted(best_sentences(passage.text, question, LANGUAGES, _SENTENCES))
    grown = _merged([_grown(passage.text, spans, span) for span in best])
    texts = [passage.text[slice(*span)].lstrip("# ") for span in grown]
    # A lone item of a list is quoted without the mark that made it one.
    bare = (text if "\n" in text else _BULLET.sub("", text) for text in texts)
    return "\n".join(dict.fromkeys(readable_row(passage.source, text, question.language) for text in bare))


def _grown(text: str, spans: Sequence[Span], span: Span) -> Span:
    """A heading, a question or "…:" is no answer by itself: what follows belongs to it."""
    place = spans.index(span)
    end = span[1]
    piece = text[slice(*span)]
    if piece.startswith("#") or piece.endswith("?"):
        end = spans[min(place + 1, len(spans) - 1)][1]
        place += 1
    if text[:end].endswith(":"):
        while place + 1 < len(spans) and text[spans[place + 1][0]] in "-*•+0123456789":
            place += 1
            end = spans[place][1]
    return span[0], end


def _merged(spans: Sequence[Span]) -> list[Span]:
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1] + 2:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _weight(question: Question, text: str) -> float:
    answers = matching(question, words_of(text, question.language), LANGUAGES)
    return sum({id(word): word.weight for word in answers if word is not None}.values())


def _without_heading(text: str, heading: str) -> str:
    first, _, rest = text.partition("\n")
    body = rest if first.lstrip("# ").strip() == heading.strip() else text
    lines = [line.lstrip("#").strip() if line.startswith("#") else line for line in body.strip().split("\n")]
    return "\n".join(lines)
