"""Which part of a passage answers a question: coverage by place, the kind of thing asked for, nearness.

A word of the question counts by its idf and by where it stands: in the unit itself or in the lines that lead it, in
the headings above, in the sentence before or after, in the title of the document, elsewhere in the passage. What holds
the kind of thing asked for (a figure, a date, an option) comes before what does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from genchat.engine.retrieval.expectation import holds
from genchat.engine.retrieval.layout import Unit, is_option, units_of
from genchat.engine.retrieval.places import RELATED, Places
from genchat.engine.retrieval.questions import Question, matching
from genchat.engine.retrieval.sentences import Span
from genchat.engine.retrieval.terms import LANGUAGES, Language, words_of

_FITS, _FITS_NOT = 0.1, -0.12
# What has no form of its own cannot be missed; a reason or a person often stands there without its usual form.
_FITTING = {"reason": (0.05, 0.0), "person": (0.2, 0.0)}
_NEARNESS = 0.25
_BEGINS = 0.08  # for a unit that begins with the question's rarest word
_DENSITY = 0.06
_REPEATS = 0.3  # taken from a unit that only repeats the question, as titles do
_SHORT_OPTION = 400  # characters of an option with its explanation that is one answer
_FIRST = 0.01
_OF_OPTIONS = ("", "option", "command", "name", "definition")


@dataclass(frozen=True, slots=True)
class Answer:
    """A unit of a text as an answer. `score` orders.

    `about` is the share of the question's weight, 0 to 1, in it and around it; `fits` whether it holds the kind of
    thing asked for, None where nothing of a form is. `marked` is what is shown as the answer: the unit with the line
    that leads it, or all of a short option. `counted`, 0 to 1, is how near to it stands what the question counts, 1
    where it counts nothing.
    """

    unit: Unit
    score: float
    about: float
    fits: bool | None
    marked: Span
    counted: float = 1.0


def answers_in(
    text: str,
    source: str,
    headings: str,
    question: Question,
    languages: Sequence[Language] = LANGUAGES,
    record: bool = False,
) -> list[Answer]:
    """The units of `text` that share a word with the question, the likeliest answer first; all of a `record` is one.

    `source` is the name of the document, `headings` what the text stands under, `languages` those it may be in.
    """
    units = [Unit(0, len(text), "line", 0, 0)] if record and text else units_of(text)
    if not units or not question.weight:
        return []
    places = Places(text, source, headings, question, languages)
    asked = frozenset(word.folded for word in words_of(question.text, question.language))
    found = []
    for order, unit in enumerate(units):
        levels = places.levels(unit, units, order)
        if not any(level >= RELATED for level in levels.values()):
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
        found.append(Answer(unit, score, about, fits, _marked(text, unit, units), places.counted(levels)))
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
