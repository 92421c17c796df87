"""Answers by quotation: the parts of the passages that answer, word for word.

What stands between quotation marks is a part of the passage as the document has it. Two things alone may differ: white
space that holds a line break may be shown as other white space, since lines are broken anywhere; and where parts are
quoted that do not follow each other, "…" stands between them. Parts of one quotation come from one section of one
passage, never from two records. Rows of tables and records of JSON are shown as "column: cell", which is how no
document has them: they stand without quotation marks, names and cells as written.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from genchat.engine.common_words import language_of
from genchat.engine.contract import Passage
from genchat.engine.retrieval.expectation import expected, holds
from genchat.engine.retrieval.layout import Unit, units_of
from genchat.engine.retrieval.phrases import said
from genchat.engine.retrieval.questions import Question, matching
from genchat.engine.retrieval.retriever import Retrieval
from genchat.engine.retrieval.selection import Answer
from genchat.engine.retrieval.sentences import Span
from genchat.engine.retrieval.tables import is_record
from genchat.engine.retrieval.terms import LANGUAGES, words_of

GAP = " … "
_QUOTED = 4  # passages quoted in one answer
_FURTHER = 2  # parts of one passage quoted beside the best
_WHOLE = 1200  # characters of a section that is quoted whole when its heading is what was asked for
_ENTRY = 600  # characters of an option with its explanation that is quoted whole
_LED = 900  # characters of what is quoted after "…:"
_LEADS = 200  # characters of the lines above a part that are quoted with it
_HEADING_ENOUGH = 0.7  # share of the question that a heading must hold for that
_NEXT_ENOUGH = 0.8  # share of the best part's score that a further one must have
_LONGEST_RECORD = 600
_FENCES = re.compile(r"^[ ]{0,3}(?:```+|~~~+)", re.MULTILINE)
_FENCE = re.compile(r"\s*\n[ ]{0,3}(?:```+|~~~+)")


@dataclass(frozen=True, slots=True)
class Quotation:
    """Spans of a passage, in order; none of a record, which is shown as it is."""

    passage: Passage
    spans: tuple[Span, ...]

    @property
    def text(self) -> str:
        """As it is shown, with the number of its passage."""
        if not self.spans:
            shown = self.passage.text
            return (
                f"{shown if len(shown) <= _LONGEST_RECORD else shown[:_LONGEST_RECORD] + ' …'} [{self.passage.number}]"
            )
        pieces = [self.passage.text[slice(*span)] for span in self.spans]
        return f"“{GAP.join(map(_unwrapped, pieces))}” [{self.passage.number}]"


def quotations(retrieval: Retrieval) -> str:
    """What the passages say to the question, each part with its number."""
    language = retrieval.question.language
    return "\n\n".join([said(language, "quoted"), *(each.text for each in chosen_quotations(retrieval))])


def chosen_quotations(retrieval: Retrieval) -> list[Quotation]:
    """What is quoted, the likeliest first; there is at least one passage."""
    question, passages = retrieval.question, retrieval.passages
    pairs = [(each, answers) for each in passages if (answers := retrieval.answers_in(each))]
    if not pairs:
        return [_quotation(question, passages[0], ())]
    best = pairs[0][1][0].score
    found = [_quotation(question, *pairs[0])]
    for passage, answers in pairs[1:]:
        if language_of(passage.text) not in (None, language_of(pairs[0][0].text)):
            continue  # the same in another language says nothing more
        if len(found) < _QUOTED and answers[0].score >= _NEXT_ENOUGH * best:
            found.append(_quotation(question, passage, answers))
    return found


def quoted_sentence(passage: Passage) -> str:
    """The marked sentence of a passage, or its first part that is no heading; a record as it is."""
    if is_record(passage.source):
        return Quotation(passage, ()).text.rpartition(" [")[0]
    units = units_of(passage.text)
    span = passage.highlight or (units[0].span if units else (0, len(passage.text)))
    return f"“{_unwrapped(passage.text[slice(*span)])}”"


def _quotation(question: Question, passage: Passage, answers: Sequence[Answer]) -> Quotation:
    if is_record(passage.source):
        return Quotation(passage, ())
    units = units_of(passage.text)
    section = _section(question, passage, units)
    if section is not None:
        return Quotation(passage, (section,))
    if not answers:
        return Quotation(passage, ((units[0].start, units[-1].end) if units else (0, len(passage.text)),))
    best = answers[0]
    further = [
        each
        for each in answers[1:]
        if each.unit.section == best.unit.section and each.score >= _NEXT_ENOUGH * best.score
    ][:_FURTHER]
    wanted = [best.unit, *(each.unit for each in further)]
    spans = [span for unit in wanted for span in _grown(passage.text, unit, units)]
    spans += _naming(question, passage.text, best.unit)
    return Quotation(passage, tuple(_merged(passage.text, spans)))


def _naming(question: Question, text: str, unit: Unit) -> list[Span]:
    """The heading above, where an option, a command or a way to do something was asked for and it names one."""
    kind = expected(question.text)[0] or "command"
    for start, end in unit.headings[-1:]:
        named = text[start:end]
        if kind in ("option", "command") and holds(kind, named):
            return [(start + len(named) - len(named.lstrip("# ")), end)]
    return []


def _section(question: Question, passage: Passage, units: Sequence[Unit]) -> Span | None:
    """All that stands under a heading which is what was asked for."""
    least = _HEADING_ENOUGH * question.weight
    above = passage.locator.rpartition(" · ")[0].rpartition(" › ")[2]
    below: dict[Span, Span] = {}
    for unit in units:
        for heading in unit.headings[-1:]:
            below[heading] = (below.get(heading, unit.shown)[0], unit.end)
    for heading, span in below.items():
        named = passage.text[slice(*heading)].lstrip("# ")
        deeper = named.strip() != above.strip()
        if deeper and _weight(question, named) and _weight(question, f"{above}\n{named}") >= least:
            return span
    if not units or _weight(question, above) < least or units[-1].end - units[0].start > _WHOLE:
        return None
    return units[0].shown[0], units[-1].end


def _grown(text: str, unit: Unit, units: Sequence[Unit]) -> list[Span]:
    """A part with what belongs to it: the lines that lead it, the rest of a short option, what follows a colon."""
    leads = list(unit.leads)
    while len(leads) > 1 and sum(end - start for start, end in leads) > _LEADS:
        leads.pop(0)
    entry = [each for each in units if unit.leads and each.leads[: len(unit.leads)] == unit.leads]
    if unit.leads and unit.kind == "sentence" and entry[-1].end - unit.leads[-1][0] <= _ENTRY:
        return [*leads, (entry[0].start, entry[-1].end)]
    end = unit.end
    place = units.index(unit)
    if text[unit.start : end].endswith("?") and place + 1 < len(units) and units[place + 1].section == unit.section:
        place += 1
        end = units[place].end
    if text[:end].endswith(":"):
        led = [each for each in units[place + 1 :] if units[place].span in each.leads]
        for each in led:
            if each.end - unit.start > _LED and end > units[place].end:
                break
            end = each.end
        if not led and place + 1 < len(units) and units[place + 1].section == unit.section:
            end = units[place + 1].end
    return [*leads, (unit.start, _fence_closed(text, unit.start, end))]


def _fence_closed(text: str, start: int, end: int) -> int:
    """The end of a part; behind the fence of code that was opened in it."""
    closing = _FENCE.match(text, end)
    return closing.end() if closing and len(_FENCES.findall(text, start, end)) % 2 else end


def _merged(text: str, spans: Sequence[Span]) -> list[Span]:
    """In order, those that follow each other as one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and (start <= found[-1][1] or not text[found[-1][1] : start].strip()):
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _unwrapped(piece: str) -> str:
    """Lines of prose that were only broken for their length are joined; other lines lose the margin they share."""
    lines = piece.split("\n")
    margins = [len(line) - len(line.lstrip()) for line in lines[1:] if line.strip()]
    margin = min(margins, default=0)
    shown = [lines[0], *(line[margin:] if line.strip() else "" for line in lines[1:])]
    found: list[str] = []
    for line in shown:
        if found and _goes_on(found[-1], line):
            found[-1] = f"{found[-1].rstrip()} {line.strip()}"
        else:
            found.append(line.rstrip())
    return "\n".join(found)


def _goes_on(line: str, below: str) -> bool:
    """Whether a line was broken inside a sentence."""
    return (
        bool(line.strip())
        and bool(re.match(r"[^\W\d_]|[(\"“'‘\d]", below))
        and len(line.strip()) > 40
        and not re.search(r"[:;.!?|]\s*\Z", line)
    )


def _weight(question: Question, text: str) -> float:
    answers = matching(question, words_of(text, question.language), LANGUAGES)
    return sum({id(word): word.weight for word in answers if word is not None}.values())
