"""A menu for a day or a week from the recipes in the documents: every dish from a source, nothing made up.

Only dishes that pass every restriction are drawn from. The same seed and the same day give the same menu, and a meal
does not change when others are left out.
"""

import random
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from genchat.engine.nutrition.foods import food_table
from genchat.engine.nutrition.ingredients import contents_of
from genchat.engine.nutrition.lexicon import singulars
from genchat.engine.nutrition.portions import Day, Goal, fitted
from genchat.engine.nutrition.recipes import MEALS, Meal, Recipe
from genchat.engine.nutrition.restrictions import allowed, made_of
from genchat.engine.nutrition.tokens import normal, tokens_of
from genchat.engine.nutrition.wishes import Wanted, Wish

_MEALS_OF_COUNT: dict[int, tuple[Meal, ...]] = {
    1: ("lunch",),
    2: ("lunch", "dinner"),
    3: ("breakfast", "lunch", "dinner"),
}
_TRIES = 200
_FITTED_TRIES = 16  # of those, the ones whose portions are worked out
_MOST_SNACKS = 2  # beyond the meals of the day
_BEST_SHARE = 0.5  # of the recipes, where the richest or the lightest are wished for
_LOW_SHARE = 0.3  # where few carbohydrates are
_QUICK_MINUTES = 20


@dataclass(frozen=True)
class Menu:
    """One recipe a meal for each day; `eaten` are the same days with portions and further snacks.

    `missing` are meals that no recipe fits; `absent` wanted foods that no recipe has, `contradicted` those that only
    recipes have which a restriction keeps out.
    """

    wish: Wish
    days: tuple[tuple[int | None, dict[Meal, Recipe]], ...]
    eaten: tuple[Day, ...] = ()
    missing: tuple[Meal, ...] = field(default=())
    absent: tuple[Wanted, ...] = ()
    contradicted: tuple[Wanted, ...] = ()

    @property
    def dishes(self) -> list[Recipe]:
        """All of them in order, each once."""
        return list(dict.fromkeys(recipe for day in self.eaten for recipe, _ in day.eaten))


def compose(
    wish: Wish,
    recipes: Sequence[Recipe],
    seed: int,
    kept: Mapping[Meal, Recipe] | None = None,
    avoided: Sequence[Recipe] = (),
) -> Menu:
    """A menu, the same for the same seed; within a week no dish comes back while there are others.

    `kept` are dishes that stay as they were if they still suit; `avoided` are taken only where there is no other.
    """
    fitting = [recipe for recipe in recipes if allowed(recipe, wish.restrictions)]
    meals = wish.meals if wish.names_meals else _MEALS_OF_COUNT.get(wish.amounts.meal_count or 4, MEALS)
    stays = {meal: recipe for meal, recipe in (kept or {}).items() if allowed(recipe, wish.restrictions)}
    within = _within_each(fitting, wish)
    pools = {meal: preferred([each for each in within if meal in each.meals], wish) for meal in meals}
    known, contradicted, absent = sorted_wanted(wish, recipes, fitting)
    used: list[Recipe] = list(avoided)
    days: list[Day] = []
    for day in wish.days or (None,):
        drawing = _Drawing(wish, pools, known, f"{seed}/{day}", stays)
        found = drawing.day(used, meals)
        used += [recipe for recipe, _ in found.eaten]
        days.append(found)
    missing = tuple(meal for meal in meals if not pools[meal] and meal not in stays)
    named = tuple((day, dict(each.dishes)) for day, each in zip(wish.days or (None,), days, strict=True))
    return Menu(wish, named, tuple(days), missing, absent, contradicted)


def sorted_wanted(
    wish: Wish, recipes: Sequence[Recipe], fitting: Sequence[Recipe]
) -> tuple[tuple[Wanted, ...], tuple[Wanted, ...], tuple[Wanted, ...]]:
    """The wanted foods that can be had, those that a restriction keeps out, and those that no recipe has."""
    had = tuple(each for each in wish.wanted if any(holds(recipe, each) for recipe in fitting))
    refused = {kind for each in wish.restrictions.items for kind in each.kinds}
    kept_out = tuple(
        each
        for each in wish.wanted
        if each not in had and (any(holds(recipe, each) for recipe in recipes) or not refused.isdisjoint(_all_of(each)))
    )
    return had, kept_out, tuple(each for each in wish.wanted if each not in had and each not in kept_out)


def _all_of(wanted: Wanted) -> frozenset[str]:
    return frozenset[str]().union(*(food_table().contents(key, doubtful=False) for key in wanted.keys))


