"""A menu for a day or a week from the recipes in the documents: every dish from a source, nothing made up.

Wishes are heard as far as the recipes' line of facts states them (vegetarian, without lactose or gluten), or their text
(with or without an ingredient). The same seed and the same day give the same menu, and a meal does not change when
others are left out.
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from genchat.engine.nutrition.recipes import Meal, Recipe
from genchat.engine.nutrition.wishes import Wish, heard_wish, names_days
from genchat.engine.retrieval.bilingual import in_portuguese
from genchat.engine.retrieval.terms import LANGUAGES, Word, stemmer, words_of
from genchat.engine.text import fold

_MENU = re.compile(
    r"\b(cardapios?|menus?|plano alimentar|meal plans?|diet plans?"
    r"|(mont\w+|cri[ae]\w*|suger\w+|sugir\w+|elabor\w+|me d[ae]|quero|preciso de|passe) (uma )?dieta)\b"
)
_COMPOSE = re.compile(
    r"\b(mont\w+|cri[ae]\w*|fa[cz]\w*|suger\w+|sugir\w+|ger[ae]\w*|compo\w+|prepar\w+|elabor\w+|quero|queria|preciso"
    r"|gostaria|me\s+d[ae]|make|create|suggest|compose|give|write|want|need|plan)\b"
)
_NAMED_PLAN = re.compile(r"\b(d[oe]|n[oe])\s+plano\b|\bplano\s+(de|para)\b|\b(in|of)\s+the\s+.{0,30}plan\b")
# "O que é um cardápio fitness?", "Furei a dieta": about menus, not for one.
_ABOUT = re.compile(
    r"^\s*((e )?o que (e|sao|quer dizer|significa)|what (is|are|does)|por ?que|why|quem|who|dev[oe]|posso|can i"
    r"|should i|e (bom|ruim|certo|normal)|is it|quantas? vezes|se eu)\b|\b(fur|segu|quebr)\w+ (a|uma|minha) dieta\b"
)
_EATING = re.compile(r"\b(o que|que|what)\b.{0,30}\b(comer|como|comemos|almocar|jantar|cozinhar|eat|cook|have)\b")
_ENGLISH_TAGS = {
    "vegano": "vegan",
    "vegetariano": "vegetarian",
    "sem lactose": "lactose-free",
    "sem gluten": "gluten-free",
}
_IMPLIED = {"vegano": ("vegetariano",)}
# Said with "sem", but stated in the line of facts or in no recipe at all.
_NOT_FOOD = frozenset(["lactose", "gluten", "carne", "carnes", "meat"])
_TRIES = 300
_BEST_SHARE = 0.5  # of the recipes, where the richest or the lightest are wished for
_LOW_SHARE = 0.3  # where few carbohydrates are
_QUICK_MINUTES = 20

Members = Callable[[str], frozenset[str]]  # a kind of food -> the stems it may be written by


@dataclass(frozen=True)
class Menu:
    """One recipe a meal for each day; `missing` are meals that no recipe fits, `unheard` what could not be heeded."""

    wish: Wish
    days: tuple[tuple[int | None, dict[Meal, Recipe]], ...]
    missing: tuple[Meal, ...] = field(default=())
    unheard: tuple[str, ...] = field(default=())


def menu_wish(lines: Sequence[str]) -> Wish | None:
    """The wish in a question and its follow-ups, or None where no menu is to be put together."""
    folded = fold(lines[0])
    if _ABOUT.search(folded):
        return None
    asked = _MENU.search(folded) and (not _NAMED_PLAN.search(folded) or _COMPOSE.search(folded))
    eaten = _EATING.search(folded) and names_days(folded) and not _NAMED_PLAN.search(folded)
    return heard_wish(lines) if asked or eaten else None


def compose(
    wish: Wish,
    recipes: Sequence[Recipe],
    seed: int,
    members: Members = lambda food: frozenset(),
    kept: Mapping[Meal, Recipe] | None = None,
    avoided: Sequence[Recipe] = (),
) -> Menu:
    """A menu, the same for the same seed; within a week no dish comes back while there are others.

    `kept` are dishes that stay as they were; `avoided` are taken only where there is no other.
    """
    fitting = [recipe for recipe in recipes if suits(recipe, wish, members)]
    known = [word for word in wish.unheard if any(holds(recipe, word, members) for recipe in recipes)]
    pools = {meal: _preferred([each for each in fitting if meal in each.meals], wish) for meal in wish.meals}
    used: list[Recipe] = list(avoided)

    def lacking(dishes: Collection[Recipe]) -> int:
        return sum(not any(holds(recipe, word, members) for recipe in dishes) for word in known)

    days: list[tuple[int | None, dict[Meal, Recipe]]] = []
    for day in wish.days or (None,):
        dishes = _day(wish, pools, used, f"{seed}/{day}", lacking, kept or {})
        used += dishes.values()
        days.append((day, dishes))
    missing = tuple(meal for meal in wish.meals if not pools[meal])
    unheard = tuple(word for word in wish.unheard if word not in known)
    return Menu(wish, tuple(days), missing, unheard)


def _day(
    wish: Wish,
    pools: Mapping[Meal, list[Recipe]],
    used: Sequence[Recipe],
    seed: str,
    lacking: Callable[[Collection[Recipe]], int],
    kept: Mapping[Meal, Recipe],
) -> dict[Meal, Recipe]:
    def draw(turn: int) -> dict[Meal, Recipe]:
        taken = list(used)
        dishes: dict[Meal, Recipe] = {}
        for meal in wish.meals:
            if meal in kept:
                dishes[meal] = kept[meal]
            elif pools[meal]:
                times = Counter(taken)
                rarest = min(times[recipe] for recipe in pools[meal])
                chance = random.Random(f"{seed}/{meal}/{turn}")  # noqa: S311
                dishes[meal] = chance.choice([recipe for recipe in pools[meal] if times[recipe] == rarest])
                taken.append(dishes[meal])
        return dishes

    if wish.most_kcal is None and not wish.unheard:
        return draw(0)
    draws = [draw(turn) for turn in range(_TRIES)]
    return min(draws, key=lambda dishes: (lacking(dishes.values()), _surplus(dishes.values(), wish)))


def _surplus(dishes: Iterable[Recipe], wish: Wish) -> float:
    """How far a day is from the energy wished for; too much is worse than too little."""
    if wish.most_kcal is None:
        return 0.0
    kcal = sum(recipe.kcal or 0.0 for recipe in dishes)
    return wish.most_kcal - kcal if kcal <= wish.most_kcal else 10 * (kcal - wish.most_kcal)


def _preferred(recipes: list[Recipe], wish: Wish) -> list[Recipe]:
    """All of them, or the half that fits the wish for protein, lightness, few carbohydrates or little time best."""
    quick = wish.most_minutes or (_QUICK_MINUTES if wish.quick else None)
    if quick is not None:
        fast = [recipe for recipe in recipes if recipe.minutes is not None and recipe.minutes <= quick]
        recipes = fast or sorted(recipes, key=lambda recipe: recipe.minutes or float("inf"))[:2]
    if not (wish.rich_in_protein or wish.light or wish.low_carbohydrate) or len(recipes) < 4:
        return recipes
    if wish.low_carbohydrate:
        ordered = sorted(recipes, key=lambda recipe: _or_most(recipe.carbohydrate))
    elif wish.rich_in_protein:
        ordered = sorted(recipes, key=lambda recipe: -(recipe.protein or 0.0))
    else:
        ordered = sorted(recipes, key=lambda recipe: _or_most(recipe.kcal))
    return ordered[: max(2, int(len(recipes) * (_LOW_SHARE if wish.low_carbohydrate else _BEST_SHARE)))]


def _or_most(value: float | None) -> float:
    return float("inf") if value is None else value


def suits(recipe: Recipe, wish: Wish, members: Members) -> bool:
    """Whether a recipe is stated to suit every diet of the wish, and names nothing it is to be without."""
    for tag in wish.tags:
        accepted = {tag, _ENGLISH_TAGS[tag]} | {each for each, implied in _IMPLIED.items() if tag in implied}
        if not any(stated == one or stated.startswith(one + " ") for stated in recipe.suits for one in accepted):
            return False
    return not any(_named(word, recipe.text, members) for word in wish.without if word not in _NOT_FOOD)


def holds(recipe: Recipe, word: str, members: Members) -> bool:
    """Whether a recipe is made of a food, or of one of its kind."""
    return _named(word, recipe.made_of, members)


def _named(word: str, text: str, members: Members) -> bool:
    """Whether a text names a food or one of its kind; of a word such as "batata-doce", every part."""
    stems = _stems_in(text)
    return all(not _stems_for(part, members).isdisjoint(stems) for part in word.split("-"))


def _stems_for(word: str, members: Members) -> frozenset[str]:
    folded = fold(word)
    meant = [folded, in_portuguese(folded) or folded]
    own = frozenset(stemmer(language)(each) for each in meant for language in LANGUAGES)
    return own.union(*map(members, meant))


@lru_cache(maxsize=4096)
def _stems_in(text: str) -> frozenset[str]:
    """What a text names, other than what it says to be without ("pão sem leite")."""
    words = words_of(text, LANGUAGES[0])
    named = [word.folded for before, word in zip([None, *words], words, strict=False) if not _refuses(before)]
    return frozenset(stemmer(language)(word) for word in named for language in LANGUAGES)


def _refuses(before: Word | None) -> bool:
    return before is not None and before.folded in ("sem", "without")
