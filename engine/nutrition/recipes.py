"""Recipes in the documents, in the forms people have them in.

A recipe is a heading with a list of ingredients below it (recipe_text.py) or a row of a table of dishes
(recipe_tables.py). A line of facts may say more: "Refeição: almoço · Rende 1 porção · Tempo: 35 min · Por porção: ~470
kcal, 34 g proteína, 47 g carboidrato · Serve: sem lactose"; English documents write "Meal: lunch · … · Per serving: … ·
Suits: vegetarian". docs/recipes.md describes the forms.
"""

import json
import re
import sqlite3
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from genchat.engine.nutrition.foods import food_table
from genchat.engine.nutrition.lexicon import singulars
from genchat.engine.nutrition.recipe_tables import DishColumns, dish_columns, dish_rows
from genchat.engine.nutrition.recipe_text import (
    WrittenRecipe,
    may_hold_recipes,
    read_number_before,
    written_recipes,
)
from genchat.engine.nutrition.tokens import normal, tokens_of
from genchat.engine.retrieval.keywords import fts_expression
from genchat.engine.retrieval.phrases import read_number
from genchat.engine.retrieval.tabular import row_cells
from genchat.engine.retrieval.terms import LANGUAGES, stemmer
from genchat.engine.text import fold, safe, safe_line

Meal = Literal["breakfast", "lunch", "snack", "dinner"]
MEALS: tuple[Meal, ...] = ("breakfast", "lunch", "snack", "dinner")
MEAL_WORDS: dict[Meal, re.Pattern[str]] = {
    "breakfast": re.compile(r"\b(cafes? d[ae] manha|desjejum|breakfasts?)\b"),
    "lunch": re.compile(r"\b(almoc\w*|lunch\w*)\b"),
    "snack": re.compile(r"\b(lanch\w*|merenda\w*|snacks?)\b"),
    "dinner": re.compile(r"\b(jant\w*|ceias?|dinners?|suppers?)\b"),
}
_MOST = 2000
_BEFORE, _AFTER = 1, 4  # chunks around one that holds the head of a recipe
_MARKS = ("refeicao", "meal", "ingredientes", "ingredients")
_KCAL = re.compile(r"(\d[\d.,]*)\s*(?:kcal|calori)|(?:calorias|calories|energia|energy)\s*[:=]\s*~?\s*(\d[\d.,]*)")
_PROTEIN = re.compile(r"(\d[\d.,]*)\s*g\s*(?:de\s+|of\s+)?prote|prote\w+\s*[:=]\s*~?\s*(\d[\d.,]*)")
_CARBOHYDRATE = re.compile(r"(\d[\d.,]*)\s*g\s*(?:de\s+|of\s+)?carb|carb\w*\s*[:=]\s*~?\s*(\d[\d.,]*)")
_FAT = re.compile(r"(\d[\d.,]*)\s*g\s*(?:de\s+|of\s+)?(?:gordura|fat)|(?:gorduras?|fat)\s*[:=]\s*~?\s*(\d[\d.,]*)")
_HOURS = re.compile(r"(\d+)\s*(?:h\b|hora|hour)")
_MINUTES = re.compile(r"(\d+)\s*min")
_SERVINGS = re.compile(
    r"(?:rende|rendimento|serves|servings|makes|yields?|porcoes|pessoas)\s*:?\s*(\d+)|(\d+)\s*(?:porc(?:oes|ao)|servings?)\b"
)
_SUITS = re.compile(r"(?:serve(?! \d)|suits|adequad\w+|good for)\s*:\s*([^·|\n]+)")
_SERVES_AS = re.compile(r"(?:refeicao|meal)\s*:\s*([^·|\n]+)")


@dataclass(frozen=True, slots=True)
class Recipe:
    """A recipe and the chunk it stands in. `suits` are folded words such as "vegetariano"; numbers are per serving.

    `ingredients` are the lines of its list, none where it has no list; `method` is how it is made.
    """

    chunk: int
    name: str
    meals: frozenset[Meal]
    suits: frozenset[str]
    kcal: float | None
    protein: float | None
    carbohydrate: float | None
    minutes: float | None
    servings: float | None
    text: str
    facts: tuple[int, int]  # character offsets in the chunk of the line of facts, or of what stands in its place
    ingredients: tuple[str, ...] = ()
    fat: float | None = None
    method: str = ""


