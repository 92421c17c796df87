"""What an answer served: written as data beside the message, read when a later question is about it.

The data has the form {"nutrition": {"dishes": [dish, …], "menu": [{"day": 2, "meals": {"lunch": dish, …}}, …]}}, where
a dish is {"name": …, "chunk": …} and the day of a menu for no particular day is null. The menu is there only where one
was served.

A message without such data was written by a model or a quotation, or was kept before there was any; of those the text
is read, as it was rendered then. Whatever has data is read from its data alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from genchat.engine.conversation import Message
from genchat.engine.nutrition.menu import Menu
from genchat.engine.nutrition.recipes import MEALS, Meal, Recipe
from genchat.engine.retrieval.phrases import said
from genchat.engine.retrieval.terms import Language

_OURS = "nutrition"


def dishes_data(recipes: Iterable[Recipe]) -> dict[str, Any]:
    """The data of an answer that names these dishes."""
    return {_OURS: {"dishes": [_dish(recipe) for recipe in dict.fromkeys(recipes)]}}


def menu_data(menu: Menu) -> dict[str, Any]:
    """The data of an answer that serves this menu."""
    data = dishes_data(recipe for _, dishes in menu.days for recipe in dishes.values())
    data[_OURS]["menu"] = [
        {"day": day, "meals": {meal: _dish(recipe) for meal, recipe in dishes.items()}} for day, dishes in menu.days
    ]
    return data


def served_dishes(message: Message, recipes: Sequence[Recipe]) -> list[Recipe]:
    """The dishes that an answer named, in its order; those that the documents no longer hold are left out."""
    ours = _read(message)
    if ours is None:
        return _dishes_in_text(message.text, recipes)
    listed = ours.get("dishes")
    known = [_found(each, recipes) for each in (listed if isinstance(listed, list) else [])]
    return [recipe for recipe in known if recipe is not None]


def served_menu(message: Message, recipes: Sequence[Recipe], language: Language) -> dict[Meal, Recipe]:
    """The dish of each meal of the menu that an answer served, of its first day; empty where it served none.

    `language` is the one that the text of an answer without data is read in.
    """
    ours = _read(message)
    if ours is None:
        return _menu_in_text(message.text, recipes, language)
    days = ours.get("menu")
    first = days[0] if isinstance(days, list) and days else None
    meals = first.get("meals") if isinstance(first, dict) else None
    if not isinstance(meals, dict):
        return {}
    known = {meal: _found(meals.get(meal), recipes) for meal in MEALS}
    return {meal: recipe for meal, recipe in known.items() if recipe is not None}


def _dish(recipe: Recipe) -> dict[str, Any]:
    return {"name": recipe.name, "chunk": recipe.chunk}


def _found(dish: object, recipes: Sequence[Recipe]) -> Recipe | None:
    """The recipe of that name, in the same place if there are several; an index made anew numbers its places anew."""
    if not isinstance(dish, dict):
        return None
    named = [recipe for recipe in recipes if recipe.name == dish.get("name")]
    return next((recipe for recipe in named if recipe.chunk == dish.get("chunk")), named[0] if named else None)


def _read(message: Message) -> Mapping[str, Any] | None:
    ours = message.data.get(_OURS)
    return ours if isinstance(ours, dict) else None


# -- answers without data ---------------------------------------------------------------------------------------------


def _dishes_in_text(answer: str, recipes: Sequence[Recipe]) -> list[Recipe]:
    named = [recipe for recipe in recipes if recipe.name in answer]
    return sorted(named, key=lambda recipe: answer.index(recipe.name))


def _menu_in_text(answer: str, recipes: Sequence[Recipe], language: Language) -> dict[Meal, Recipe]:
    beginnings = {meal: f"• {said(language, f'meal_{meal}')}: " for meal in MEALS}
    first = answer.split("\n\n", 1)[0]
    return {
        meal: recipe
        for meal in MEALS
        for recipe in recipes
        if f"{beginnings[meal]}{recipe.name} (" in first or f"{beginnings[meal]}{recipe.name} [" in first
    }
