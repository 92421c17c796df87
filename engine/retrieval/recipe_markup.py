"""Recipes that a web page describes for machines, as text: schema.org's Recipe in JSON-LD (https://schema.org/Recipe).

The text has the form that recipes of people's own have: a heading, a line of facts, a list of ingredients, the method.
Nothing is added to what the page says.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from genchat.engine.retrieval.terms import Language, detect_language

_DEEPEST = 12
_LONGEST = 2**20  # characters of one script
_DURATION = re.compile(r"P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:[\d.]+S)?\Z", re.IGNORECASE)
_INLINE = re.compile(r"</?(?:a|b|i|em|strong|span|sup|sub|u)\b[^<>]*>", re.IGNORECASE)
# The words by which such a text is read again; see engine/nutrition/recipe_text.py.
_WORDS: dict[Language, dict[str, str]] = {
    "pt": {
        "ingredients": "Ingredientes",
        "method": "Modo de preparo",
        "meal": "Refeição",
        "serves": "Rende",
        "time": "Tempo",
        "worth": "Por porção",
        "protein": "g proteína",
        "carbohydrate": "g carboidrato",
        "fat": "g gordura",
        "suits": "Serve",
    },
    "en": {
        "ingredients": "Ingredients",
        "method": "Method",
        "meal": "Meal",
        "serves": "Serves",
        "time": "Time",
        "worth": "Per serving",
        "protein": "g protein",
        "carbohydrate": "g carbohydrate",
        "fat": "g fat",
        "suits": "Suits",
    },
}
_DIETS = {
    "VeganDiet": {"pt": "vegano", "en": "vegan"},
    "VegetarianDiet": {"pt": "vegetariano", "en": "vegetarian"},
    "GlutenFreeDiet": {"pt": "sem glúten", "en": "gluten-free"},
    "LowLactoseDiet": {"pt": "pouca lactose", "en": "low in lactose"},
}


def recipes_as_text(script: str) -> str:
    """The recipes of a JSON-LD script; empty where it holds none or is no JSON."""
    if len(script) > _LONGEST:
        return ""
    try:
        value = json.loads(script, strict=False)
    except (ValueError, RecursionError):
        return ""
    return "\n\n".join(text for recipe in _recipes(value, 0) if (text := _text(recipe)))


def _recipes(value: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for each in value:
            yield from _recipes(each, depth + 1)
    elif isinstance(value, dict):
        kinds = value.get("@type")
        if "Recipe" in (kinds if isinstance(kinds, list) else [kinds]):
            yield value
        else:
            for each in value.values():
                if isinstance(each, dict | list):
                    yield from _recipes(each, depth + 1)


def _text(recipe: Mapping[str, Any]) -> str:
    name = _line(recipe.get("name"))
    ingredients = [_line(each) for each in _list(recipe.get("recipeIngredient", recipe.get("ingredients")))]
    steps = list(_steps(recipe.get("recipeInstructions"), 0))
    if not name or not any(ingredients):
        return ""
    language = detect_language("\n".join([name, *ingredients, *steps]))
    words = _WORDS[language]
    facts = " · ".join(_facts(recipe, words, language))
    parts = [f"## {name}", *([facts] if facts else []), "", f"### {words['ingredients']}"]
    parts += [f"- {each}" for each in ingredients if each]
    if steps:
        parts += ["", f"### {words['method']}", *(f"{number}. {step}" for number, step in enumerate(steps, 1))]
    return "\n".join(parts)


def _facts(recipe: Mapping[str, Any], words: Mapping[str, str], language: Language) -> Iterator[str]:
    meals = [_line(each) for each in _list(recipe.get("recipeCategory"))]
    if any(meals):
        yield f"{words['meal']}: {', '.join(filter(None, meals))}"
    servings = next(
        (found[0] for each in _list(recipe.get("recipeYield")) if (found := re.search(r"\d+", _line(each)))), ""
    )
    if servings:
        yield f"{words['serves']} {servings}"
    minutes = _minutes(recipe.get("totalTime")) or _minutes(recipe.get("prepTime")) + _minutes(recipe.get("cookTime"))
    if minutes:
        yield f"{words['time']}: {minutes} min"
    nutrition = recipe.get("nutrition")
    worth = list(_worth(nutrition, words)) if isinstance(nutrition, dict) else []
    if worth:
        yield f"{words['worth']}: {', '.join(worth)}"
    diets = [_line(each).rpartition("/")[2] for each in _list(recipe.get("suitableForDiet"))]
    suits = [_DIETS[diet][language] for diet in diets if diet in _DIETS]
    if suits:
        yield f"{words['suits']}: {', '.join(suits)}"


def _worth(nutrition: Mapping[str, Any], words: Mapping[str, str]) -> Iterator[str]:
    fields = (
        ("calories", "kcal"),
        ("proteinContent", "protein"),
        ("carbohydrateContent", "carbohydrate"),
        ("fatContent", "fat"),
    )
    for field, name in fields:
        figure = re.search(r"\d+(?:[.,]\d+)?", _line(nutrition.get(field)))
        if figure:
            yield f"{figure[0]} {words.get(name, name)}"


def _steps(value: Any, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(value, str):
        yield from filter(None, map(_line, value.split("\n")))
    elif isinstance(value, list):
        for each in value:
            yield from _steps(each, depth + 1)
    elif isinstance(value, dict):
        if value.get("itemListElement") is not None:
            yield from _steps(value["itemListElement"], depth + 1)
        else:
            yield from filter(None, [_line(value.get("text") or value.get("name"))])


def _minutes(value: Any) -> int:
    match = _DURATION.match(_line(value))
    days, hours, minutes = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    return days * 1440 + hours * 60 + minutes


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _line(value: Any) -> str:
    """A text of the page on one line, without tags and without the mark of a heading."""
    if isinstance(value, dict):
        value = value.get("name", "")
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return ""
    bare = re.sub(r"<[^<>]*>", " ", _INLINE.sub("", str(value)))
    return " ".join(bare.split()).lstrip("#").strip()
