"""Which part of a passage answers a question: coverage by place, the kind of thing asked for, nearness.

A word of the question counts by its idf and by where it stands: in the unit itself or in the lines that lead it, in
the headings above, in the sentence before or after, in the title of the document, elsewhere in the passage. What holds
the kind of thing asked for (a figure, a date, an option) comes before what does not.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from genchat.engine.retrieval.expectation import expected, holds
from genchat.engine.retrieval.layout import Unit, is_option, units_of
from genchat.engine.retrieval.questions import Question, QuestionWord, matching
from genchat.engine.retrieval.sentences import Span
from genchat.engine.retrieval.terms import LANGUAGES, Word, stemmer, words_of
from genchat.engine.text import fold

_IN_DOCUMENT, _IN_HEADING, _IN_ENTRY, _IN_NEIGHBOUR, _ELSEWHERE = 1.0, 1.0, 0.95, 0.7, 0.35
_RELATED = 0.9  # of a word that only begins like one of the question: "creator" for "created"
_SHORTEST_ROOT = 5  # letters that such words must share
_FITS, _FITS_NOT = 0.1, -0.12
# What has no form of its own cannot be missed; a reason or a person often stands there without its usual form.
_FITTING = {"reason": (0.05, 0.0), "person": (0.2, 0.0)}
_NEAR = 4  # words apart that still count as near
_LESS_NEAR = 0.8
_NEAR_ABOVE = 0.9  # of that in a heading
_NEARNESS = 0.25
_BEGINS = 0.08  # for a unit that begins with the question's rarest word
_FIRST_WORDS = 5
_DENSITY = 0.06
_LABEL = 6  # words of a line that only says what follows
_REPEATS = 0.3  # taken from a unit that only repeats the question, as titles do
_SHORT_OPTION = 400  # characters of an option with its explanation that is one answer
_FIRST = 0.01
_OF_OPTIONS = ("", "option", "command", "name", "definition")
_FRAME = 0.4  # weight of a word that says what kind of thing is asked for: "which option", "que opção"


@dataclass(frozen=True, slots=True)
class Answer:
    """A unit of a text as an answer. `score` orders; the shares are of the question's weight, 0 to 1.

    `said` is what the unit says with its leads, `about` what it says with everything around it; `fits` whether it
    holds the kind of thing asked for, None where nothing of a form is. `marked` is what is shown as the answer: the
    unit with the line that leads it, or all of a short option.
    """

    unit: Unit
    score: float
    said: float
    about: float
    fits: bool | None
    marked: Span
    nearness: float


def answers_in(text: str, source: str, headings: str, question: Question, record: bool = False) -> list[Answer]:
    """The units of `text` that share a word with the question, the likeliest answer first; all of a `record` is one.

    `source` is the name of the document, `headings` what the text stands under.
    """
    units = [Unit(0, len(text), "line", 0, 0)] if record and text else units_of(text)
    if not units or not question.weight:
        return []
    places = _Places(text, source, headings, question)
    asked = frozenset(word.folded for word in words_of(question.text, question.language))
    found = []
    for order, unit in enumerate(units):
        levels = places.levels(unit, units, order)
        said = places.share({key: level for key, level in levels.items() if level >= 1.0})
        if not any(level >= _RELATED for level in levels.values()):
            continue
        about = places.share(levels)
        shown = "\n".join(text[slice(*span)] for span in (*unit.headings[-1:], *unit.leads, unit.span))
        fits = None if places.kind in ("", "name") else holds(places.kind, shown, asked)
        near = places.nearness(unit)
        score = about + _NEARNESS * near
        if fits is not None:
            score += _FITTING.get(places.kind, (_FITS, _FITS_NOT))[not fits]
        score += _DENSITY * places.density(unit)
        score += _BEGINS if places.begins(unit) else 0.0
        score -= 0.0 if places.is_news(unit) else _REPEATS
        found.append(Answer(unit, score, said, about, fits, _marked(text, unit, units), near))
    if places.kind in _OF_OPTIONS:
        found = _lifted(text, found)
    found.sort(key=lambda each: (-each.score, each.unit.start))
    return found


def _marked(text: str, unit: Unit, units: Sequence[Unit]) -> Span:
    if unit.leads and is_option(text[slice(*unit.leads[-1])]):
        start = unit.leads[-1][0]
        end = max(each.end for each in units if each.leads[: len(unit.leads)] == unit.leads)
        if end - start <= _SHORT_OPTION:
            return start, end
    return unit.shown


def _lifted(text: str, found: Sequence[Answer]) -> list[Answer]:
    """With the first sentence below an option in the place of the best one: it says what the option does."""
    best: dict[tuple[Span, ...], float] = {}
    for each in found:
        if each.unit.leads and is_option(text[slice(*each.unit.leads[-1])]):
            best[each.unit.leads] = max(best.get(each.unit.leads, 0.0), each.score)
    return [
        replace(each, score=best[each.unit.leads] + _FIRST) if each.unit.follows and each.unit.leads in best else each
        for each in found
    ]


def says(question: Question, title: str) -> bool:
    """Whether the question holds every telling word of a title."""
    words = [word for word in words_of(title, question.language) if not word.common and not word.folded.isdigit()]
    return bool(words) and None not in matching(question, words, LANGUAGES)


class _Places:
    """Where in a text the words of the question stand, and what each of them weighs."""

    def __init__(self, text: str, source: str, headings: str, question: Question) -> None:
        self._text = text
        self.kind, frame = expected(question.text)
        self._question = question
        self._words = words_of(text, question.language)
        self._answers = matching(question, self._words, LANGUAGES)
        self._hits = [
            (word, answer) for word, answer in zip(self._words, self._answers, strict=True) if answer is not None
        ]
        self._related = list(self._relatives())
        self._source = self._matched(source)
        self._headings = self._matched(headings)
        above = words_of(headings, question.language)
        self._near_in_headings = self._nearness(
            above, matching(question, above, LANGUAGES), [(0, len(headings))] if headings else []
        )
        self._weights = {
            id(word): word.weight * (_FRAME if fold(word.text) in frame else 1.0) for word in question.words
        }
        self._certain = {id(word): word.certainty for word in question.words}
        self._total = sum(self._weights.values())
        self.rarest = max(self._weights, key=self._weights.__getitem__)

    def _relatives(self) -> Iterator[tuple[Word, QuestionWord]]:
        """Words that begin with the stem of a word of the question, or the other way round."""
        roots = [
            (fold(word.text), stem, word)
            for word in self._question.words
            for stem in word.stems
            if len(stem) >= _SHORTEST_ROOT
        ]
        for word, answer in zip(self._words, self._answers, strict=True):
            if answer is not None or word.common or len(word.folded) < _SHORTEST_ROOT:
                continue
            for whole, stem, asked in roots:
                own = stemmer(self._question.language)(word.folded)
                if word.folded.startswith(stem) or (len(own) >= _SHORTEST_ROOT and whole.startswith(own)):
                    yield word, asked

    def density(self, unit: Unit) -> float:
        """The share of a unit's telling words that are the question's."""
        telling = [
            answer
            for word, answer in zip(self._words, self._answers, strict=True)
            if unit.start <= word.start < unit.end and not word.common
        ]
        return sum(answer is not None for answer in telling) / len(telling) if telling else 0.0

    def begins(self, unit: Unit) -> bool:
        """Whether the rarest word of the question is among the first of a unit."""
        first = [word for word in self._words if unit.start <= word.start < unit.end][:_FIRST_WORDS]
        last = first[-1].end if first else unit.start
        return self.rarest in self.within((unit.start, last))

    def _matched(self, title: str) -> set[int]:
        words = words_of(title, self._question.language)
        return {id(word) for word in matching(self._question, words, LANGUAGES) if word is not None}

    def share(self, levels: Mapping[int, float]) -> float:
        """How much of the question's weight words with these levels hold, 0 to 1."""
        return sum(self._weights[key] * self._certain[key] * level for key, level in levels.items()) / self._total

    def is_news(self, unit: Unit) -> bool:
        """Whether a unit says anything that the question does not, and more than what follows it."""
        label = self._text[unit.start : unit.end]
        if label.rstrip("*_` ").endswith(":") and len(label.split()) <= _LABEL:
            return False
        return any(
            answer is None and not word.common
            for word, answer in zip(self._words, self._answers, strict=True)
            if unit.shown[0] <= word.start < unit.end
        )

    def within(self, span: Span) -> set[int]:
        """The words of the question that stand in a span."""
        return {id(answer) for word, answer in self._hits if span[0] <= word.start < span[1]}

    def levels(self, unit: Unit, units: Sequence[Unit], order: int) -> dict[int, float]:
        """Each word of the question with how near it stands to the unit, 0 to 1."""
        found: dict[int, float] = {}

        def heard(words: set[int], level: float) -> None:
            for key in words:
                found[key] = max(found.get(key, 0.0), level)

        heard({id(answer) for _, answer in self._hits}, _ELSEWHERE)
        heard(self._headings, _IN_HEADING)
        heard(self._source, _IN_DOCUMENT)
        for near in units[max(order - 1, 0) : order + 2]:
            if near.block == unit.block or (unit.leads and near.leads[-1:] == unit.leads[-1:]):
                heard(self.within(near.span), _IN_NEIGHBOUR)
        if unit.follows:
            # What an option does is said first; the rest of its explanation is about the same.
            for each in units[order + 1 :]:
                if each.leads[: len(unit.leads)] != unit.leads:
                    break
                heard(self.within(each.span), _IN_ENTRY)
        for span in unit.headings:
            heard(self.within(span), _IN_HEADING)
        for span in (*unit.leads, unit.span):
            heard(self.within(span), 1.0)
            heard({id(asked) for word, asked in self._related if span[0] <= word.start < span[1]}, _RELATED)
        return found

    def nearness(self, unit: Unit) -> float:
        """How near neighbouring words of the question stand in the unit, or in what it stands under, 0 to 1."""
        own = self._nearness(self._words, self._answers, (*unit.leads, unit.span))
        above = self._nearness(self._words, self._answers, unit.headings)
        return max(own, _NEAR_ABOVE * above, _NEAR_ABOVE * self._near_in_headings)

    def _nearness(self, words: Sequence[Word], answers: Sequence[QuestionWord | None], spans: Sequence[Span]) -> float:
        pairs = list(zip(self._question.words, self._question.words[1:], strict=False))
        total = sum(left.weight + right.weight for left, right in pairs)
        if not total or not spans:
            return 0.0
        inside: list[tuple[int, QuestionWord]] = []
        place = 0
        for word, answer in zip(words, answers, strict=True):
            if any(span[0] <= word.start < span[1] for span in spans):
                place += not word.common
                if answer is not None:
                    inside.append((place, answer))
        near = 0.0
        for left, right in pairs:
            lefts = [at for at, word in inside if word is left]
            rights = [at for at, word in inside if word is right]
            gaps = [abs(one - other) for one in lefts for other in rights if 0 < abs(one - other) <= _NEAR]
            if gaps:
                near += (left.weight + right.weight) * (1.0 if min(gaps) == 1 else _LESS_NEAR)
        return near / total