class _Drawing:
    """One day's draws."""

    def __init__(
        self,
        wish: Wish,
        pools: Mapping[Meal, list[Recipe]],
        wanted: Sequence[Wanted],
        seed: str,
        kept: Mapping[Meal, Recipe],
    ) -> None:
        self.wish, self.pools, self.wanted, self.seed, self.kept = wish, pools, wanted, seed, kept
        amounts = wish.amounts
        self.goal = Goal(amounts.goal_kcal, amounts.most_kcal, amounts.goal_protein)

    def day(self, used: Sequence[Recipe], meals: Sequence[Meal]) -> Day:
        """The day that has most of what is wanted and comes nearest to its goal."""
        more = max((self.wish.amounts.meal_count or 0) - len(MEALS), 0) if not self.wish.names_meals else 0
        free = self.goal.kcal is not None and not self.wish.amounts.meal_count and len(meals) == len(MEALS)
        counts = range(more, _MOST_SNACKS + 1) if free else (more,)
        if not self.goal and not self.wanted:
            dishes = self._draw(0, used, meals)
            return fitted(dishes, self.goal, self._snacks(0, used, dishes), counts)
        draws = [self._draw(turn, used, meals) for turn in range(_TRIES)]
        draws.sort(key=lambda dishes: self._lacking(dishes.values()))
        least = self._lacking(draws[0].values())
        best = [dishes for dishes in draws if self._lacking(dishes.values()) == least]
        if not self.goal:
            return fitted(best[0], self.goal, self._snacks(0, used, best[0]), counts)
        whole = self.goal.kcal or self.goal.most_kcal
        if whole:
            best.sort(key=lambda dishes: abs(sum(recipe.kcal or 0.0 for recipe in dishes.values()) - whole))
        else:
            best.sort(key=lambda dishes: -sum(recipe.protein or 0.0 for recipe in dishes.values()))
        days = []
        for turn, dishes in enumerate(best[:_FITTED_TRIES]):
            days.append(fitted(dishes, self.goal, self._snacks(turn, used, dishes), counts))
            if self.goal.miss(days[-1]) < 0.01:
                break
        return min(days, key=self.goal.miss)

    def _lacking(self, dishes: Collection[Recipe]) -> int:
        return sum(not any(holds(recipe, each) for recipe in dishes) for each in self.wanted)

    def _draw(self, turn: int, used: Sequence[Recipe], meals: Sequence[Meal]) -> dict[Meal, Recipe]:
        taken = list(used)
        dishes: dict[Meal, Recipe] = {}
        for meal in meals:
            if meal in self.kept:
                dishes[meal] = self.kept[meal]
            elif self.pools[meal]:
                chance = random.Random(f"{self.seed}/{meal}/{turn}")  # noqa: S311
                dishes[meal] = chance.choice(self._rarest(self.pools[meal], taken, dishes.values(), turn))
                taken.append(dishes[meal])
        return dishes

    def _rarest(
        self, pool: Sequence[Recipe], taken: Sequence[Recipe], dishes: Collection[Recipe], turn: int
    ) -> list[Recipe]:
        """The recipes taken least often; every other turn, of those that have what the day still lacks."""
        if turn % 2 and self.wanted:
            lacking = [each for each in self.wanted if not any(holds(recipe, each) for recipe in dishes)]
            pool = [recipe for recipe in pool if any(holds(recipe, each) for each in lacking)] or pool
        times = Counter(taken)
        rarest = min(times[recipe] for recipe in pool)
        return [recipe for recipe in pool if times[recipe] == rarest]

    def _snacks(self, turn: int, used: Sequence[Recipe], dishes: Mapping[Meal, Recipe]) -> list[Recipe]:
        """Dishes for more meals than there are names for."""
        pool = self.pools.get("snack") or self.pools.get("breakfast") or []
        chance = random.Random(f"{self.seed}/more/{turn}")  # noqa: S311
        times = Counter([*used, *dishes.values()])
        return sorted(chance.sample(pool, len(pool)), key=lambda recipe: times[recipe])[:_MOST_SNACKS]


def _within_each(recipes: Sequence[Recipe], wish: Wish) -> list[Recipe]:
    """Those within what each dish may have; all where none is."""
    most, protein = wish.amounts.each_kcal, wish.amounts.each_protein
    found = [
        recipe
        for recipe in recipes
        if (most is None or (recipe.kcal is not None and recipe.kcal <= most))
        and (protein is None or (recipe.protein is not None and recipe.protein >= protein))
    ]
    return found or list(recipes)


def preferred(recipes: list[Recipe], wish: Wish) -> list[Recipe]:
    """All of them, or the half that fits the wish for protein, lightness, few carbohydrates or little time best."""
    degrees = wish.amounts.degrees
    quick = wish.amounts.most_minutes or (_QUICK_MINUTES if "quick" in degrees else None)
    if quick is not None:
        fast = [recipe for recipe in recipes if recipe.minutes is not None and recipe.minutes <= quick]
        recipes = fast or sorted(recipes, key=lambda recipe: recipe.minutes or float("inf"))[:2]
    if not degrees - {"quick"} or len(recipes) < 4:
        return recipes
    ordered = sorted(recipes, key=rank_by(degrees))
    return ordered[: max(2, int(len(recipes) * (_LOW_SHARE if "low_carbohydrate" in degrees else _BEST_SHARE)))]


def rank_by(degrees: Collection[str]) -> Callable[[Recipe], float]:
    """What recipes are ordered by for degrees such as "light", the smallest first."""
    if "low_carbohydrate" in degrees:
        return lambda recipe: _or_most(recipe.carbohydrate)
    if "low_fat" in degrees:
        return lambda recipe: _or_most(recipe.fat)
    if "rich_in_protein" in degrees:
        return lambda recipe: -(recipe.protein or 0.0)
    return lambda recipe: _or_most(recipe.kcal)


def _or_most(value: float | None) -> float:
    return float("inf") if value is None else value


def holds(recipe: Recipe, wanted: Wanted) -> bool:
    """Whether a recipe is surely made of a food or of one of its kind, or is called by a word."""
    if wanted.keys:
        return not wanted.keys.isdisjoint(made_of(recipe).sure | contents_of(recipe.name).foods)
    return any(wanted.word in singulars(token.folded) for token in tokens_of(normal(recipe.name)))
