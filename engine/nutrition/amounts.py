"""Wishes that are numbers or degrees: energy, protein, minutes, meals a day, people; rich in protein, light, quick."""

import re
from dataclasses import dataclass

from genchat.engine.nutrition.items import Span
from genchat.engine.retrieval.phrases import read_number

_COUNTS = {
    **dict.fromkeys(("um", "uma", "one", "a"), 1),
    **dict.fromkeys(("dois", "duas", "two", "nos dois"), 2),
    **dict.fromkeys(("tres", "three"), 3),
    **dict.fromkeys(("quatro", "four"), 4),
    **dict.fromkeys(("cinco", "five"), 5),
    **dict.fromkeys(("seis", "six"), 6),
    **dict.fromkeys(("sete", "seven"), 7),
    **dict.fromkeys(("oito", "eight"), 8),
}
_COUNT = rf"(\d{{1,2}}|{'|'.join(word for word in _COUNTS if len(word) > 1 and ' ' not in word)})"
_MOST = (
    r"(?P<most>ate|no maximo(?: de)?|maximo(?: de)?|menos (?:de|que|do que)|nao mais (?:de|que|do que)|abaixo de|"
    r"sem passar de|(?:nao|sem) ultrapass\w+(?: as?| de)?|nao pass\w+ de|limite de|up to|under|at most|less than|"
    r"no more than|not more than|"
    r"below|maximum(?: of)?|max(?: of)?)"
)
_AROUND = (
    r"(?:cerca de|em torno de|aproximadamente|por volta de|umas?|uns|de|com|of|with|about|around|approximately|"
    r"pelo menos|no minimo(?: de)?|ao menos|mais de|at least|more than|a minimum of|minimo de)"
)
_KCAL = re.compile(
    rf"\b(?:(?:{_MOST}|{_AROUND}) )*(?P<number>\d[\d.,]{{0,6}}\d|\d)[ -]?"
    r"(?P<mil>mil |k )?(?:de )?(?:kcal|calorias|calories|cals?)\b"
    r"(?P<each> (?:por|em|a|para|per|for|in) (?:cada |each )?(?:refeicao|prato|porcao|meal|dish|serving)| cada| each)?"
    r"(?: (?:por|ao|a|per) (?:dia|day)| diarias| daily)?"
)
_PROTEIN_GRAMS = re.compile(
    rf"\b(?:{_AROUND} )*(?P<number>\d{{1,3}})[ -]?(?:g|gr|gramas?|grams?)(?: de| of)? (?:prote\w+)"
    r"(?P<each> (?:por|em|a|para|per|for) (?:cada |each )?(?:refeicao|prato|porcao|meal|dish|serving)| cada| each)?"
    r"(?: (?:por|ao|a|per) (?:dia|day)| diarias?| daily)?"
    rf"|\bprote\w+ (?:{_AROUND} )*(?P<after>\d{{1,3}})[ -]?(?:g|gramas?|grams?)\b"
)
# What no recipe can be chosen by: nothing is without protein or fat, and fibre and salt are not stated.
_DENIED = re.compile(
    r"\b(?:(?:pouc[oa]s?|baix[oa]s?|menos|sem|zero|low|less|few|fewer|no|without|pobres?|restri\w+)[ -]"
    r"(?:(?:em|de|teor|in|a) )*"
    r"(?:prote\w+|fibras?|fib(?:er|re)s?|sodio|sodium|colesterol|cholesterol|potassio|potassium|fosforo|phosphorus|purinas?|purines?)"
    r"|(?:sem|zero|no|without)[ -](?:(?:nenhuma|any|de) )*(?:gorduras?|fats?|calorias?|calories))\b"
)
_MINUTES = re.compile(r"\b(?:(?:ate|em|de|menos de|under|in|within) )?(\d{1,3})[ -]?min(?:utos?|utes?)?\b")
_MEAL_COUNT = re.compile(rf"\b{_COUNT} (?:refeic(?:oes|ao)|meals?)\b(?: (?:por|ao|a|per) (?:dia|day)| diarias| daily)?")
_PEOPLE = re.compile(
    rf"\b(?:(?:para|pra|for|serves?|familia de|family of|somos(?: em)?|we are|a) )?{_COUNT} "
    r"(?:pessoas?|people|persons?|adultos?|adults?|comensais|convidados|amigos|guests)\b"
    rf"|\b(?:familia de|family of|somos(?: em)?|there are|we are) {_COUNT}\b"
)
_COUPLE = re.compile(
    r"\b(?:para|pra|for) (?:um |o |a )?(?:casal|couple)\b|\bpara nos dois\b|\bfor (?:the )?two of us\b|\bfor two\b"
)
_DEGREES = {
    "low_carbohydrate": re.compile(
        r"\blow[ -]?carbs?\b|\b(pouc[oa]s?|baix[oa]s?|menos|sem|less|few|fewer|no|without)"
        r"( (em|de|teor de|in))? ?(carbs?|carbo|carboidratos?|carbohydrates?)\b"
    ),
    "low_fat": re.compile(
        r"\blow[ -]?fat\b|\b(pouc[oa]s?|baix[oa]s?|menos|less)( (em|de|teor de|in))? ?(gorduras?|fats?)\b"
    ),
    "rich_in_protein": re.compile(
        r"\b((muit[oa]s?|ric[oa]s? em|mais|alt[oa]s? em|bastante|rich in|high|more|lots of|most)[ -]*)?"
        r"(proteinas?(?! d[aeo]s? )|proteic\w+|hiperproteic\w+|hipertrofi\w*|ganh\w+ massa( muscular)?|massa muscular|"
        r"(?<!milk )(?<!egg )(?<!soy )(?<!soya )(?<!wheat )protein|"
        r"(gain |build )?muscles?( mass)?|bulking)\b"
    ),
    "light": re.compile(
        r"\b((?<!que )(?<!nao )leves?|emagrec\w*|perder peso|light|lose weight|"
        r"(pouc|menos|baix)\w* (em )?(calorias?|caloric\w+|kcal)"
        r"|low[ -]calories?|(fewest|few|fewer|least|lowest) (calories|kcal))\b"
    ),
    "quick": re.compile(r"\b(rapid[oa]s?|rapidinh[oa]s?|pratic[oa]s?|quick|fast)\b"),
}


