"""A day's dishes brought to an amount of energy: larger or smaller portions, and a snack or two more."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from genchat.engine.nutrition.recipes import Meal, Recipe

LARGER = (1.0, 1.5, 2.0)
SMALLER = (1.0, 0.5)
NEAR = 0.05  # share of the goal by which a day may miss it
_CLOSE = 0.02  # from here on nearer is not better: whole portions are
_SHORT_OF_PROTEIN = 4.0
_TOO_MUCH = 10.0


@dataclass(frozen=True)
class Day:
    """The dishes of a day, how much of each, and snacks beyond the meals, with how much of them."""

    dishes: Mapping[Meal, Recipe]
    portions: Mapping[Meal, float]
    snacks: tuple[tuple[Recipe, float], ...] = ()

    @property
    def eaten(self) -> list[tuple[Recipe, float]]:
        """Every dish with its portion."""
        return [*((recipe, self.portions.get(meal, 1.0)) for meal, recipe in self.dishes.items()), *self.snacks]

    @property
    def kcal(self) -> float | None:
        """Its energy; None where a dish does not state its own."""
        return summed(self.eaten, lambda recipe: recipe.kcal)

    @property
    def protein(self) -> float | None:
        """Its protein in grams."""
        return summed(self.eaten, lambda recipe: recipe.protein)


@dataclass(frozen=True, slots=True)
class Goal:
    """What a day is to come to: energy, as an aim or as a limit, and protein in grams."""

    kcal: float | None = None
    most_kcal: float | None = None
    protein: float | None = None

    def __bool__(self) -> bool:
        return self.kcal is not None or self.most_kcal is not None or self.protein is not None

    def miss(self, day: Day) -> float:
        """How far a day is from it: 0 is exactly there, 0.05 one in twenty."""
        kcal, protein = day.kcal or 0.0, day.protein or 0.0
        missed = 0.0
        if self.kcal:
            missed += abs(kcal - self.kcal) / self.kcal
        if self.most_kcal and kcal > self.most_kcal:
            missed += _TOO_MUCH * (kcal - self.most_kcal) / self.most_kcal
        elif self.most_kcal and not self.kcal:
            missed += (self.most_kcal - kcal) / self.most_kcal / _TOO_MUCH
        if self.protein:
            missed += max(0.0, self.protein - protein) / self.protein * _SHORT_OF_PROTEIN
        return missed


def summed(eaten: Iterable[tuple[Recipe, float]], read: Callable[[Recipe], float | None]) -> float | None:
    """The sum of a figure over portions, each rounded as it is shown; None where a dish does not state it."""
    values = [(read(recipe), portion) for recipe, portion in eaten]
    if not values or any(value is None for value, _ in values):
        return None
    return float(sum(round(value * portion) for value, portion in values if value is not None))


def fitted(dishes: Mapping[Meal, Recipe], goal: Goal, snacks: Sequence[Recipe], counts: Sequence[int]) -> Day:
    """The day nearest to its goal; `counts` are how many of the `snacks` may be added."""
    plain = Day(dishes, dict.fromkeys(dishes, 1.0), tuple((snack, 1.0) for snack in snacks[: min(counts, default=0)]))
    if not goal or not dishes or plain.kcal is None:
        return plain
    wanted = goal.kcal or goal.most_kcal or plain.kcal
    sizes = LARGER if wanted >= plain.kcal or (goal.protein and not goal.most_kcal) else SMALLER
    best, least = plain, _cost(plain, goal)
    for count in counts:
        added = snacks[:count]
        if len(added) < count or any(snack.kcal is None for snack in added):
            continue
        for portions in product(sizes, repeat=len(dishes) + count):
            day = Day(
                dishes,
                dict(zip(dishes, portions, strict=False)),
                tuple(zip(added, portions[len(dishes) :], strict=True)),
            )
            cost = _cost(day, goal)
            if cost < least:
                best, least = day, cost
        if goal.miss(best) <= _CLOSE:
            break
    return best


def _cost(day: Day, goal: Goal) -> float:
    """The miss, and a little for every portion that is not one."""
    changed = sum(abs(portion - 1.0) for _, portion in day.eaten)
    return max(0.0, goal.miss(day) - _CLOSE) + 0.002 * changed + 0.003 * len(day.snacks)
