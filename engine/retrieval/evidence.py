"""Whether what was found answers the question: a calibrated score from 0 to 1; from 0.5 on it is taken to.

A logistic model over eight things that can be read off a search without a model:

- how much of the question, by idf, stands in and around the best part of one of the first passages;
- the BM25 of the best passage, as a share of what the question weighs: how densely it speaks of it;
- how few words the question has: one that occurs somewhere is weak evidence, unless nothing else is said;
- names and numbers of the question that the best passage does not have: the entity asked for has to stand there;
- words of the question that no document has, or that were taken for others;
- how far the best passage is ahead of the third: what is nowhere is a little everywhere;
- whether the best part holds the kind of thing asked for;
- where a number is asked for, whether what is counted stands near: a text that speaks of Tux Paint and holds a number
  does not tell how many children use it.

The weights were fitted, with a weight of 6, on the half for tuning of tests/bench/document_questions and, with 1, on
FaQuAD with a tenth of the paragraphs left out in turn (tenths 0 to 4) and on the shipped collection. Questions kept,
and answered though nothing answers them, in per cent: FaQuAD, tenths 5 to 9, which took no part in it: 90 and 29; half
for tuning, tables left out: 91 and 8; questions about the shipped collection kept: 93. Area under the ROC curve on
tenths 5 to 9: 0.894; many of those answered wrongly there do have an answer in a neighbouring paragraph of the same
article. The weight of what is counted was added afterwards: cross-validated by document, it raises the area from 0.980
to 0.992 on the half for tuning and leaves FaQuAD as it was.

Meaning counts by itself: how far the best cosine is on the way from what the embedder gives to unrelated texts to 1. An
embedder that knows that level says so; for any other it is what the question has with the middle one of all passages.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from genchat.engine.retrieval.questions import Question, QuestionWord
from genchat.engine.retrieval.selection import Answer
from genchat.engine.text import fold

ENOUGH = 0.5
_BIAS, _COVERED, _DENSE, _FEW = -4.66, 5.16, 2.81, -4.88
_NAMES_MISSING, _UNSURE, _AHEAD, _FITS = -8.05, -2.01, 1.53, 0.34
_UNCOUNTED = -2.0
_MEANT = 5.0  # a cosine this much of the way to 1, times 10 %, is enough by itself
_SHARED = 12.0  # of the same, beside words
_DEEP, _PARTS = 3, 2  # passages and parts of each that are looked at


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of one passage, best passages first. `alike` is how near in meaning it is, 0 to 1."""

    score: float
    bm25: float
    matched: frozenset[str]  # words of the question
    answers: tuple[Answer, ...]
    alike: float = 0.0


def evidence(question: Question, found: Sequence[Found]) -> float:
    """How surely the passages answer, 0 to 1. 0 where there are none."""
    alike = max((each.alike for each in found[:_DEEP]), default=0.0)
    by_meaning = min(1.0, _MEANT * alike)
    parts = [answer for each in found[:_DEEP] for answer in each.answers[:_PARTS]]
    if not parts or not question.weight:
        return by_meaning
    best = next((each for each in found if each.answers), found[0])
    scores = sorted((each.score for each in found), reverse=True)
    third = scores[2] if len(scores) > 2 else 0.0
    amount = (
        _BIAS
        + _COVERED * max(answer.about for answer in parts)
        + _DENSE * best.bm25 / question.weight
        + _FEW / (len(question.words) + _is_bare(question))
        + _NAMES_MISSING * _missing(question, best.matched)
        + _UNSURE * sum(word.weight * (1 - word.certainty) for word in question.words) / question.weight
        + _FITS * (0 if best.answers[0].fits is None else 1 if best.answers[0].fits else -1)
        + _UNCOUNTED * (1 - max(answer.counted for answer in parts))
        + _AHEAD * (1 - third / (scores[0] or 1.0))
        + _SHARED * alike
    )
    return max(by_meaning, 1 / (1 + math.exp(-amount)))


def _missing(question: Question, matched: frozenset[str]) -> float:
    """The share of the question's weight in names and numbers that a passage does not have."""
    start = question.text.lstrip()
    names = [word for word in question.words if _is_name(word, start)]
    return sum(word.weight for word in names if word.text not in matched) / question.weight


def _is_bare(question: Question) -> bool:
    """Whether a question is one word and nothing else, such as "IA": then nothing else is asked about it."""
    return len(question.words) == 1 and question.written.split() == [fold(question.words[0].text)]


def _is_name(word: QuestionWord, start: str) -> bool:
    capital = word.text[:1].isupper() and not start.startswith(word.text)
    return capital or any(map(str.isdigit, word.text))
