"""What kind of food a person asks for: days, meals, diets, ingredients, limits; and what of it was not understood.

Wishes are heard as far as recipes can state them. A question and the follow-ups that lean on it are heard together:
of days and meals the last ones named count, everything else adds up.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from genchat.engine.nutrition.recipes import MEAL_WORDS, MEALS, Meal
from genchat.engine.retrieval.phrases import read_number
from genchat.engine.retrieval.terms import Language, detect_language, words_of
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
    "dois": 2,
    "two": 2,
    "tres": 3,
    "three": 3,
    "quatro": 4,
    "four": 4,
    "cinco": 5,
    "five": 5,
    "seis": 6,
    "six": 6,
}
_TAGS = {
    "vegano": re.compile(r"\b(vegan[oa]s?|vegans?)\b"),
    "vegetariano": re.compile(r"\b(vegetarian[oa]?s?|sem carnes?|without meat|no meat|meatless)\b"),
    "sem lactose": re.compile(r"\b(sem lactose|intolerantes? a lactose|lactose[ -]free|(without|no) lactose)\b"),
    "sem gluten": re.compile(r"\b(sem gluten|celiac[oa]s?|coeliacs?|gluten[ -]free|(without|no) gluten)\b"),
}
_LOW_CARBOHYDRATE = re.compile(
    r"\blow[ -]?carbs?\b|\b(pouc[oa]s?|baix[oa]s?|menos|sem|less|few|fewer|no|without)"
    r"( (em|de|teor de|in))? ?(carbs?|carboidratos?|carbohydrates?)\b"
)
_PROTEIN = re.compile(
    r"\b((muit[oa]s?|ric[oa]s? em|mais|alt[oa]s? em|bastante|rich in|high|more|lots of|most)[ -]*)?"
    r"(proteinas?|proteic\w+|hipertrofi\w*|ganh\w+ massa( muscular)?|massa muscular|protein|(gain )?muscles?( mass)?)\b"
)
_LIGHT = re.compile(
    r"\b(leves?|emagrec\w*|perder peso|light|lose weight|(pouc|menos|baix)\w* (em )?(calorias?|caloric\w+|kcal)"
    r"|low[ -]calories?|(fewest|few|fewer|least|lowest) (calories|kcal))\b"
)
_QUICK = re.compile(r"\b(rapid[oa]s?|rapidinh[oa]s?|pratic[oa]s?|quick|fast)\b")
_MINUTES = re.compile(r"\b(?:(?:ate|em|de|menos de|under|in|within) )?(\d{1,3})[ -]?min(?:utos?|utes?)?\b")
_KCAL = re.compile(
    r"\b(?:(?:de |com |with |of )?(?:ate|no maximo|menos de|cerca de|up to|under|at most|about) |de |com )?"
    r"(\d[\d.,]{1,6})[ -]?(?:kcal|calorias|calories)\b"
)
_MORE = r"(\w{3,}(?:-\w+)*)((?:(?:\s*,\s*|\s+(?:e|ou|nem|and|or)\s+)(?!com\b|with\b|sem\b)\w{3,}(?:-\w+)*)*)"
_WITHOUT: dict[Language, re.Pattern[str]] = {
    "pt": re.compile(rf"\bsem\s+{_MORE}"),
    "en": re.compile(rf"\b(?:without|no)\s+{_MORE}"),  # in Portuguese "no" is another word
}
_CHANGE = re.compile(r"\b(troqu?[ea]\w*|mud[ea]\w*|substitu\w*|outr[oa]s?|change|swap|replace|another|other)\b")
_HYPHENATED = re.compile(r"\w+(?:-\w+)*")
_NAME = re.compile(r"\w{3,}(?:-\w+)*")
_SAID_ANYWAY = re.compile(
    r"""\b(
    cardapios?|menus?|planos?|plans?|alimentar(es)?|alimentacao|dietas?|diets?|receitas?|recipes?|pratos?|dish(es)?
    | refeic(ao|oes)|meals?|sugest(ao|oes)|suggestions?|ideias?|ideas?|opc(ao|oes)|options?|exemplos?|examples?
    | mont\w*|cri[ae]\w*|fa[cz]\w*|suger\w*|sugir\w*|suggest\w*|ger[ae]\w*|compo\w*|prepar\w*|elabor\w*|cozinh\w*
    | cook\w*|quer\w*|queri\w*|precis\w*|gostari\w*|poss[oa]\w*|dev[oe]\w*|dar?|dou|d[ae]|me|passa\w*|mostr\w*|list\w*
    | procur\w*|make|create|give|write|want|need|show|find|like|please|com(er|o|emos|a)|eat\w*|tom(ar|o|e)
    | beb\w*|drink\w*|lev\w+|rest[oe]?|pre|pos
    | fitness|saudave(l|is)|nutritiv\w*|balancead\w*|equilibrad\w*|complet\w*|variad\w*|healthy|balanced|food|comidas?
    | dias?|days?|diari\w*|daily|hoje|amanha|today|tomorrow|noites?|tardes?|manhas?|evenings?|mornings?|afternoons?
    | favor|pessoas?|people|gostos[oa]s?|deliciosos?|bo[ma]s?|boas?|good|nice|tasty|simple?s?|faci(l|is)|easy|nov\w*|new
    | trein\w*|academia|gym|workouts?|exercici\w*|caseir\w*|casa|home|algum\w*|algo|coisas?|something|some|outr[oa]s?
    | troqu?[ea]\w*|mud[ea]\w*|substitu\w*|change|swap|replace|another|other|proxim\w*|hora|time|vez|calorias?|kcal
    | tem|have|has|seja\w*|kind|tipos?|ajud\w*|help|inteir\w*|whole|tod[oa]s?|per|por|ganhar|perder|ate|rende\w*|la
    )\b""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Wish:
    """`days` are 0 for Monday to 6; none means a day without a name.

    `meals` are those named, all of them if none was; `without` are foods and `unheard` the words that no part of a wish
    was made of, both as the person wrote them.
    """

    language: Language
    days: tuple[int, ...] = ()
    meals: tuple[Meal, ...] = MEALS
    tags: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    rich_in_protein: bool = False
    light: bool = False
    low_carbohydrate: bool = False
    quick: bool = False
    most_kcal: float | None = None
    most_minutes: float | None = None
    unheard: tuple[str, ...] = ()

    @property
    def names_meals(self) -> bool:
        """Whether certain meals were asked for."""
        return self.meals != MEALS


