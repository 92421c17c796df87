"""Single figures: "quantas calorias tem a tapioca?", "qual fruta tem mais fibra?", "quanto tempo leva o escondidinho?".

Read from the cell of a table or from a recipe's line of facts, so that the number is the document's own. A question is
taken for one of these only where every telling word of it is accounted for; all others are left to the search.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from genchat.engine.nutrition.recipes import MEAL_WORDS, Recipe
from genchat.engine.retrieval.bilingual import in_portuguese
from genchat.engine.retrieval.phrases import number, said
from genchat.engine.retrieval.tables import Column, Row, Table, stems_of, with_unit
from genchat.engine.retrieval.terms import Language, detect_language, words_of
from genchat.engine.text import fold

_MOST_SHOWN = 4
_MOST_RANKED = 5
_WHOLE_NAME = 0.6  # share of a recipe's name that the question says, from which on it is meant
_ALIASES = {
    **dict.fromkeys(("caloria", "calorias", "energia", "calorie", "calories", "energy"), "kcal"),
    **dict.fromkeys(("carbo", "carbos", "carb", "carbs", "carbohydrate", "carbohydrates"), "carboidrato"),
    **dict.fromkeys(("fat", "fats", "lipidios"), "gordura"),
    **dict.fromkeys(("fiber", "fibre", "fibers", "fibres"), "fibra"),
    **dict.fromkeys(("protein", "proteins", "proteico"), "proteina"),
    **dict.fromkeys(("custa", "custam", "custo", "cost", "costs", "price", "prices"), "preco"),
    **dict.fromkeys(("minutos", "minutes", "demora", "demoram"), "tempo"),
    **dict.fromkeys(("rende", "rendem", "serves", "servings", "porcoes"), "porcao"),
}
_OF_RECIPES: dict[str, Callable[[Recipe], float | None]] = {
    "kcal": lambda recipe: recipe.kcal,
    "proteina": lambda recipe: recipe.protein,
    "carboidrato": lambda recipe: recipe.carbohydrate,
    "tempo": lambda recipe: recipe.minutes,
    "porcao": lambda recipe: recipe.servings,
}
_KNOWN = frozenset((*_OF_RECIPES, "gordura", "fibra"))
_NOISE = re.compile(
    r"""\b(
    quant[oa]s?|qual|quais|que|how|many|much|what|which|tem|tenho|ter|contem|possui|ha|existem?|have|has|had|contains?
    | gramas?|grams?|g|kg|ml|unidades?|units?|colher(es)?|copos?|pratos?|fatias?|xicaras?|quantidades?|amounts?
    | valor(es)?|nutriciona(l|is)|tabelas?|medi[oa]s?|media|cru[as]?|alimentos?|foods?|comidas?|receitas?|recipes?
    | prepar\w+|fazer|faz|fica[rm]?|pront[oa]s?|lev[ao]\w*|dura\w*|diz(er)?|saber|sabe|me|fal[ea]\w*|quero|gostaria|voce
    | um|uma|cada|por|per|total|teor|indice|nivel|melhor(es)?|lista|liste|mostre|aproximad\w+|cerca
    )\b""",
    re.VERBOSE,
)
_MOST = re.compile(
    r"\b(mais|maior(es)?|ric[oa]s?|alt[oa]s?|muit[oa]s?|fontes?|most|more|highest|rich|high|best|sources?)\b"
)
_LEAST = re.compile(r"\b(menos|menor(es)?|pouc[oa]s?|baix[oa]s?|pobres?|least|less|lowest|fewest|fewer|low|few)\b")
_REFUSAL = re.compile(r"\b(sem|nao|nem|without|not|no lugar|instead)\b")
_DISHES = re.compile(
    rf"\b(receitas?|recipes?|dish(es)?|cardapios?|menus?)\b|{'|'.join(words.pattern for words in MEAL_WORDS.values())}"
)
_GRAMS = re.compile(r"\b(\d{1,4})\s*(?:g|gramas?|grams?)\b")
_EACH = re.compile(r",|\b(?:ou|e|or|and|versus|vs)\b")
_BOTH = re.compile(r"\b(d?os dois|d?as duas|amb[oa]s|of the two|of them|both|deles|delas)\b")


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure and the chunk it stands in; `shown` is how it is said: "144 kcal"."""

    chunk: int
    name: str
    about: str  # the portion it is for; may be empty
    value: float
    shown: str
    cell: str  # how the document writes it


