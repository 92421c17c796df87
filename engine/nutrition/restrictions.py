"""What must not be in a dish, and whether a dish is without it: by its ingredients, never by its looks.

A dish passes only if every word of its ingredients is known, nothing in them is or may contain what is refused, and its
name and method do not name it. A dish without a list of ingredients passes no restriction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from genchat.engine.nutrition.foods import food_table
from genchat.engine.nutrition.ingredients import Contents, contents_of, mentioned_in, together
from genchat.engine.nutrition.items import Item
from genchat.engine.nutrition.scopes import Heard
from genchat.engine.retrieval.terms import Language
from genchat.engine.text import fold

# How recipes state that they suit a diet, folded, by what has to be left out for it.
_STATED = {
    "vegano": ("vegano", "vegana", "vegan"),
    "vegetariano": ("vegetariano", "vegetariana", "vegetarian", "vegano", "vegana", "vegan"),
    "celíaco": ("sem gluten", "gluten-free", "gluten free"),
    "glúten": ("sem gluten", "gluten-free", "gluten free"),
    "lactose": (
        "sem lactose",
        "lactose-free",
        "lactose free",
        "sem leite",
        "dairy-free",
        "dairy free",
        "vegano",
        "vegan",
    ),
}


_OF_ANIMALS = ("vegano", "vegetariano", "lactovegetariano", "ovovegetariano", "pescetariano")


class Dish(Protocol):
    """What restrictions look at."""

    @property
    def name(self) -> str: ...
    @property
    def ingredients(self) -> tuple[str, ...]: ...
    @property
    def method(self) -> str: ...
    @property
    def suits(self) -> frozenset[str]: ...


@dataclass(frozen=True, slots=True)
class Restriction:
    """Kinds that are refused, as the person put it, or a `diet`; `word` is of a dish that is refused by its name."""

    text: str
    kinds: frozenset[str]
    diet: str = ""
    word: str = ""


@dataclass(frozen=True, slots=True)
class Restrictions:
    """All that is refused. What cannot be filtered for stands apart: words not understood, diets nobody can read off.

    `doubted` are foods left out because words beside them were not understood, `beside` those words; `unsure` are foods
    of which it is not clear that they were refused. `states` are words for what somebody is or has that nobody knows.
    """

    items: tuple[Restriction, ...] = ()
    misunderstood: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()  # keys of diets
    doubted: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    respelled: tuple[tuple[str, str], ...] = ()
    states: tuple[str, ...] = ()

    @property
    def blocked(self) -> bool:
        """Whether no dish may be offered at all."""
        return bool(self.misunderstood or self.untold or self.states)

    def __bool__(self) -> bool:
        return bool(self.items or self.blocked)


NO_RESTRICTIONS = Restrictions()


def restrictions_from(heard: Iterable[tuple[Heard, bool]], language: Language) -> Restrictions:
    """The restrictions of several lines; of one marked True, only those that last beyond their wish."""
    items: dict[tuple[frozenset[str], str, str], Restriction] = {}
    misunderstood: list[str] = []
    untold, doubted, beside, unsure = list[str](), list[str](), list[str](), list[str]()
    states = list[str]()
    respelled = list[tuple[str, str]]()
    for line, only_lasting in heard:
        refused = [item for item in line.refused if not only_lasting or any(item is each for each in line.lasting)]
        for item in refused:
            restriction = _of_item(item, any(item is each for each in line.allergies), language)
            items.setdefault((restriction.kinds, "", restriction.word), restriction)
        for item in line.diets:
            for key in sorted(item.keys):
                kinds = food_table().of_diet(key)
                if kinds is None:
                    untold.append(key)
                else:
                    name = food_table().diet_name(key, language)
                    items.setdefault((kinds, key, ""), Restriction(name, kinds, key))
        if only_lasting:
            continue
        for item in line.doubted:
            restriction = _of_item(item, False, language)
            items.setdefault((restriction.kinds, "", restriction.word), restriction)
            doubted.append(restriction.text)
        unsure += [item.text.casefold() for item in line.unsure]
        beside += [item.text for item in line.unknown] if line.doubted else []
        misunderstood += [item.text for item in line.misunderstood]
        states += [item.text for item in line.states if item not in line.misunderstood]
        named = [*line.refused, *line.doubted, *line.wanted, *line.diets, *line.conditions]
        respelled += [(item.text, item.taken_for) for item in named if item.taken_for]
    return Restrictions(
        tuple(items.values()),
        tuple(dict.fromkeys(misunderstood)),
        tuple(dict.fromkeys(untold)),
        tuple(dict.fromkeys(doubted)),
        tuple(dict.fromkeys(beside)),
        tuple(dict.fromkeys(unsure)),
        tuple(dict.fromkeys(respelled)),
        tuple(dict.fromkeys(states)),
    )


def _of_item(item: Item, allergic: bool, language: Language) -> Restriction:
    if not item.keys:
        return Restriction(item.text.casefold(), frozenset(), word=item.word)
    table = food_table()
    kinds = item.keys | (table.allergens_of(item.keys) if allergic else frozenset())
    # A misspelt or unaccented name is given as the table writes it.
    exact = next((name for key in sorted(item.keys) if (name := table.name(key, language)) and _same(name, item)), "")
    text = exact or (table.name(min(item.keys), language) if item.taken_for else item.text.casefold())
    more = sorted(table.name(key, language) for key in kinds - item.keys)
    return Restriction(f"{text} ({', '.join(more)})" if more else text, kinds)


def _same(name: str, item: Item) -> bool:
    return fold(name) == fold(item.text)


def contents_of_dish(dish: Dish) -> Contents:
    """What its ingredients are and contain, and what its name and method surely name besides."""
    return _contents(dish.name, dish.ingredients, dish.method)


@lru_cache(maxsize=4096)
def _contents(name: str, ingredients: tuple[str, ...], method: str) -> Contents:
    told = together([mentioned_in(line) for line in (name, *method.split("\n"))])
    return together([*map(contents_of, ingredients), Contents(told.foods, told.sure, told.sure)])


def made_of(dish: Dish) -> Contents:
    """What its ingredients are and contain; of its name, where it lists none."""
    return together(list(map(contents_of, dish.ingredients))) if dish.ingredients else mentioned_in(dish.name)


def allowed(dish: Dish, restrictions: Restrictions) -> bool:
    """Whether a dish may be offered under all the restrictions."""
    if restrictions.blocked:
        return False
    return not restrictions.items or (is_known(dish) and not any(excludes(each, dish) for each in restrictions.items))


def is_known(dish: Dish) -> bool:
    """Whether a dish lists its ingredients and every one of them is known."""
    return bool(dish.ingredients) and not contents_of_dish(dish).unknown


def excludes(restriction: Restriction, dish: Dish) -> bool:
    """Whether a restriction keeps a dish out whose ingredients are known."""
    keys = {restriction.diet} if restriction.diet else restriction.kinds
    stated = [words for key in keys if (words := _STATED.get(key)) is not None]
    suits = bool(stated) and all(any(_begins(each, words) for each in dish.suits) for words in stated)
    if dish.suits and stated and not suits:
        return True
    contents = contents_of_dish(dish)
    # Who states that a dish is vegan has looked at what the bread may contain; of an allergen that is not enough.
    held = contents.sure if suits and restriction.diet in _OF_ANIMALS else contents.all
    return not restriction.kinds.isdisjoint(held) or bool(
        restriction.word and restriction.word in fold("\n".join((dish.name, *dish.ingredients)))
    )


def _begins(stated: str, words: Sequence[str]) -> bool:
    return any(stated == word or stated.startswith(word + " ") for word in words)


def unknown_ingredients(dishes: Iterable[Dish], restrictions: Restrictions) -> tuple[str, ...]:
    """The words that keep dishes out under restrictions which they would pass if these were harmless."""
    found: dict[str, None] = {}
    for dish in dishes:
        unknown = contents_of_dish(dish).unknown
        if dish.ingredients and unknown and not any(excludes(each, dish) for each in restrictions.items):
            found |= dict.fromkeys(unknown)
    return tuple(found)


def excluded_most(dishes: Sequence[Dish], restrictions: Restrictions) -> tuple[Restriction, int] | None:
    """The restriction that keeps out the most dishes, and how many; None where none does."""
    counts = [(sum(excludes(each, dish) for dish in dishes), each) for each in restrictions.items]
    most = max(counts, key=lambda pair: pair[0], default=None)
    return (most[1], most[0]) if most is not None and most[0] else None


def forbidden_in(text: str, restrictions: Restrictions) -> tuple[str, ...]:
    """The restrictions that a written text names something against: what a model wrote is checked by this."""
    found = together([mentioned_in(line) for line in text.split("\n")])
    folded = fold(text)
    return tuple(
        each.text
        for each in restrictions.items
        if not each.kinds.isdisjoint(found.all) or (each.word and each.word in folded)
    )
