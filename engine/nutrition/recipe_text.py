"""Recipes in running documents: a name, a list of ingredients, a method, and perhaps a line of facts.

What opens a list is a heading, a line in bold or a line of its own that says "Ingredientes" or "Ingredients"; the name
is the heading above it, or in plain text the short line that the paragraph before it begins with. A line of facts
("Refeição: …", "Meal: …") makes a recipe too, of which nothing is known but what it says.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from genchat.engine.nutrition.recipe_tables import dish_columns, dish_rows
from genchat.engine.retrieval.phrases import read_number
from genchat.engine.text import fold

_LEAD = r"[ \t]*(?:(?P<marks>#{1,6})[ \t]*|[*_]{2}[ \t]*)?"
_TAIL = r"(?P<more>[^\n]*)$"
_INGREDIENTS = re.compile(rf"^{_LEAD}(?:ingredientes|ingredients|o que (?:voce )?vai precisar|you will need)\b{_TAIL}")
_METHOD = re.compile(
    rf"^{_LEAD}(?:modos? de (?:preparo|fazer|preparar)|preparo|preparacao|como (?:fazer|preparar)|passo a passo|"
    r"instrucoes|"
    rf"methods?|directions|instructions|preparation|steps|how to make\b.*)\b{_TAIL}"
)
_FACTS = re.compile(r"^[ \t]*[*_]{0,2}(?:refeicao|meal)[*_]{0,2}[ \t]*:")
_HEADING = re.compile(r"^[ \t]*(?P<marks>#{1,6})[ \t]+(?P<title>.+?)[ \t#]*$")
_BOLD = re.compile(r"^[ \t]*(?:\*\*|__)(?P<title>[^*_]{2,80})(?:\*\*|__)[ \t]*$")
_UNDERLINE = re.compile(r"^[ \t]*(=+|-{3,})[ \t]*$")
_ITEM = re.compile(r"^[ \t]*(?:[-*+•·–—▪◦☐✓]|\d{1,2}[.)ºª])[ \t]+")
_LABEL_ONLY = re.compile(r"^[\s:*_.\-–—]*(?:\([^)]*\))?[\s:*_.\-–—]*$")
_WORTH = re.compile(
    r"kcal|calori|rende|rendimento|porc(?:ao|oes)|serv(?:es|ings?)|makes|yields?|tempo|time|\bmin\b|minut|nutri"
)
_ROW = re.compile(r"^[ \t]*\|(.+)\|?[ \t]*$")
_HINT = re.compile(
    r"^[\s#*_|]{0,12}(?:ingredient|refei[cç][aã]o|meal\b|you will need|o que )|^\s*\|.*ingredient",
    re.IGNORECASE | re.MULTILINE,
)
_LONGEST_NAME = 80
_LONGEST_LIST = 60  # lines
_FAR_ABOVE = 12  # lines between a name and its ingredients


@dataclass(frozen=True, slots=True)
class WrittenRecipe:
    """A recipe as its text has it; `method` tells how it is made, hints that follow left out.

    `marked` are the offsets of its facts or of the head of its list, `above` the headings over it.
    """

    name: str
    facts: str
    ingredients: tuple[str, ...]
    text: str
    marked: tuple[int, int]
    above: tuple[str, ...]
    method: str = ""


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    text: str
    folded: str

    @property
    def level(self) -> int:
        """Of a heading, 1 to 6; 7 of a line in bold; 0 of any other."""
        match = _HEADING.match(self.text)
        return len(match["marks"]) if match else 7 if _BOLD.match(self.text) else 0

    @property
    def title(self) -> str:
        match = _HEADING.match(self.text) or _BOLD.match(self.text)
        return (match["title"] if match else self.text).strip(" \t*_:#")


def may_hold_recipes(text: str) -> bool:
    """Whether a text holds a line that may make a recipe; much faster than reading them."""
    return _HINT.search(text) is not None


@lru_cache(maxsize=512)
def written_recipes(text: str, heading: tuple[str, ...] = ()) -> tuple[WrittenRecipe, ...]:
    """The recipes of a text, in order; `heading` are titles above it."""
    lines = [_Line(match.start(), match[0], fold(match[0])) for match in re.finditer(r"[^\n]+|(?<=\n)(?=\n)", text)]
    found = _begun(lines, heading)
    recipes = []
    for number, (name_at, name) in enumerate(found):
        end = found[number + 1][0] if number + 1 < len(found) else len(lines)
        end = min(end, _end_of_section(lines, name_at))
        above = _titles_above(lines, name_at, heading)
        recipes.append(_read(lines[name_at:end], name, text, above))
    return (*recipes, *_of_rows(lines, heading))


def read_number_before(pattern: re.Pattern[str], facts: str) -> float | None:
    """The number that the first match of a pattern holds."""
    match = pattern.search(facts)
    return None if match is None else read_number(next(group for group in match.groups() if group is not None))


def _begun(lines: Sequence[_Line], heading: Sequence[str]) -> list[tuple[int, str]]:
    """Where recipes begin, and their names."""
    found: dict[int, str] = {}
    last = -1
    for place, line in enumerate(lines):
        if not (_FACTS.match(line.folded) or _is_list_head(line)):
            continue
        named = _name_above(lines, place, last)
        if named is None and not found and heading and last < 0:
            named = (0, heading[-1])
        if named is not None and named[0] not in found:
            found[named[0]] = named[1]
        last = place
    return sorted(found.items())


def _is_list_head(line: _Line) -> bool:
    """Whether a line opens a list of ingredients: alone on its line, or followed by a colon and the list itself."""
    match = _INGREDIENTS.match(line.folded)
    return match is not None and (
        match["marks"] is not None
        or bool(_LABEL_ONLY.match(match["more"]))
        or match["more"].lstrip(" *_").startswith(":")
        or (len(match["more"]) < 40 and match["more"].rstrip(" *_").endswith(":"))
    )


def _name_above(lines: Sequence[_Line], place: int, last: int) -> tuple[int, str] | None:
    """The name of what begins at a place: the nearest heading above that is no part of a recipe, else a short line."""
    least = lines[place].level or 8
    candidate: tuple[int, str] | None = None
    for at in range(place - 1, max(last, place - _FAR_ABOVE, -1), -1):
        line = lines[at]
        if _METHOD.match(line.folded) or _is_list_head(line):
            break
        if line.level and line.level < least:
            return at, line.title
        if not line.text.strip():
            if candidate is not None:
                break
            continue
        if at + 1 < len(lines) and _UNDERLINE.match(lines[at + 1].text):
            return at, line.title
        if _is_short(line):
            candidate = (at, line.title)
        elif not (_WORTH.search(line.folded) or _FACTS.match(line.folded) or _UNDERLINE.match(line.text)):
            if candidate is None and not _ITEM.match(line.text) and line.text.strip()[-1:] in ".!…":
                continue  # a sentence or two that introduce the dish
            break
    return candidate if candidate is not None else _heading_shared(lines, place)


def _heading_shared(lines: Sequence[_Line], place: int) -> tuple[int, str] | None:
    """A heading above whose recipe has begun already: "Refeição: …" and then "Ingredientes" belong to one."""
    least = lines[place].level or 8
    for at in range(place - 1, -1, -1):
        if lines[at].level and lines[at].level < least and not _METHOD.match(lines[at].folded):
            return at, lines[at].title
    return None


def _is_short(line: _Line) -> bool:
    text = line.text.strip()
    return (
        1 < len(text) <= _LONGEST_NAME
        and not _ITEM.match(line.text)
        and text[-1] not in ".;:,!"
        and any(map(str.isalpha, text))
        and not _WORTH.search(line.folded)
        and not _FACTS.match(line.folded)
    )


def _end_of_section(lines: Sequence[_Line], name_at: int) -> int:
    """Where the section of a name's heading ends."""
    level = lines[name_at].level
    if not level or level > 6:
        return len(lines)
    return next((at for at in range(name_at + 1, len(lines)) if 0 < lines[at].level <= level), len(lines))