@dataclass(frozen=True, slots=True)
class Amounts:
    """What is wished in numbers; energy and protein are of a day, or of each dish where `each_kcal` says so."""

    goal_kcal: float | None = None
    most_kcal: float | None = None
    each_kcal: float | None = None
    goal_protein: float | None = None
    each_protein: float | None = None
    most_minutes: float | None = None
    meal_count: int | None = None
    people: int | None = None
    degrees: frozenset[str] = frozenset()
    denied: tuple[str, ...] = ()  # limits on what recipes do not state, as said


NO_AMOUNTS = Amounts()


def amounts_in(folded: str) -> tuple[Amounts, list[Span]]:
    """The amounts in a folded line, and where they stand."""
    spans: list[Span] = []
    left = folded

    def take(pattern: re.Pattern[str]) -> list[re.Match[str]]:
        nonlocal left
        found = list(pattern.finditer(left))
        for match in found:
            spans.append((match.start(), match.end(), "amount"))
            left = left[: match.start()] + " " * (match.end() - match.start()) + left[match.end() :]
        return found

    goal = most = each = protein = each_protein = None
    for match in take(_KCAL):
        value = (read_number(match["number"]) or 0.0) * (1000 if match["mil"] else 1)
        if match["each"]:
            each = value
        elif match["most"]:
            most = value
        else:
            goal = value
    for match in take(_PROTEIN_GRAMS):
        grams = float(match["number"] or match["after"])
        protein, each_protein = (protein, grams) if match["each"] else (grams, each_protein)
    minutes = [float(match[1]) for match in take(_MINUTES)]
    meals = [_count(match[1]) for match in take(_MEAL_COUNT)]
    people = [_count(match[1] or match[2]) for match in take(_PEOPLE)] + [2 for _ in take(_COUPLE)]
    denied = tuple(match[0] for match in take(_DENIED))
    degrees = frozenset(name for name, pattern in _DEGREES.items() if take(pattern))
    amounts = Amounts(
        goal or None,
        most or None,
        each or None,
        protein or None,
        each_protein or None,
        minutes[-1] if minutes else None,
        min(meals[-1], 6) if meals and meals[-1] else None,
        people[-1] if people and people[-1] else None,
        degrees,
        denied,
    )
    return amounts, spans


def _count(word: str) -> int:
    return int(word) if word.isdecimal() else _COUNTS[word]
