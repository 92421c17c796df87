"""Recipes that fit a wish, for "receitas com atum", "um jantar leve", "o que comer no café da manhã?"."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from genchat.engine.nutrition.menu import holds, rank_by, sorted_wanted
from genchat.engine.nutrition.recipes import Recipe
from genchat.engine.nutrition.requests import wants_dishes
from genchat.engine.nutrition.restrictions import allowed
from genchat.engine.nutrition.wishes import Wanted, Wish
from genchat.engine.retrieval.tables import stems_of
from genchat.engine.text import fold

SHOWN = 5
_MORE_TO_CHOOSE = 12  # recipes that a model is given


@dataclass(frozen=True)
class RecipeList:
    """`shown` are the first of `fitting`; `foods` the wanted ones they hold: all, or, not `together`, some.

    Not `exact`, none keeps to the limits of time and energy. `absent` and `contradicted` are as in a menu.
    """

    wish: Wish
    fitting: tuple[Recipe, ...]
    foods: tuple[str, ...]
    together: bool
    exact: bool
    absent: tuple[Wanted, ...] = ()
    contradicted: tuple[Wanted, ...] = ()

    @property
    def shown(self) -> tuple[Recipe, ...]:
        """Those that are named."""
        return self.fitting[:SHOWN]

    @property
    def more(self) -> int:
        """How many fit besides."""
        return max(len(self.fitting) - SHOWN, 0)

    @property
    def to_choose_from(self) -> tuple[Recipe, ...]:
        """Those that a model is given."""
        return self.fitting[:_MORE_TO_CHOOSE]


def wanted_recipes(lines: Sequence[str], wish: Wish, last: Wish, recipes: Sequence[Recipe]) -> RecipeList | None:
    """The recipes asked for; None where something else is asked, one is called by its name, or none fits.

    `last` is the wish of the last line alone: earlier foods give way to those it names.
    """
    if not recipes:
        return None
    wanted = last.wanted or wish.wanted
    wish = Wish(
        wish.language, wish.days, wish.meals, wish.restrictions, wanted, wish.conditions, wish.amounts, wish.unheard
    )
    fitting = [
        recipe for recipe in recipes if not recipe.meals.isdisjoint(wish.meals) and allowed(recipe, wish.restrictions)
    ]
    had, contradicted, absent = sorted_wanted(wish, recipes, fitting)
    if not _is_wanted(lines, wish, had, recipes):
        return None
    words = [*(each.text for each in wanted), *(last.unheard or wish.unheard)]
    if not (wish.restrictions or wish.names_meals) and _called(words, recipes):
        return None
    counts = [sum(holds(recipe, each) for each in had) for recipe in fitting]
    most = max(counts, default=0)
    # Where no recipe has everything that was named, those that have most of it.
    fitting = [recipe for recipe, count in zip(fitting, counts, strict=True) if count == most]
    if not fitting or (wanted and not most and not contradicted):
        return None
    within = [recipe for recipe in fitting if _within(recipe, wish)]
    exact = bool(within)
    fitting = within or fitting
    ranks = [_rank(recipe, wish) for recipe in fitting] if _is_ranked(wish) or not exact else _turns(fitting)
    places = sorted(range(len(fitting)), key=lambda place: (-_in_name(had, fitting[place]), ranks[place]))
    ordered = tuple(fitting[place] for place in places)
    return RecipeList(wish, ordered, tuple(each.text for each in had), most == len(had), exact, absent, contradicted)


def _is_wanted(lines: Sequence[str], wish: Wish, had: Sequence[Wanted], recipes: Sequence[Recipe]) -> bool:
    """Whether a question is for recipes, and enough of it was understood to answer with some."""
    if not (had or wish.names_meals or wish.restrictions) and (wish.unheard or wish.wanted):
        return False
    return wants_dishes(lines, wish) or _several_called(fold(lines[0]), recipes)


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
    amounts = wish.amounts
    energy = [most for most in (amounts.most_kcal, amounts.goal_kcal, amounts.each_kcal) if most is not None]
    protein = max(amounts.goal_protein or 0.0, amounts.each_protein or 0.0)
    return (
        (amounts.most_minutes is None or (recipe.minutes or 0) <= amounts.most_minutes)
        and (not energy or (recipe.kcal is not None and recipe.kcal <= min(energy)))
        and (not protein or (recipe.protein is not None and recipe.protein >= protein))
    )


def _in_name(foods: Sequence[Wanted], recipe: Recipe) -> int:
    """How many of the foods its name says."""
    stems = set(stems_of(recipe.name))
    return sum(not stems.isdisjoint(stems_of(food.text)) for food in foods)


def _is_ranked(wish: Wish) -> bool:
    return bool(wish.amounts.degrees) or wish.amounts.most_minutes is not None or wish.amounts.goal_kcal is not None


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
    degrees = wish.amounts.degrees - {"quick"}
    if not degrees and wish.amounts.goal_kcal is not None:
        return float("inf") if recipe.kcal is None else abs(recipe.kcal - wish.amounts.goal_kcal)
    if degrees or wish.amounts.most_kcal is not None or wish.amounts.goal_kcal is not None:
        return rank_by(degrees)(recipe)
    return float("inf") if recipe.minutes is None else recipe.minutes
