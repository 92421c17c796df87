"""What kind of food a person asks for: days, meals, diets, foods to have or leave out, numbers, and what was not heard.

A question and the follow-ups that lean on it are heard together: of days and meals the last ones named count, of
numbers too, everything else adds up. An allergy told earlier in the conversation holds on.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from genchat.engine.nutrition.amounts import NO_AMOUNTS, Amounts, amounts_in
from genchat.engine.nutrition.clauses import heard_in
from genchat.engine.nutrition.items import Item, Span, items_of
from genchat.engine.nutrition.recipes import MEAL_WORDS, MEALS, Meal
from genchat.engine.nutrition.restrictions import NO_RESTRICTIONS, Restrictions, restrictions_from
from genchat.engine.nutrition.scopes import Heard
from genchat.engine.nutrition.tokens import folded_alike, normal
from genchat.engine.retrieval.terms import Language, detect_language
from genchat.engine.text import fold

WEEK: dict[Language, tuple[str, ...]] = {
    "pt": ("segunda", "terca", "quarta", "quinta", "sexta", "sabado", "domingo"),
    "en": ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
}
_DAY_NUMBERS = {name: number for names in WEEK.values() for number, name in enumerate(names)}
_DAY = rf"({'|'.join(_DAY_NUMBERS)})s?(?:[ -]?feiras?)?"
_DAYS = re.compile(rf"\b{_DAY}\b")
_DAY_RANGE = re.compile(rf"\b{_DAY}\s*(?:a|ate|to|through|until|-)\s*{_DAY}\b")
_WEEKEND = re.compile(r"\b(fi(m|ns)|fina(l|is)) de semana\b|\bweekends?\b")
_WORKING_DAYS = re.compile(r"\bdias uteis\b|\bweekdays?\b|\bworking days\b")
_WHOLE_WEEK = re.compile(r"\b(semanas?|semanal|semanais|weeks?|weekly|sete dias|7 dias|seven days|7 days)\b")
_DAY_COUNT = re.compile(r"\b(\d|dois|tres|quatro|cinco|seis|two|three|four|five|six)\s+(?:dias|days)\b")
_COUNTS = {
    word: count
    for count, words in enumerate(("dois two", "tres three", "quatro four", "cinco five", "seis six"), 2)
    for word in words.split()
}
_CHANGE = re.compile(r"\b(troqu?[ea]\w*|mud[ea]\w*|substitu\w*|outr[oa]s?|change|swap|replace|another|other)\b")
_OF_ONESELF = re.compile(r"\b(sou|somos|tenho|temos|meu|minha|nao|i|im|am|my|we|our)\b|^[^?]*$")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A food that is to be in a dish: its keys in the food table, or a word of the name of dishes."""

    text: str
    keys: frozenset[str] = frozenset()
    word: str = ""


@dataclass(frozen=True)
class Wish:
    """`days` are 0 for Monday to 6; none means a day without a name. `meals` are those named, all if none was.

    `conditions` are keys of states of health; `unheard` are the words that no part of a wish was made of.
    """

    language: Language
    days: tuple[int, ...] = ()
    meals: tuple[Meal, ...] = MEALS
    restrictions: Restrictions = NO_RESTRICTIONS
    wanted: tuple[Wanted, ...] = ()
    conditions: tuple[str, ...] = ()
    amounts: Amounts = NO_AMOUNTS
    unheard: tuple[str, ...] = ()

    @property
    def names_meals(self) -> bool:
        """Whether certain meals were asked for."""
        return self.meals != MEALS


@dataclass(frozen=True)
class _Line:
    heard: Heard
    days: tuple[int, ...]
    meals: tuple[Meal, ...]
    amounts: Amounts
    named: frozenset[Meal]  # meals said in words, not by leaving others out


def heard_wish(lines: Sequence[str], dishes: frozenset[str] = frozenset(), earlier: Sequence[str] = ()) -> Wish:
    """The wish in a question (the first line) and in what was added to it.

    `dishes` are folded words that recipes are called by; of `earlier` lines only what lasts is heard: an allergy.
    """
    parts = [_line_wish(line, dishes) for line in lines]
    language = detect_language("\n".join(lines))
    last = parts[-1]
    # "Troque o jantar" is about the dinner; what follows it is about the whole again.
    meals = [part.meals for line, part in zip(lines, parts, strict=True) if part is last or not wants_change(line)]
    told = [(_line_wish(line, dishes).heard, True) for line in earlier if _OF_ONESELF.search(fold(line))]
    restrictions = restrictions_from([*told, *((part.heard, False) for part in parts)], language)
    denied = tuple(limit for part in parts for limit in part.amounts.denied)
    if denied:
        restrictions = replace(restrictions, misunderstood=tuple(dict.fromkeys((*restrictions.misunderstood, *denied))))
    wanted = {item.text.casefold(): _wanted(item) for part in parts for item in part.heard.wanted}
    states = [
        item for heard in [*(each for each, _ in told), *(part.heard for part in parts)] for item in heard.conditions
    ]
    return Wish(
        language=language,
        days=next((part.days for part in reversed(parts) if part.days), ()),
        meals=next((named for named in reversed(meals) if named != MEALS), MEALS),
        restrictions=restrictions,
        wanted=tuple(wanted.values()),
        conditions=tuple(dict.fromkeys(key for item in states for key in sorted(item.keys))),
        amounts=_latest([part.amounts for part in parts]),
        unheard=_unheard(parts, restrictions),
    )


