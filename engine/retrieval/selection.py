"""Which part of a passage answers a question: coverage by place, the kind of thing asked for, nearness.

A word of the question counts by its idf and by where it stands: in the unit itself or in the lines that lead it, in
the headings above, in the sentence before or after, in the title of the document, elsewhere in the passage. What holds
the kind of thing asked for (a figure, a date, an option) comes before what does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from genchat.engine.retrieval.expectation import expected, holds
from genchat.engine.retrieval.layout import Unit, units_of
from genchat.engine.retrieval.questions import Question, QuestionWord, matching
from genchat.engine.retrieval.sentences import Span
from genchat.engine.retrieval.terms import Language, words_of

_IN_HEADING, _IN_NEIGHBOUR, _IN_TITLE, _ELSEWHERE = 0.6, 0.45, 0.5, 0.15
_FITS, _FITS_NOT = 0.12, -0.12
_NEAR = 4  # words apart that still count as near
_NEARNESS = 0.15


@dataclass(frozen=True, slots=True)
class Answer:
    """A unit of a text as an answer. `score` orders; the shares are of the question's weight, 0 to 1.

    `said` is what the unit says with its leads, `about` what it says with everything around it; `fits` whether it
    holds the kind of thing asked for; `rarest` how much of the question's rarest word it covers.
    """

    unit: Unit
    score: float
    said: float
    about: float
    fits: bool
    rarest: float
    nearness: float
    words: int


def answers_in(text: str, title: str, question: Question, languages: Sequence[Language]) -> list[Answer]:
    """The units of `text` that share a word with the question, the likeliest answer first. `title` stands above it."""
    units = units_of(text)
    if not units or not question.weight:
        return []
    places = _Places(text, title, question, languages)
    kind = expected(question.text)
    asked = frozenset(word.folded for word in words_of(question.text, question.language))
    found = []
    for order, unit in enumerate(units):
        levels = places.levels(unit, units[order - 1] if order else None, units[order + 1] if order + 1 < len(units) else None)
        own = [word for word, level in levels.values() if level >= 1.0]
        if not own:
            continue
        said = sum(word.weight * word.certainty for word in own) / question.weight
        about = sum(word.weight * word.certainty * level for word, level in levels.values()) / question.weight
        shown = "\n".join(text[slice(*span)] for span in (*unit.leads, unit.span))
        fits = holds(kind, shown, asked)
        near = places.nearness(unit)
        score = about + (0.0 if kind in ("", "name") else _FITS if fits else _FITS_NOT) + _NEARNESS * near
        rare = max(question.words, key=lambda word: word.weight)
        rarest = next((level for word, level in levels.values() if word is rare), 0.0)
        found.append(Answer(unit, score, said, about, fits, rarest, near, len(shown.split())))
    found.sort(key=lambda each: (-each.score, each.unit.start))
    return found


class _Places:
    """Where in a text the words of the question stand."""

    def __init__(self, text: str, title: str, question: Question, languages: Sequence[Language]) -> None:
        self._question = question
        self._words = words_of(text, languages[0])
        self._answers = matching(question, self._words, languages)
        self._hits = [(word, answer) for word, answer in zip(self._words, self._answers, strict=True) if answer is not None]
        titled = matching(question, words_of(title, languages[0]), languages)
        self._titled = {id(word): word for word in titled if word is not None}

    def within(self, span: Span) -> dict[int, QuestionWord]:
        """The words of the question that stand in a span."""
        return {id(answer): answer for word, answer in self._hits if span[0] <= word.start < span[1]}

    def levels(self, unit: Unit, before: Unit | None, after: Unit | None) -> dict[int, tuple[QuestionWord, float]]:
        """Each word of the question with how near it stands to the unit, 0 to 1."""
        found: dict[int, tuple[QuestionWord, float]] = {}

        def heard(words: dict[int, QuestionWord], level: float) -> None:
            for key, word in words.items():
                if key not in found or found[key][1] < level:
                    found[key] = (word, level)

        heard({id(answer): answer for _, answer in self._hits}, _ELSEWHERE)
        heard(self._titled, _IN_TITLE)
        for near in (before, after):
            if near is not None and near.block == unit.block:
                heard(self.within(near.span), _IN_NEIGHBOUR)
        for span in unit.headings:
            heard(self.within(span), _IN_HEADING)
        for span in (*unit.leads, unit.span):
            heard(self.within(span), 1.0)
        return found

    def nearness(self, unit: Unit) -> float:
        """The share, by weight, of neighbouring words of the question that stand near each other in the unit."""
        pairs = list(zip(self._question.words, self._question.words[1:], strict=False))
        total = sum(left.weight + right.weight for left, right in pairs)
        if not total:
            return 0.0
        inside: list[tuple[int, QuestionWord]] = []
        place = 0
        for word, answer in zip(self._words, self._answers, strict=True):
            if any(span[0] <= word.start < span[1] for span in (*unit.leads, unit.span)):
                place += not word.common
                if answer is not None:
                    inside.append((place, answer))
        near = 0.0
        for left, right in pairs:
            lefts = [at for at, word in inside if word is left]
            rights = [at for at, word in inside if word is right]
            if any(0 < abs(one - other) <= _NEAR for one in lefts for other in rights):
                near += left.weight + right.weight
        return near / total


