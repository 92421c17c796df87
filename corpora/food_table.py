"""Reads what foods are and contain: the tables in `foods/`.

A row of foods.txt or kinds.txt is `names = English names; more of the same row | what they are or contain | what they
may contain`; diets.txt and conditions.txt name ways of eating and states of health; words.toml holds the words around
foods. Nothing here interprets a wish: see engine/nutrition.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).parent / "foods"
_NOT_IN_PROSE = "*"
UNTOLD = "?"  # of a diet: ingredients cannot tell


@dataclass(frozen=True, slots=True)
class Names:
    """How something is called; the first Portuguese name is its key. `not_in_prose` are names too common for prose."""

    portuguese: tuple[str, ...]
    english: tuple[str, ...]
    not_in_prose: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """What the tables call it."""
        return self.portuguese[0]

    @property
    def all(self) -> tuple[str, ...]:
        """In both languages."""
        return (*self.portuguese, *self.english)


@dataclass(frozen=True, slots=True)
class FoodRow:
    """A food, or a kind that has members. `contains` and `may_contain` are Portuguese names.

    `lists` are the labelling lists that name it.
    """

    names: Names
    contains: tuple[str, ...] = ()
    may_contain: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    is_kind: bool = False


@dataclass(frozen=True, slots=True)
class DietRow:
    """A way of eating; `without` are Portuguese names of kinds, none where ingredients cannot tell."""

    names: Names
    without: tuple[str, ...]


@dataclass(frozen=True)
class FoodData:
    """All tables. `words` are the lists of words.toml by "section.name"."""

    foods: tuple[FoodRow, ...]
    diets: tuple[DietRow, ...]
    conditions: tuple[Names, ...]
    words: Mapping[str, frozenset[str]]


def read_food_data(folder: Path | None = None) -> FoodData:
    """The tables of a folder, the shipped ones by default. Raises ValueError for a row of unknown foods."""
    root = folder or _FOLDER
    foods = (*_food_rows(root / "kinds.txt", kinds=True), *_food_rows(root / "foods.txt", kinds=False))
    diets = tuple(_diet(cells) for cells in _rows(root / "diets.txt"))
    known = {name for row in foods for name in row.names.portuguese}
    for named, keys in (
        *((row.names.key, (*row.contains, *row.may_contain)) for row in foods),
        *((row.names.key, row.without) for row in diets),
    ):
        for key in keys:
            if key not in known:
                raise ValueError(f"{named}: unknown food {key!r}")
    conditions = tuple(_names(cells[0]) for cells in _rows(root / "conditions.txt"))
    with (root / "words.toml").open("rb") as stream:
        sections = tomllib.load(stream)
    words = {
        f"{section}.{name}": frozenset(written.split())
        for section, lists in sections.items()
        for name, written in lists.items()
    }
    return FoodData(foods, diets, conditions, words)


def _food_rows(path: Path, kinds: bool) -> Iterator[FoodRow]:
    for cells in _rows(path):
        contains, last = _listed(cells[1]), cells[2]
        for group in cells[0].split(";"):
            if kinds:
                yield FoodRow(_names(group), contains, (), tuple(last.split()), is_kind=True)
            else:
                yield FoodRow(_names(group), contains, _listed(last))


def _diet(cells: list[str]) -> DietRow:
    without = _listed(cells[1])
    return DietRow(_names(cells[0]), () if without == (UNTOLD,) else without)


def _rows(path: Path) -> Iterator[list[str]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield [*map(str.strip, line.split("|")), "", "", ""]


def _names(group: str) -> Names:
    written = [_listed(part) for part in group.partition("=")[::2]]
    marked = {name.rstrip(_NOT_IN_PROSE) for names in written for name in names if name.endswith(_NOT_IN_PROSE)}
    bare = [tuple(name.rstrip(_NOT_IN_PROSE) for name in names) for names in written]
    return Names(bare[0], bare[1], frozenset(marked))


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(",") if part.strip())