def wants_change(line: str) -> bool:
    """Whether a line asks for something else in place of what was given."""
    return bool(_CHANGE.search(fold(line)))


def names_days(folded: str) -> bool:
    """Whether a folded question names days of the week."""
    return bool(_DAYS.search(folded))


def _unheard(parts: Sequence[_Line], restrictions: Restrictions) -> tuple[str, ...]:
    told = {*restrictions.beside, *restrictions.misunderstood, *restrictions.states}
    return tuple(
        dict.fromkeys(item.text.casefold() for part in parts for item in part.heard.unknown if item.text not in told)
    )


def _wanted(item: Item) -> Wanted:
    return Wanted(item.text.casefold(), item.keys, "" if item.keys else item.word)


def _latest(amounts: Sequence[Amounts]) -> Amounts:
    """Of each number the one said last; degrees add up."""

    def last(name: str) -> float | None:
        return next((value for each in reversed(amounts) if (value := getattr(each, name)) is not None), None)

    meals, people = last("meal_count"), last("people")
    return Amounts(
        goal_kcal=last("goal_kcal"),
        most_kcal=last("most_kcal"),
        each_kcal=last("each_kcal"),
        goal_protein=last("goal_protein"),
        each_protein=last("each_protein"),
        most_minutes=last("most_minutes"),
        meal_count=None if meals is None else int(meals),
        people=None if people is None else int(people),
        degrees=frozenset(degree for each in amounts for degree in each.degrees),
    )


def _line_wish(line: str, dishes: frozenset[str]) -> _Line:
    text = normal(line)
    folded = folded_alike(text)
    amounts, spans = amounts_in(folded)
    days, day_spans = _days(folded)
    spans += day_spans
    spans += [(*match.span(), "meal") for words in MEAL_WORDS.values() for match in words.finditer(folded)]
    heard = heard_in(items_of(text, spans, dishes), detect_language(line))
    unwanted = frozenset(meal for item in heard.unwanted_meals for meal in _meals_in(item.text))
    named = frozenset(_meals_in(folded)) - unwanted
    left_out = {day for item in heard.unwanted_days for day in _days(fold(item.text))[0]}
    days = tuple(day for day in days if day not in left_out) or tuple(
        sorted(set(range(7)) - left_out) if left_out else ()
    )
    chosen = tuple(meal for meal in MEALS if (meal in named if named else meal not in unwanted))
    return _Line(heard, days, chosen or MEALS, amounts, named)


def _meals_in(text: str) -> list[Meal]:
    return [meal for meal in MEALS if MEAL_WORDS[meal].search(fold(text))]


def _days(folded: str) -> tuple[tuple[int, ...], list[Span]]:
    """The days named, and where."""
    spans: list[Span] = []
    left = folded

    def take(pattern: re.Pattern[str]) -> list[re.Match[str]]:
        nonlocal left
        found = list(pattern.finditer(left))
        for match in found:
            spans.append((*match.span(), "day"))
            left = left[: match.start()] + " " * (match.end() - match.start()) + left[match.end() :]
        return found

    if take(_WEEKEND):
        return (5, 6), spans
    if take(_WORKING_DAYS):
        return (0, 1, 2, 3, 4), spans
    ranges = take(_DAY_RANGE)
    if ranges:
        first, last = (_DAY_NUMBERS[name] for name in ranges[0].groups())
        return tuple((first + step) % 7 for step in range((last - first) % 7 + 1)), spans
    named = tuple(dict.fromkeys(_DAY_NUMBERS[match[1]] for match in take(_DAYS)))
    week, counted = take(_WHOLE_WEEK), take(_DAY_COUNT)
    if named:
        return named, spans
    if week:
        return tuple(range(7)), spans
    if counted:
        count = _COUNTS.get(counted[0][1]) or int(counted[0][1])
        return (tuple(range(min(count, 7))) if count > 1 else ()), spans
    return (), spans
