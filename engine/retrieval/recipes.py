"""Recipes in the documents, read from the line of facts under their headings.

Such a line names the meal and what the recipe is worth: "Refeição: almoço · Rende 1 porção · Por porção: ~470 kcal,
34 g proteína · Serve: sem lactose". English documents write "Meal: lunch · … · Per serving: … · Suits: vegetarian".
"""

import json
import re
import sqlite3
from dataclasses import dataclass
from typing import Literal

from engine.retrieval.keywords import fts_expression
from engine.retrieval.terms import LANGUAGES, stemmer
from engine.text import fold, safe

Meal = Literal["breakfast", "lunch", "snack", "dinner"]
MEALS: tuple[Meal, ...] = ("breakfast", "lunch", "snack", "dinner")
MEAL_WORDS: dict[Meal, tuple[str, ...]] = {
    "breakfast": ("cafe da manha", "desjejum", "breakfast"),
    "lunch": ("almoco", "lunch"),
    "snack": ("lanche", "merenda", "snack"),
    "dinner": ("jantar", "janta", "ceia", "dinner", "supper"),
}
_MOST = 2000
_MARK = re.compile(r"^[ \t]*(?:refeição|refeicao|meal)[ \t]*:.*$", re.IGNORECASE | re.MULTILINE)
_KCAL = re.compile(r"(\d[\d.,]*)\s*kcal")
_PROTEIN = re.compile(r"(\d[\d.,]*)\s*g\s*(?:de\s+|of\s+)?prote")
_SUITS = re.compile(r"(?:serve|suits|adequad\w+|good for)\s*:\s*([^·|\n]+)")
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
    text: str
    facts: tuple[int, int]  # character offsets of the line of facts in `text`


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
    found = []
    for chunk, heading, text in rows:
        recipe = recipe_of(chunk, json.loads(heading), text)
        if recipe is not None:
            found.append(recipe)
    return found


def recipe_of(chunk: int, heading: list[str], text: str) -> Recipe | None:
    """The recipe of a chunk, if its heading is followed by a line of facts."""
    marks = list(_MARK.finditer(text))
    if len(marks) != 1 or not heading:
        return None
    facts = fold(marks[0][0])
    served = _SERVES_AS.search(facts)
    meals = frozenset(meal for meal, words in MEAL_WORDS.items() if served and any(word in served[1] for word in words))
    if not meals:
        return None
    suits = _SUITS.search(facts)
    listed = frozenset(part.strip(" .") for part in re.split(r"[,;]", suits[1])) if suits else frozenset[str]()
    kcal, protein = _number(_KCAL.search(facts)), _number(_PROTEIN.search(facts))
    return Recipe(chunk, safe(heading[-1]), meals, listed, kcal, protein, safe(text), marks[0].span())


def _number(match: re.Match[str] | None) -> float | None:
    if match is None:
        return None
    digits = match[1].rstrip(".,")
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", digits):
        return float(re.sub(r"[.,]", "", digits))
    try:
        return float(digits.replace(",", "."))
    except ValueError:
        return None
