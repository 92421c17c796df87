"""Recipes that fit a wish, for "receitas com atum", "um jantar leve", "o que comer no café da manhã?"."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from genchat.engine.nutrition.menu import Members, holds, suits
from genchat.engine.nutrition.recipes import Recipe
from genchat.engine.nutrition.wishes import Wish, heard_wish
from genchat.engine.retrieval.tables import stems_of
from genchat.engine.text import fold

SHOWN = 5
_ASKING = re.compile(
    r"\b(receitas?|recipes?|suge[rs]\w+|sugir\w+|suggest\w*|ideias?|ideas?|opc(ao|oes)|options?"
    r"|(fazer|fac[oa]|preparar|preparo|cozinhar|cozinho|make|cook) (com|with))\b"
)
_EATING = re.compile(
    r"\b(quero|queria|quer|gostaria|posso|devo|vou|podemos|comer|como|tomar|fazer|preparar|cozinhar|almocar|jantar"
    r"|lanchar|want|would like|can i|should i|could i|eat|cook|have|make)\b"
)
_EXTREME = re.compile(r"\b(mais|menos|maior|menor|most|least|fewest|lowest|highest|ate|up to|under|at most)\b")
_ABOUT = re.compile(
    r"^\s*((e )?o que (e|sao|quer dizer|significa)|what (is|are|does)|por ?que|why|quem|who|quant[oa]s?"
    r"|how (many|much|long)|em quanto|quando|when|onde|where|faz mal|e (bom|ruim|certo|normal)|is it|preciso|do i)\b"
)


@dataclass(frozen=True)
class RecipeList:
    """`shown` are the first of all that fit; `foods` the words they hold: all, or, not `together`, some.

    Not `exact`, none keeps to the limits of time and energy. `unheard` are the words that no recipe has.
    """

    wish: Wish
    shown: tuple[Recipe, ...]
    more: int
    foods: tuple[str, ...]
    together: bool
    exact: bool
    unheard: tuple[str, ...]


def wanted_recipes(lines: Sequence[str], recipes: Sequence[Recipe], members: Members) -> RecipeList | None:
    """The recipes asked for; None where something else is asked, one is called by its name, or none fits."""
    wish = heard_wish(lines)
    # The last words of a conversation say what is wanted now; earlier foods gave way to them.
    words = heard_wish(lines[-1:]).unheard or wish.unheard
    foods = [word for word in words if any(holds(recipe, word, members) for recipe in recipes)]
    if not _is_wanted(lines[0], wish, words, foods, recipes) or _called(words, recipes):
        return None
    fitting = [recipe for recipe in recipes if not recipe.meals.isdisjoint(wish.meals) and suits(recipe, wish, members)]
    # Where no recipe has everything that was named, those that have most of it.
    counts = [sum(holds(recipe, word, members) for word in foods) for recipe in fitting]
    most = max(counts, default=0)
    fitting = [recipe for recipe, count in zip(fitting, counts, strict=True) if count == most]
    if not fitting or (foods and not most):
        return None
    within = [recipe for recipe in fitting if _within(recipe, wish)]
    exact = bool(within)
    fitting = within or fitting
    ranks = [_rank(recipe, wish) for recipe in fitting] if _is_ranked(wish) or not exact else _turns(fitting)
    places = sorted(range(len(fitting)), key=lambda place: (-_in_name(foods, fitting[place], members), ranks[place]))
    shown = tuple(fitting[place] for place in places[:SHOWN])
    unheard = tuple(word for word in words if word not in foods)
    return RecipeList(wish, shown, len(fitting) - len(shown), tuple(foods), most == len(foods), exact, unheard)


def _is_wanted(line: str, wish: Wish, words: Sequence[str], foods: Sequence[str], recipes: Sequence[Recipe]) -> bool:
    """Whether a question is for recipes at all."""
    folded = fold(line)
    if not recipes or _ABOUT.search(folded):
        return False
    heard = len(foods) == len(words)
    if not heard and not (foods or wish.names_meals or wish.tags):
        return False
    if _ASKING.search(folded):
        return True
    if wish.names_meals:
        wished = _EATING.search(folded) or _EXTREME.search(folded) or wish.most_kcal is not None
        return bool(wished) or (heard and "?" not in line)
    return _several_called(folded, recipes)


def _several_called(folded: str, recipes: Sequence[Recipe]) -> bool:
    """Whether a plural such as "sopas" is what the names of several recipes begin with."""
    stems = stems_of(folded)
    alike = [recipe for recipe in recipes if stems_of(recipe.name)[:1] == stems]
    return len(stems) == 1 and folded.rstrip("?! .").endswith("s") and len(alike) > 1


def _called(words: Sequence[str], recipes: Sequence[Recipe]) -> bool:
    """Whether `words` are the name of one recipe: all of them in it, its first word among them, and in no other's."""
    wanted = {stem for word in words for stem in stems_of(word)}
    having = [recipe for recipe in recipes if wanted and wanted <= set(stems_of(recipe.name))]
    return bool(having) and (len(having) == 1 or len(wanted) > 1) and stems_of(having[0].name)[0] in wanted


def _within(recipe: Recipe, wish: Wish) -> bool:
    return (wish.most_minutes is None or (recipe.minutes or 0) <= wish.most_minutes) and (
        wish.most_kcal is None or (recipe.kcal is not None and recipe.kcal <= wish.most_kcal)
    )


def _in_name(foods: Sequence[str], recipe: Recipe, members: Members) -> int:
    """How many of the foods its name says."""
    stems = set(stems_of(recipe.name))
    return sum(not stems.isdisjoint({*stems_of(food), *members(fold(food))}) for food in foods)


def _is_ranked(wish: Wish) -> bool:
    return wish.low_carbohydrate or wish.rich_in_protein or wish.light or wish.quick or wish.most_minutes is not None


def _turns(recipes: Sequence[Recipe]) -> list[float]:
    """Each recipe's place among those of its meal, so that the meals take turns."""
    counts = Counter[frozenset[str]]()
    turns = []
    for recipe in recipes:
        meals = frozenset[str](recipe.meals)
        turns.append(float(counts[meals]))
        counts[meals] += 1
    return turns


def _rank(recipe: Recipe, wish: Wish) -> float:
    """What recipes are ordered by, the smallest first."""
    if wish.low_carbohydrate:
        return float("inf") if recipe.carbohydrate is None else recipe.carbohydrate
    if wish.rich_in_protein:
        return -(recipe.protein or 0.0)
    if wish.light or wish.most_kcal is not None:
        return float("inf") if recipe.kcal is None else recipe.kcal
    return float("inf") if recipe.minutes is None else recipe.minutes