def heard_wish(lines: Sequence[str]) -> Wish:
    """The wish in a question (the first line) and in what was added to it."""
    parts = [_line_wish(line) for line in lines]
    last = parts[-1]
    # "Troque o jantar" is about the dinner; what follows it is about the whole again.
    meals = [part.meals for line, part in zip(lines, parts, strict=True) if part is last or not wants_change(line)]
    kcal = [part.most_kcal for part in parts if part.most_kcal is not None]
    minutes = [part.most_minutes for part in parts if part.most_minutes is not None]
    return Wish(
        language=detect_language("\n".join(lines)),
        days=next((part.days for part in reversed(parts) if part.days), ()),
        meals=next((named for named in reversed(meals) if named != MEALS), MEALS),
        tags=tuple(dict.fromkeys(tag for part in parts for tag in part.tags)),
        without=tuple(dict.fromkeys(food for part in parts for food in part.without)),
        rich_in_protein=any(part.rich_in_protein for part in parts),
        light=any(part.light for part in parts),
        low_carbohydrate=any(part.low_carbohydrate for part in parts),
        quick=any(part.quick for part in parts),
        most_kcal=kcal[-1] if kcal else None,
        most_minutes=minutes[-1] if minutes else None,
        unheard=tuple(dict.fromkeys(word for part in parts[:-1] for word in part.unheard)) + last.unheard,
    )


def wants_change(line: str) -> bool:
    """Whether a line asks for something else in place of what was given."""
    return bool(_CHANGE.search(fold(line)))


def names_days(folded: str) -> bool:
    """Whether a folded question names days of the week."""
    return bool(_DAYS.search(folded))


class _Listening:
    """A folded line from which whatever was understood is taken out."""

    def __init__(self, line: str) -> None:
        self.left = fold(line)

    def take(self, pattern: re.Pattern[str]) -> list[re.Match[str]]:
        found = list(pattern.finditer(self.left))
        for match in found:
            start, end = match.span()
            self.left = self.left[:start] + " " * (end - start) + self.left[end:]
        return found


def _line_wish(line: str) -> Wish:
    heard = _Listening(line)
    days = _days(heard)
    low_carbohydrate = bool(heard.take(_LOW_CARBOHYDRATE))
    tags = tuple(tag for tag, pattern in _TAGS.items() if heard.take(pattern))
    kcal, minutes = heard.take(_KCAL), heard.take(_MINUTES)
    protein, light, quick = (bool(heard.take(pattern)) for pattern in (_PROTEIN, _LIGHT, _QUICK))
    language = detect_language(line)
    refused = heard.take(_WITHOUT[language])
    without = tuple(food for match in refused for food in (match[1], *_NAME.findall(match[2])))
    meals = tuple(meal for meal in MEALS if heard.take(MEAL_WORDS[meal]))
    heard.take(_SAID_ANYWAY)
    written = {word.folded: word.text.casefold() for word in words_of(line, language)}
    telling = {word.folded for word in words_of(heard.left, language) if not word.common and len(word.folded) > 1}
    rest = [word for word in _HYPHENATED.findall(heard.left) if not telling.isdisjoint(word.split("-"))]
    return Wish(
        language=language,
        days=days,
        meals=meals or MEALS,
        tags=tags,
        without=tuple(_as_written(food, written) for food in without),
        rich_in_protein=protein,
        light=light,
        low_carbohydrate=low_carbohydrate,
        quick=quick,
        most_kcal=read_number(kcal[-1][1]) if kcal else None,
        most_minutes=float(minutes[-1][1]) if minutes else None,
        unheard=tuple(_as_written(word, written) for word in rest),
    )


def _as_written(food: str, written: Mapping[str, str]) -> str:
    return "-".join(written.get(part, part) for part in food.split("-"))


def _days(heard: _Listening) -> tuple[int, ...]:
    if heard.take(_WEEKEND):
        return (5, 6)
    if heard.take(_WORKING_DAYS):
        return (0, 1, 2, 3, 4)
    ranges = heard.take(_DAY_RANGE)
    if ranges:
        first, last = (_DAY_NUMBERS[name] for name in ranges[0].groups())
        return tuple((first + step) % 7 for step in range((last - first) % 7 + 1))
    named = tuple(dict.fromkeys(_DAY_NUMBERS[match[1]] for match in heard.take(_DAYS)))
    week, counted = heard.take(_WHOLE_WEEK), heard.take(_DAY_COUNT)
    if named:
        return named
    if week:
        return tuple(range(7))
    if counted:
        count = _COUNTS.get(counted[0][1]) or int(counted[0][1])
        return tuple(range(min(count, 7))) if count > 1 else ()
    return ()