def _titles_above(lines: Sequence[_Line], name_at: int, heading: Sequence[str]) -> tuple[str, ...]:
    level, found = lines[name_at].level or 8, list[str]()
    for line in reversed(lines[:name_at]):
        if 0 < line.level < min(level, 7):
            found.append(line.title)
            level = line.level
    return (*found, *heading)


def _read(lines: Sequence[_Line], name: str, text: str, above: tuple[str, ...]) -> WrittenRecipe:
    facts: list[str] = []
    ingredients: list[str] = []
    marked: tuple[int, int] | None = None
    method: list[str] = []
    listing = cooking = False
    for line in lines:
        head = _is_list_head(line)
        if _FACTS.match(line.folded) and (marked is None or not facts):
            facts.append(line.text)
            marked = (line.start, line.start + len(line.text))
        elif head:
            match = _INGREDIENTS.match(line.folded)
            listing, cooking = True, False
            marked = marked or (line.start, line.start + len(line.text))
            inline = line.text[match.start("more") :].lstrip(" *_:") if match else ""
            if match and ":" in match["more"] and inline.strip() and not match["more"].rstrip(" *_").endswith(":"):
                ingredients += [part.strip() for part in re.split(r"[;,](?!\d)", inline.partition(":")[2] or inline)]
                listing = False
        elif _METHOD.match(line.folded):
            listing, cooking = False, True
        elif line.level and cooking:
            cooking = False
        elif line.level and listing and ingredients:
            listing = _is_sublist(line)
        elif listing and line.text.strip():
            item = _ITEM.sub("", line.text).strip().strip("*_ ")
            if not _UNDERLINE.match(line.text) and not item.endswith(":") and len(ingredients) < _LONGEST_LIST:
                ingredients.append(item)
        elif cooking:
            method.append(line.text)
            if re.search(r"kcal|calori", line.folded):
                facts.append(line.text)
        elif _WORTH.search(line.folded):
            facts.append(line.text)
    start, last = lines[0].start, lines[-1]
    whole = text[start : last.start + len(last.text)].rstrip()
    listed = tuple(item for item in ingredients if item)
    return WrittenRecipe(
        name, "\n".join(facts), listed, whole, marked or (start, start + len(lines[0].text)), above, "\n".join(method)
    )


