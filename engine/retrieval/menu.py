"""A menu for a day or a week from the recipes in the documents: every dish from a source, nothing made up.

Wishes are heard as far as the recipes' line of facts states them (vegetarian, without lactose or gluten), or their text
(without an ingredient). The same seed and the same day give the same menu.
"""

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.retrieval.recipes import MEAL_WORDS, MEALS, Meal, Recipe
from engine.retrieval.terms import Language, detect_language, stemmer, words_of
from engine.text import fold

WEEK: dict[Language, tuple[str, ...]] = {
    "pt": ("segunda", "terca", "quarta", "quinta", "sexta", "sabado", "domingo"),
    "en": ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
}
_MENU = re.compile(r"\b(cardapios?|menus?|plano alimentar|meal plans?|diet plans?|dieta)\b")
_COMPOSE = re.compile(
    r"\b(mont\w+|cri[ae]\w*|fa[cz]\w*|suger\w+|sugir\w+|ger[ae]\w*|compo\w+|prepar\w+|elabor\w+|quero|queria|preciso"
    r"|gostaria|me\s+d[ae]|make|create|suggest|compose|give|write|want|need|plan)\b"
)
_NAMED_PLAN = re.compile(r"\b(d[oe]|n[oe])\s+plano\b|\bplano\s+(de|para)\b|\b(in|of)\s+the\s+.{0,30}plan\b")
_WHOLE_WEEK = re.compile(r"\b(semana|semanal|week|weekly)\b")
_WISHES = {
    "vegano": re.compile(r"\b(vegan[oa]s?|vegans?)\b"),
    "vegetariano": re.compile(r"\b(vegetarian[oa]?s?|sem carnes?|without meat|no meat|meatless)\b"),
    "sem lactose": re.compile(r"\b(sem lactose|intolerante a lactose|lactose[ -]free|(without|no) lactose)\b"),
    "sem gluten": re.compile(r"\b(sem gluten|celiac[oa]s?|gluten[ -]free|(without|no) gluten)\b"),
}
_ENGLISH_TAGS = {
    "vegano": "vegan",
    "vegetariano": "vegetarian",
    "sem lactose": "lactose-free",
    "sem gluten": "gluten-free",
}
_IMPLIED = {"vegano": ("vegetariano",)}
_PROTEIN = re.compile(r"\b(prote\w+|hipertrofi\w*|massa muscular|muscle)\b")
_LIGHT = re.compile(r"\b(lev[e]s?|emagrec\w*|perder peso|light|lose weight|poucas calorias|low[ -]calorie)\b")
_KCAL = re.compile(r"(\d[\d.,]{2,6})\s*(?:kcal|calorias|calories)")
_WITHOUT = re.compile(r"\b(?:sem|without|no)\s+(\w{3,})")
_NOT_FOOD = frozenset(["lactose", "gluten", "carne", "carnes", "meat", "acucar"])
_TRIES = 300
_BEST_SHARE = 0.5  # of the recipes, where the richest or the lightest are wished for


@dataclass(frozen=True)
class MenuWish:
    """What kind of menu is asked for. `days` are 0 for Monday to 6; none means a day without a name."""

    language: Language
    days: tuple[int, ...] = ()
    meals: tuple[Meal, ...] = MEALS
    tags: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    rich_in_protein: bool = False
    light: bool = False
    most_kcal: float | None = None


@dataclass(frozen=True)
class Menu:
    """One recipe a meal for each day; `missing` are meals that no recipe fits."""

    wish: MenuWish
    days: tuple[tuple[int | None, dict[Meal, Recipe]], ...]
    missing: tuple[Meal, ...] = field(default=())


