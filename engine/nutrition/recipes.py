"""Recipes in the documents, read from the line of facts under their headings.

Such a line names the meal and what the recipe is worth: "Refeição: almoço · Rende 1 porção · Tempo: 35 min · Por
porção: ~470 kcal, 34 g proteína, 47 g carboidrato · Serve: sem lactose". English documents write "Meal: lunch · … ·
Per serving: … · Suits: vegetarian".
"""

import json
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

from genchat.engine.retrieval.keywords import fts_expression
from genchat.engine.retrieval.phrases import read_number
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
_MARK = re.compile(r"^[ \t]*(?:refeição|refeicao|meal)[ \t]*:.*$", re.IGNORECASE | re.MULTILINE)
_HEADING = re.compile(r"^#+[ \t]*(.+?)[ \t#]*$", re.MULTILINE)
_KCAL = re.compile(r"(\d[\d.,]*)\s*kcal")
_PROTEIN = re.compile(r"(\d[\d.,]*)\s*g\s*(?:de\s+|of\s+)?prote")
_CARBOHYDRATE = re.compile(r"(\d[\d.,]*)\s*g\s*(?:de\s+|of\s+)?carb")
_MINUTES = re.compile(r"(\d+)\s*min")
_SERVINGS = re.compile(r"(?:rende|serves|makes)\s*:?\s*(\d+)")
_SUITS = re.compile(r"(?:serve|suits|adequad\w+|good for)\s*:\s*([^·|\n]+)")
_INGREDIENTS = re.compile(r"^#+ *(?:ingredientes|ingredients)\b.*?(?=^#|\Z)", re.IGNORECASE | re.MULTILINE | re.DOTALL)
_MEASURES = re.compile(r"\b(?:colher(?:es)?|xícaras?|copos?) de (?:sopa|chá|café|sobremesa|requeijão)\b")
_SERVES_AS = re.compile(r"(?:refeicao|meal)\s*:\s*([^·|\n]+)")


@dataclass(frozen=True, slots=True)
class Recipe:
    """A recipe and the chunk it stands in. `suits` are folded words such as "vegetariano"; numbers are per serving."""

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
    facts: tuple[int, int]  # character offsets of the line of facts in the chunk

    @property
    def made_of(self) -> str:
        """Its name and ingredients without their measures; all of it, where it has no list of them."""
        listed = _INGREDIENTS.search(self.text)
        return _MEASURES.sub(" ", self.text if listed is None else f"{self.name}\n{listed[0]}")


def find_recipes(connection: sqlite3.Connection, collection: int | None = None, remote: bool = False) -> list[Recipe]:
    """All recipes that say which meal they are for, in the order of the documents."""
    stems = [stemmer(language)(word) for language in LANGUAGES for word in ("refeicao", "meal")]
    rows = connection.execute(
        "SELECT c.id, c.heading, c.text FROM docs_search f JOIN docs_chunk c ON c.id = f.rowid"
        " JOIN docs_document d ON d.id = c.document JOIN docs_collection k ON k.id = d.collection"
        " WHERE docs_search MATCH ?1 AND d.state = 'ready' AND d.kind IN ('markdown', 'plain', 'html', 'pdf')"
        " AND (?2 IS NULL OR d.collection = ?2) AND NOT (?3 AND k.local_only) ORDER BY c.id LIMIT ?4",
        (fts_expression(stems), collection, remote, _MOST),
    ).fetchall()
    found: dict[str, Recipe] = {}
    for chunk, heading, text in rows:
        for recipe in recipes_of(chunk, json.loads(heading), text):
            found.setdefault(recipe.text, recipe)  # the same one may be in two collections
    return list(found.values())


def recipes_of(chunk: int, heading: Sequence[str], text: str) -> list[Recipe]:
    """The recipes of a chunk: each line of facts makes one, called by the heading above it."""
    found = []
    marks = list(_MARK.finditer(text))
    for mark, following in zip_longest(marks, marks[1:]):
        above = list(_HEADING.finditer(text, 0, mark.start()))
        name = above[-1][1] if above else heading[-1] if heading else ""
        start = above[-1].start() if above else 0
        end = len(text)
        if following is not None:
            below = list(_HEADING.finditer(text, mark.end(), following.start()))
            end = below[-1].start() if below else following.start()
        recipe = _recipe(chunk, name, text[start:end], mark[0], mark.span())
        if recipe is not None and name:
            found.append(recipe)
    return found


def _recipe(chunk: int, name: str, text: str, mark: str, place: tuple[int, int]) -> Recipe | None:
    facts = fold(mark)
    served = _SERVES_AS.search(facts)
    meals = frozenset(meal for meal, words in MEAL_WORDS.items() if served and words.search(served[1]))
    if not meals:
        return None
    suits = _SUITS.search(facts)
    listed = frozenset(part.strip(" .") for part in re.split(r"[,;]", suits[1])) if suits else frozenset[str]()
    return Recipe(
        chunk=chunk,
        name=safe_line(name, 80),
        meals=meals,
        suits=listed,
        kcal=_number(_KCAL, facts),
        protein=_number(_PROTEIN, facts),
        carbohydrate=_number(_CARBOHYDRATE, facts),
        minutes=_number(_MINUTES, facts),
        servings=_number(_SERVINGS, facts),
        text=safe(text),
        facts=place,
    )


def _number(pattern: re.Pattern[str], facts: str) -> float | None:
    match = pattern.search(facts)
    return None if match is None else read_number(match[1])