def find_recipes(connection: sqlite3.Connection, collection: int | None = None, remote: bool = False) -> list[Recipe]:
    """All recipes, in the order of the documents; the same one in two collections is taken once."""
    found: dict[tuple[str, tuple[str, ...]] | str, Recipe] = {}
    for recipe in (*_in_texts(connection, collection, remote), *_in_tables(connection, collection, remote)):
        found.setdefault((fold(recipe.name), recipe.ingredients) if recipe.ingredients else recipe.text, recipe)
    return list(found.values())


def recipes_of(chunk: int, heading: Sequence[str], text: str) -> list[Recipe]:
    """The recipes of one chunk."""
    return list(_placed(written_recipes(text, tuple(heading)), [(0, chunk, text)], ""))


def title_words(recipes: Iterable[Recipe]) -> frozenset[str]:
    """The folded words that recipes are called by, other than foods and small words."""
    plain = food_table().words("around.words") | food_table().words("preparation.words")
    words = {token.folded for recipe in recipes for token in tokens_of(normal(recipe.name))}
    return frozenset(form for word in words - plain if len(word) > 3 for form in singulars(word))


def _in_texts(connection: sqlite3.Connection, collection: int | None, remote: bool) -> Iterator[Recipe]:
    stems = [stemmer(language)(word) for language in LANGUAGES for word in _MARKS]
    rows = connection.execute(
        "SELECT c.document, d.name, c.ordinal, c.text FROM docs_search f JOIN docs_chunk c ON c.id = f.rowid"
        " JOIN docs_document d ON d.id = c.document JOIN docs_collection k ON k.id = d.collection"
        " WHERE docs_search MATCH ?1 AND d.state = 'ready' AND d.kind IN ('markdown', 'plain', 'html', 'pdf')"
        " AND (?2 IS NULL OR d.collection = ?2) AND NOT (?3 AND k.local_only) ORDER BY c.id LIMIT ?4",
        (fts_expression(list(dict.fromkeys(stems))), collection, remote, _MOST),
    ).fetchall()
    marked = [(document, name, ordinal) for document, name, ordinal, text in rows if may_hold_recipes(text)]
    for (document, name), ordinals in _windows(marked):
        chunks = connection.execute(
            "SELECT id, start, heading, text FROM docs_chunk WHERE document = ? AND ordinal BETWEEN ? AND ?"
            " ORDER BY ordinal",
            (document, ordinals[0], ordinals[-1]),
        ).fetchall()
        text, pieces, offset = "", list[tuple[int, int, str]](), 0
        for chunk, start, _, part in chunks:
            # Between chunks there is only white space; a blank line keeps them apart.
            offset = offset if pieces else start
            text += "\n" * min(max(start - offset - len(text), 2 if text else 0), 3)
            pieces.append((len(text), chunk, part))
            text += part
        heading = tuple(str(title) for title in json.loads(chunks[0][2])) if chunks else ()
        yield from _placed(written_recipes(text, heading), pieces, name)


def _windows(marked: Iterable[tuple[int, str, int]]) -> Iterator[tuple[tuple[int, str], list[int]]]:
    """The stretches of documents that the marked chunks and those around them make: a recipe may go over several."""
    stretches: dict[tuple[int, str], list[list[int]]] = {}
    for document, name, ordinal in sorted(marked):
        known = stretches.setdefault((document, name), [])
        if known and ordinal - _BEFORE <= known[-1][1] + 1:
            known[-1][1] = ordinal + _AFTER
        else:
            known.append([max(ordinal - _BEFORE, 0), ordinal + _AFTER])
    for document_and_name, found in stretches.items():
        for stretch in found:
            yield document_and_name, stretch


def _placed(found: Iterable[WrittenRecipe], pieces: Sequence[tuple[int, int, str]], document: str) -> Iterator[Recipe]:
    """Recipes of a text put together from `pieces` (offset, chunk, text), each with the chunk its list stands in."""
    starts = [start for start, _, _ in pieces]
    for each in found:
        start, chunk, part = pieces[max(bisect_right(starts, each.marked[0]) - 1, 0)]
        place = (each.marked[0] - start, min(each.marked[1] - start, len(part)))
        yield _recipe(each, chunk, place, document)