def menu_wish(question: str) -> MenuWish | None:
    """The wish in a question, or None where it does not ask for a menu to be put together."""
    folded = fold(question)
    if not _MENU.search(folded) or (_NAMED_PLAN.search(folded) and not _COMPOSE.search(folded)):
        return None
    named = [
        (folded.rfind(name), number)
        for names in WEEK.values()
        for number, name in enumerate(names)
        if re.search(rf"\b{name}\b", folded)
    ]
    # In a follow-up ("and for Tuesday?") both questions are there, and the last day is meant.
    days = (max(named)[1],) if named else tuple(range(7)) if _WHOLE_WEEK.search(folded) else ()
    meals = tuple(meal for meal in MEALS if any(word in folded for word in MEAL_WORDS[meal]))
    tags = tuple(tag for tag, pattern in _WISHES.items() if pattern.search(folded))
    kcal = _KCAL.search(folded)
    return MenuWish(
        detect_language(question),
        days,
        meals or MEALS,
        tags,
        tuple(word for word in _WITHOUT.findall(folded) if word not in _NOT_FOOD),
        bool(_PROTEIN.search(folded)),
        bool(_LIGHT.search(folded)),
        float(re.sub(r"[.,]", "", kcal[1])) if kcal else None,
    )


def compose(wish: MenuWish, recipes: Sequence[Recipe], seed: int) -> Menu:
    """A menu, the same for the same seed; within a week no dish comes back while there are others."""
    fitting = [recipe for recipe in recipes if _suits(recipe, wish)]
    pools = {meal: _preferred([each for each in fitting if meal in each.meals], wish) for meal in wish.meals}
    used: list[Recipe] = []
    days: list[tuple[int | None, dict[Meal, Recipe]]] = []
    for day in wish.days or (None,):
        dishes = _day(wish, pools, used, random.Random(f"{seed}/{day}"))  # noqa: S311
        used += dishes.values()
        days.append((day, dishes))
    return Menu(wish, tuple(days), tuple(meal for meal in wish.meals if not pools[meal]))


def _day(
    wish: MenuWish, pools: dict[Meal, list[Recipe]], used: list[Recipe], chance: random.Random
) -> dict[Meal, Recipe]:
    def draw() -> dict[Meal, Recipe]:
        taken = list(used)
        dishes: dict[Meal, Recipe] = {}
        for meal in wish.meals:
            if pools[meal]:
                times = Counter(taken)
                rarest = min(times[recipe] for recipe in pools[meal])
                dishes[meal] = chance.choice([recipe for recipe in pools[meal] if times[recipe] == rarest])
                taken.append(dishes[meal])
        return dishes

    if wish.most_kcal is None:
        return draw()
    drawn = [draw() for _ in range(_TRIES)]
    most = wish.most_kcal
    within = [dishes for dishes in drawn if _kcal(dishes) <= most]
    return max(within, key=_kcal) if within else min(drawn, key=_kcal)


def _kcal(dishes: dict[Meal, Recipe]) -> float:
    return sum(recipe.kcal or 0.0 for recipe in dishes.values())


def _preferred(recipes: list[Recipe], wish: MenuWish) -> list[Recipe]:
    """All of them, or the half that fits the wish for protein or for lightness best."""
    if not (wish.rich_in_protein or wish.light) or len(recipes) < 4:
        return recipes
    if wish.rich_in_protein:
        ordered = sorted(recipes, key=lambda recipe: -(recipe.protein or 0.0))
    else:
        ordered = sorted(recipes, key=lambda recipe: recipe.kcal or float("inf"))
    return ordered[: max(2, int(len(recipes) * _BEST_SHARE))]


def _suits(recipe: Recipe, wish: MenuWish) -> bool:
    for tag in wish.tags:
        accepted = {tag, _ENGLISH_TAGS[tag]} | {each for each, implied in _IMPLIED.items() if tag in implied}
        if not any(stated == one or stated.startswith(one + " ") for stated in recipe.suits for one in accepted):
            return False
    if not wish.without:
        return True
    of = stemmer(wish.language)
    stems = {of(word.folded) for word in words_of(recipe.text, wish.language)}
    return not any(of(word) in stems for word in wish.without)