def _is_sublist(line: _Line) -> bool:
    """Whether a heading within a list names a part of the dish: "Para a massa"."""
    return bool(
        re.match(r"^[\s#*_]*(para|for|massa|recheio|cobertura|molho|calda|filling|sauce|topping|dough)\b", line.folded)
    )


def _of_rows(lines: Sequence[_Line], heading: Sequence[str]) -> Iterator[WrittenRecipe]:
    """The dishes of tables drawn with bars."""
    columns = None
    for line in lines:
        row = _ROW.match(line.text)
        if row is None:
            columns = None
            continue
        cells = [cell.strip(" *_") for cell in row[1].strip().strip("|").split("|")]
        if columns is None:
            columns = dish_columns(cells)
            continue
        if all(re.fullmatch(r":?-+:?", cell) for cell in cells):
            continue
        for dish in dish_rows([cells], columns):
            facts = " · ".join(
                part
                for part in (
                    f"Meal: {dish.meal}" if dish.meal else "",
                    f"{dish.kcal} kcal" if dish.kcal and "kcal" not in fold(dish.kcal) else dish.kcal,
                    f"protein: {dish.protein}" if dish.protein else "",
                    f"carb: {dish.carbohydrate}" if dish.carbohydrate else "",
                    f"fat: {dish.fat}" if dish.fat else "",
                    f"serves {dish.servings}" if dish.servings else "",
                    f"{dish.time} min" if dish.time.isdecimal() else dish.time,
                    f"suits: {dish.suits}" if dish.suits else "",
                )
                if part
            )
            place = (line.start, line.start + len(line.text))
            yield WrittenRecipe(dish.name, facts, dish.ingredients, line.text, place, tuple(heading))