def _recipe(found: WrittenRecipe, chunk: int, place: tuple[int, int], document: str) -> Recipe:
    facts = fold(found.facts)
    served = _SERVES_AS.search(facts)
    named = _meals_in(fold(served[1])) if served else frozenset[Meal]()
    suits = _SUITS.search(facts)
    listed = frozenset(part.strip(" .") for part in re.split(r"[,;]", suits[1])) if suits else frozenset[str]()
    return Recipe(
        chunk=chunk,
        name=safe_line(found.name, 80),
        meals=named or guessed_meals(found.name, (*found.above, document)),
        suits=listed,
        kcal=read_number_before(_KCAL, facts),
        protein=read_number_before(_PROTEIN, facts),
        carbohydrate=read_number_before(_CARBOHYDRATE, facts),
        minutes=_minutes(facts),
        servings=read_number_before(_SERVINGS, facts),
        text=safe(found.text),
        facts=place,
        ingredients=tuple(safe_line(line, 200) for line in found.ingredients),
        fat=read_number_before(_FAT, facts),
        method=found.method,
    )


def guessed_meals(name: str, above: Iterable[str] = ()) -> frozenset[Meal]:
    """The meals that a dish's name, or what stands above it, speaks of; else those its kind is eaten at, or all."""
    for text in (name, *above):
        named = _meals_in(fold(text).replace("_", " "))
        if named:
            return named
    words = {form for token in tokens_of(normal(name)) for form in singulars(token.folded)}
    table = food_table()
    guessed = frozenset(meal for meal in MEALS if not words.isdisjoint(table.words(f"meals.{meal}")))
    return guessed or frozenset(MEALS)


def _meals_in(folded: str) -> frozenset[Meal]:
    return frozenset(meal for meal, words in MEAL_WORDS.items() if words.search(folded))


def _minutes(facts: str) -> float | None:
    hours, minutes = _HOURS.search(facts), _MINUTES.search(facts)
    if hours is None and minutes is None:
        return None
    return 60.0 * float(hours[1] if hours else 0) + float(minutes[1] if minutes else 0)


def _in_tables(connection: sqlite3.Connection, collection: int | None, remote: bool) -> Iterator[Recipe]:
    documents = connection.execute(
        "SELECT d.id, d.columns, d.delimiter FROM docs_document d JOIN docs_collection k ON k.id = d.collection"
        " WHERE d.state = 'ready' AND d.kind = 'csv' AND d.columns <> '[]' AND (?1 IS NULL OR d.collection = ?1)"
        " AND NOT (?2 AND k.local_only) ORDER BY d.id",
        (collection, remote),
    ).fetchall()
    for document, columns, delimiter in documents:
        dishes = dish_columns([str(column) for column in json.loads(columns)])
        if dishes is None:
            continue
        rows = connection.execute(
            "SELECT id, text FROM docs_chunk WHERE document = ? ORDER BY ordinal LIMIT ?", (document, _MOST)
        )
        for chunk, text in rows:
            yield from _of_row(chunk, row_cells(text, delimiter), dishes, text)


def _of_row(chunk: int, cells: Sequence[str], columns: DishColumns, text: str) -> Iterator[Recipe]:
    for row in dish_rows([cells], columns):
        minutes = _minutes(fold(row.time)) if not row.time.strip().isdecimal() else float(row.time)
        meals = _meals_in(fold(row.meal))
        yield Recipe(
            chunk=chunk,
            name=safe_line(row.name, 80),
            meals=meals or guessed_meals(row.name),
            suits=frozenset(part for part in map(str.strip, re.split(r"[,;/]", fold(row.suits))) if part),
            kcal=read_number(row.kcal),
            protein=read_number(row.protein),
            carbohydrate=read_number(row.carbohydrate),
            minutes=minutes,
            servings=read_number(row.servings),
            text=safe(text),
            facts=(0, len(text)),
            ingredients=tuple(safe_line(line, 200) for line in row.ingredients),
            fat=read_number(row.fat),
            method=row.method,
        )
