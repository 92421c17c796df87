"""Whether an answer is borne out by the passages it was given: unknown citations, sentences without support.

A check by words, not by meaning: it finds sentences that share nothing with what they cite, and figures that stand in
none of it. What passes may still be wrong; what fails is worth a second look.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from genchat.engine.contract import Notice, Passage
from genchat.engine.retrieval.sentences import Span, sentence_spans
from genchat.engine.retrieval.terms import LANGUAGES, detect_language, stemmer, words_of

_MARKER = re.compile(r"\[(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\]")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_TELLING = 3  # content words from which on a sentence claims something
_SHARED_CITED = 0.3  # least share of its content stems that the cited passages hold
_SHARED_UNCITED = 0.6


@dataclass(frozen=True, slots=True)
class Check:
    """`unknown` are cited numbers that were not supplied; `unsupported` the spans of sentences without support."""

    cited: frozenset[int]
    unknown: tuple[int, ...]
    unsupported: tuple[Span, ...]

    def notices(self) -> list[Notice]:
        """As remarks about the reply; the spans go along for a screen that dims them."""
        found = []
        if self.unknown:
            numbers = ", ".join(f"[{number}]" for number in self.unknown)
            found.append(Notice("retrieval.unknown_citations", {"numbers": numbers}))
        if self.unsupported:
            spans = [list(span) for span in self.unsupported]
            found.append(Notice("retrieval.unsupported", {"count": len(spans), "spans": spans}))
        return found


def cited_numbers(text: str) -> list[tuple[Span, tuple[int, ...]]]:
    """Every marker such as [1] or [2, 3], with its place."""
    return [
        (match.span(), tuple(int(part) for part in re.findall(r"\d+", match[1]))) for match in _MARKER.finditer(text)
    ]


def check_citations(text: str, passages: Sequence[Passage]) -> Check:
    """What of `text` the passages bear out."""
    supplied = {passage.number: passage for passage in passages}
    markers = cited_numbers(text)
    numbers = {number for _, group in markers for number in group}
    stems = {number: _stems(f"{passage.locator}\n{passage.text}") for number, passage in supplied.items()}
    figures = {number: set(_NUMBER.findall(passage.text)) for number, passage in supplied.items()}
    unsupported = [
        span
        for span in _with_trailing_markers(text)
        if not _is_supported(text[slice(*span)], span, markers, stems, figures)
    ]
    return Check(frozenset(numbers & supplied.keys()), tuple(sorted(numbers - supplied.keys())), tuple(unsupported))


def _is_supported(
    sentence: str,
    span: Span,
    markers: Sequence[tuple[Span, tuple[int, ...]]],
    stems: Mapping[int, set[str]],
    figures: Mapping[int, set[str]],
) -> bool:
    bare = _MARKER.sub("", sentence)
    own = _stems(bare)
    cited = {number for place, group in markers if span[0] <= place[0] < span[1] for number in group}
    if not cited and (len(own) < _TELLING or bare.rstrip().endswith((":", "?"))):
        return True
    heard = cited if cited else set(stems)
    if not heard <= stems.keys():
        return False
    known = set().union(*(stems[number] for number in heard))
    seen = set().union(*(figures[number] for number in heard))
    if own and len(own & known) / len(own) < (_SHARED_CITED if cited else _SHARED_UNCITED):
        return False
    return all(number in seen or len(number) == 1 for number in _NUMBER.findall(bare))


def _with_trailing_markers(text: str) -> list[Span]:
    """Sentences; a marker that stands after the full stop belongs to the sentence before it."""
    found: list[Span] = []
    for start, end in sentence_spans(text):
        lead = re.match(rf"(?:\s*{_MARKER.pattern})+[.]?\s*", text[start:end])
        if lead and found:
            found[-1] = (found[-1][0], start + len(lead[0].rstrip()))
            start += len(lead[0])
        if start < end:
            found.append((start, end))
    return found


def _stems(text: str) -> set[str]:
    language = detect_language(text)
    words = [word.folded for word in words_of(text, language) if not word.common and not word.folded.isdigit()]
    return {stemmer(each)(word) for word in words for each in LANGUAGES}
