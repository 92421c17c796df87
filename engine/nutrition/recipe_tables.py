"""Tables of dishes: a row each, with a column of ingredients, and others for the meal, the energy and the like."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields

from genchat.engine.text import fold

_NAMES = {
    "name": r"(nomes?|pratos?|receitas?|dish(es)?|recipes?|names?|titulos?|titles?)",
    "ingredients": r"(lista de )?(ingredientes?|ingredients?)( list)?",
    "method": r"(modo( de (preparo|fazer))?|preparo|instrucoes|method|directions|instructions|steps|passos)",
    "meal": r"(refeic(ao|oes)|meals?|momento|tipo de refeicao|meal type|course|categoria|category)",
    "kcal": r"(kcal|calorias?|calories|energia|energy)\b.*",
    "protein": r"prote\w+\b.*",
    "carbohydrate": r"carb\w*\b.*",
    "fat": r"(gorduras?|fats?)\b.*",
    "time": r"(tempo|minutos?|minutes?|min|time|duracao)\b.*",
    "servings": r"(porc(ao|oes)|rende|rendimento|serves|servings|yields?|pessoas)\b.*",
    "suits": r"(dietas?|diets?|serve|suits|adequad\w+|restric(ao|oes)|tags?)\b.*",
}
_PARTS = re.compile(r"\s*(?:[;\n|]|(?<!\d),|,(?!\d))\s*")
_DISHES = re.compile(r"pratos?|receitas?|dish(es)?|recipes?")


@dataclass(frozen=True, slots=True)
class DishColumns:
    """Where in a row what stands; None for what a table does not have."""

    name: int
    ingredients: int | None
    method: int | None
    meal: int | None
    kcal: int | None
    protein: int | None
    carbohydrate: int | None
    fat: int | None
    time: int | None
    servings: int | None
    suits: int | None


@dataclass(frozen=True, slots=True)
class DishRow:
    """One dish as its table has it; empty where the cell is."""

    name: str
    ingredients: tuple[str, ...]
    method: str
    meal: str
    kcal: str
    protein: str
    carbohydrate: str
    fat: str
    time: str
    servings: str
    suits: str


def dish_columns(columns: Sequence[str]) -> DishColumns | None:
    """What the columns hold; None where a table is not one of dishes.

    It is one if it has a column of ingredients, or one of dishes beside their meal or energy.
    """
    folded = [" ".join(re.split(r"[\s_]+", fold(column).strip())) for column in columns]
    places = {
        name: next((place for place, column in enumerate(folded) if re.fullmatch(pattern, column)), None)
        for name, pattern in _NAMES.items()
    }
    name = places["name"]
    dishes = name is not None and _DISHES.fullmatch(folded[name])
    if places["ingredients"] is None and not (dishes and (places["meal"] is not None or places["kcal"] is not None)):
        return None
    if name is None:
        name = 0 if places["ingredients"] != 0 else 1
    if name >= len(columns):
        return None
    others = {key: place if place != name else None for key, place in places.items() if key != "name"}
    return DishColumns(name=name, **others)


def dish_rows(rows: Iterable[Sequence[str]], columns: DishColumns) -> Iterator[DishRow]:
    """The dishes of rows that have a name."""
    places = {field.name: getattr(columns, field.name) for field in fields(columns)}
    for cells in rows:
        found = {
            name: cells[place].strip() if place is not None and place < len(cells) else ""
            for name, place in places.items()
        }
        if found["name"]:
            ingredients = tuple(part for part in _PARTS.split(found.pop("ingredients")) if part)
            yield DishRow(ingredients=ingredients, **found)