@dataclass(frozen=True, slots=True)
class Facts:
    """Figures of one quantity, `named` as people say it; `ranked` is "most" or "least" where extremes were asked for.

    `total` is the sum, as said, of figures that belong together; empty for others.
    """

    named: str
    items: tuple[Fact, ...]
    ranked: str = ""
    total: str = ""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One line of the question: the quantity it names, the things it is about, and whether extremes are wanted."""

    quantity: str
    things: tuple[str, ...]  # stems
    groups: tuple[tuple[str, ...], ...]  # the same, parted at "or" and "and"
    ranked: str
    grams: float | None


def asked_facts(
    connection: sqlite3.Connection,
    lines: Sequence[str],
    tables: Sequence[Table],
    recipes: Sequence[Recipe],
    language: Language,
) -> Facts | None:
    """The figures a question asks for, or None where it asks for something else or nothing fits it all."""
    tables = [table for table in tables if _is_of_food(table)]
    if _REFUSAL.search(fold(lines[-1])) or any(words.search(fold(lines[-1])) for words in MEAL_WORDS.values()):
        return None
    labels = _labels(tables)
    heard = [_heard(line, labels) for line in lines]
    last = heard[-1]
    quantity = next((each.quantity for each in reversed(heard) if each.quantity), "")
    # "Quantas kcal tem um grama de proteína?" is about no food.
    if not quantity or not (last.quantity or last.things or last.ranked) or _is_quantity(last.things, labels):
        return None
    scale = _Scale(connection, quantity, language, last.grams)
    if _BOTH.search(fold(lines[-1])):
        groups = [each.things for each in heard[:-1] if each.things][-2:]
        found = _each_best(groups, tables, recipes, scale)
        return _ranked(scale, found, last.ranked) if len(groups) == 2 else None
    if last.ranked:
        if any(_DISHES.search(fold(line)) for line in lines):
            return None
        several = _each_best(last.groups, tables, recipes, scale) if len(last.groups) > 1 else []
        return _ranked(scale, several or _of_kind(last.things, tables, scale), last.ranked)
    things = last.things or next((each.things for each in reversed(heard) if each.things), ())
    named = _named(things, tables, recipes, scale) if things else []
    if not named and len(last.groups) > 1:
        named = _each_best(last.groups, tables, recipes, scale)
    return Facts(scale.named, tuple(named)) if named else None


def facts_of(
    connection: sqlite3.Connection, recipes: Sequence[Recipe], line: str, tables: Sequence[Table], language: Language
) -> Facts | None:
    """The figure a line asks for, of given recipes: "quantas calorias tem isso?"; None where it names a thing."""
    asked = _heard(line, _labels(tables))
    if asked.things or asked.ranked:
        return None
    scale = _Scale(connection, asked.quantity, language, None)
    found = [fact for recipe in recipes if (fact := scale.of_recipe(recipe)) is not None]
    if not found:
        return None
    total = scale.said(sum(fact.value for fact in found)) if len(found) > 1 and scale.adds_up else ""
    return Facts(scale.named, tuple(found), total=total)


def _is_of_food(table: Table) -> bool:
    """Whether a table says what foods hold; other tables are read by engine.answering.tables."""
    return any((column.label or column.unit) in _KNOWN - {"tempo", "porcao"} for column in table.measured)


def _labels(tables: Sequence[Table]) -> dict[str, str]:
    """Stem -> quantity, for everything that is measured."""
    found = {stem: name for name in _OF_RECIPES for stem in stems_of(name)}
    for table in tables:
        for column in table.measured:
            name = column.label or column.unit
            found |= dict.fromkeys(stems_of(name), name)
    return found


def _heard(line: str, labels: dict[str, str]) -> _Asked:
    folded, spoken = fold(line), detect_language(line)
    grams = _GRAMS.search(folded)
    ranked = "most" if _MOST.search(folded) else "least" if _LEAST.search(folded) else ""
    quantity = ""
    groups: list[tuple[str, ...]] = []
    for part in _EACH.split(folded):
        things: list[str] = []
        for word in words_of(_NOISE.sub(" ", _GRAMS.sub(" ", part)), spoken):
            folded = in_portuguese(word.folded) or word.folded if spoken == "en" else word.folded
            stem = next(iter(stems_of(_ALIASES.get(word.folded, folded))), "")
            if stem in labels and quantity in ("", labels[stem]):
                quantity = labels[stem]
            elif (
                stem
                and not word.common
                and not word.folded.isdigit()
                and not (_MOST.fullmatch(word.folded) or _LEAST.fullmatch(word.folded))
            ):
                things.append(stem)
        if things:
            groups.append(tuple(things))
    return _Asked(quantity, tuple(stem for group in groups for stem in group), tuple(groups), ranked, _weight_of(grams))


def _is_quantity(things: Sequence[str], labels: dict[str, str]) -> bool:
    return len(things) == 1 and things[0] in labels


def _weight_of(grams: re.Match[str] | None) -> float | None:
    return float(grams[1]) if grams is not None and int(grams[1]) else None


@dataclass(frozen=True)
class _Scale:
    """How one quantity is read from rows and recipes and how it is said."""

    connection: sqlite3.Connection
    quantity: str
    language: Language
    grams: float | None

    def column(self, table: Table) -> Column | None:
        return next((column for column in table.measured if (column.label or column.unit) == self.quantity), None)

    def of_row(self, table: Table, row: Row) -> Fact | None:
        column = self.column(table)
        value = table.value(row, column)
        if column is None or value is None:
            return None
        cell, weight = row.cell(column), table.value(row, table.weight)
        about = ", ".join(part for part in (row.cell(table.portion), self._grams(weight)) if part)
        if self.grams is not None and weight and weight != self.grams:
            value, about = round(value * self.grams / weight, 1), self._grams(self.grams)
        return Fact(row.chunk, row.name, about, value, self._shown(table, column, value, cell), cell)

    def of_recipe(self, recipe: Recipe) -> Fact | None:
        read = _OF_RECIPES.get(self.quantity)
        value = None if read is None else read(recipe)
        if value is None:
            return None
        about = said(self.language, "per_serving") if self.adds_up else ""
        return Fact(recipe.chunk, recipe.name, about, value, self.said(value), "")

    @property
    def adds_up(self) -> bool:
        """Whether the figures of several dishes may be added."""
        return self.quantity not in ("tempo", "porcao")

    @property
    def named(self) -> str:
        """The quantity as people say it."""
        return self._called(self.quantity)

    def said(self, value: float) -> str:
        """A figure of a recipe."""
        shown = said(self.language, f"fact_{self.quantity}", value=number(value, self.language))
        return f"~{shown}" if self.adds_up else shown

    def _grams(self, weight: float | None) -> str:
        return f"{number(weight, self.language)} g" if weight else ""

    def _shown(self, table: Table, column: Column, value: float, cell: str) -> str:
        as_written = table.decimal == ("," if self.language == "pt" else ".") and self.grams is None
        figure = with_unit(cell if as_written else number(value, self.language), column.unit)
        if not column.label:
            return figure
        label = self._called(column.label, column.title)
        return (
            said(self.language, "measured", value=figure, label=label)
            if column.unit and figure.endswith(column.unit)
            else f"{label} {figure}"
        )

    def _called(self, label: str, title: str = "") -> str:
        """In the language of the question where it is known; else with the accents the documents write it with."""
        if label in _KNOWN:
            return said(self.language, f"quantity_{label}")
        if title.casefold() not in ("", label):
            return title
        words = [
            self.connection.execute("SELECT written FROM docs_word WHERE word = ?", (word,)).fetchone() or (word,)
            for word in label.split()
        ]
        return " ".join(str(word[0]) for word in words)


def _named(things: Sequence[str], tables: Sequence[Table], recipes: Sequence[Recipe], scale: _Scale) -> list[Fact]:
    """Figures of what has all of `things` in its name; rows before recipes, the closest names first."""
    wanted = set(things)
    close: list[tuple[float, Fact]] = []
    for table, row in _rows(tables):
        stems = stems_of(row.name)
        if wanted <= set(stems) and (fact := scale.of_row(table, row)) is not None:
            close.append((len(wanted) / len(stems) + (stems[0] in wanted), fact))
    exact = [fact for score, fact in close if score >= 2]
    rows = exact or [fact for _, fact in sorted(close, key=lambda each: -each[0])]
    if any(score >= 1 for score, _ in close) and not exact:
        rows = [fact for score, fact in sorted(close, key=lambda each: -each[0]) if score >= 1]
    cooked = []
    for recipe in recipes:
        stems = stems_of(recipe.name)
        said_enough = bool(stems) and (stems[0] in wanted or len(wanted) / len(stems) >= _WHOLE_NAME)
        if wanted <= set(stems) and said_enough and (fact := scale.of_recipe(recipe)) is not None:
            cooked.append(fact)
    return [*rows[:_MOST_SHOWN], *cooked[: _MOST_SHOWN if not rows else 2]]


def _each_best(
    groups: Sequence[tuple[str, ...]], tables: Sequence[Table], recipes: Sequence[Recipe], scale: _Scale
) -> list[Fact]:
    """The closest figure for each group; nothing unless all have one."""
    found = [_named(group, tables, recipes, scale)[:1] for group in groups]
    return [each[0] for each in found] if all(found) else []


def _of_kind(things: Sequence[str], tables: Sequence[Table], scale: _Scale) -> list[Fact]:
    """Figures of all rows, or of those whose kind or name is `things`."""
    wanted = set(things)
    found = []
    for table, row in _rows(tables):
        kinds = {stem for column in table.kinds for stem in stems_of(row.cell(column))}
        fits = wanted <= kinds or wanted <= set(stems_of(row.name))
        if fits and (fact := scale.of_row(table, row)) is not None:
            found.append(fact)
    return found


def _rows(tables: Sequence[Table]) -> Iterator[tuple[Table, Row]]:
    return ((table, row) for table in tables for row in table.rows)


def _ranked(scale: _Scale, found: Sequence[Fact], ranked: str) -> Facts | None:
    if not found:
        return None
    ordered = sorted(found, key=lambda fact: -fact.value if ranked != "least" else fact.value)
    return Facts(scale.named, tuple(ordered[:_MOST_RANKED]), ranked or "most")
