"""What is in a line of ingredients: the foods it names, what they contain, and the words nobody here knows.

"4 fatias de pão integral sem leite na receita (100 g)" holds bread that is not made with milk. A word that is neither a
food nor a measure nor a way of cutting or cooking may be anything, so it is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from genchat.engine.nutrition.foods import FoodTable, food_table
from genchat.engine.nutrition.lexicon import CONNECTORS, singulars
from genchat.engine.nutrition.tokens import Token, normal, tokens_of

_WITHOUT = frozenset(("sem", "s/", "without", "no", "zero", "isento", "isenta", "livre"))
_FREE = frozenset(("free", "zero", "livre", "isento", "isenta"))
_SPOONS = frozenset(("colher", "colheres", "xicara", "xicaras", "copo", "copos"))
_SPOON_SIZES = frozenset(("sopa", "cha", "cafe", "sobremesa", "requeijao"))
_SUBSTITUTE = "substituto vegetal"
_SPOON_WORDS = 4  # "colher rasa de sopa"


@dataclass(frozen=True, slots=True)
class Contents:
    """`foods` are keys of what is named, `sure` and `all` what that surely or possibly holds; `unknown` are words."""

    foods: frozenset[str] = frozenset()
    sure: frozenset[str] = frozenset()
    all: frozenset[str] = frozenset()
    unknown: tuple[str, ...] = ()


def together(parts: Sequence[Contents]) -> Contents:
    """The contents of several lines."""
    return Contents(
        frozenset[str]().union(*(part.foods for part in parts)),
        frozenset[str]().union(*(part.sure for part in parts)),
        frozenset[str]().union(*(part.all for part in parts)),
        tuple(dict.fromkeys(word for part in parts for word in part.unknown)),
    )


@lru_cache(maxsize=4096)
def contents_of(line: str) -> Contents:
    """What a line of ingredients names."""
    return _read(line, food_table(), prose=False)


@lru_cache(maxsize=2048)
def mentioned_in(text: str) -> Contents:
    """What running text names; its other words are no ingredients."""
    return _read(text, food_table(), prose=True)


def _read(line: str, table: FoodTable, prose: bool) -> Contents:
    tokens = tokens_of(normal(line))
    named: list[tuple[frozenset[str], int]] = []  # keys, and the clause of the line they stand in
    cut: dict[int, set[str]] = {}
    replaced: set[int] = set()  # clauses that speak of a plant's substitute: what it is made of is not told
    unknown: list[str] = []
    place = clause = 0
    while place < len(tokens):
        token = tokens[place]
        clause += bool(token.mark) if prose else token.mark in (".", "?")
        skipped = _spoon(tokens, place)
        if skipped:
            place += skipped
            continue
        denied = _denied(tokens, place, table)
        if denied is not None:
            keys, place = denied
            cut.setdefault(clause, set()).update(keys)
            continue
        found, diet = table.foods.at(tokens, place), table.diets.at(tokens, place)
        if diet is not None and (found is None or diet.length >= found.length):
            for key in diet.keys:
                cut.setdefault(clause, set()).update(_without_diet(table, key))
            replaced.add(clause)
            place += diet.length
        elif found is not None:
            after = place + found.length
            if after < len(tokens) and tokens[after].folded in _FREE and not tokens[after].mark:
                cut.setdefault(clause, set()).update(found.keys)
                after += 1
            elif named and not token.mark and token.folded in table.words("preparation.after_food"):
                pass
            elif found.in_prose or not prose:
                named.append((found.keys, clause))
            place = after
        else:
            if not prose and not _is_plain(token, table):
                unknown.append(token.text)
            place += 1
    sure, everything = set[str](), set[str]()
    for keys, where in named:
        left = frozenset(cut.get(where, ()))
        if where in replaced and keys & left:
            everything |= table.contents(_SUBSTITUTE)
        for key in keys - left:
            sure |= table.contents(key, False, left)
            everything |= table.contents(key, True, left)
    return Contents(
        frozenset(key for keys, where in named for key in keys - cut.get(where, set())),
        frozenset(sure),
        frozenset(everything),
        tuple(dict.fromkeys(unknown)),
    )


def _spoon(tokens: Sequence[Token], place: int) -> int:
    """How many words a measure such as "colher de sopa" takes; 0 where none begins."""
    if tokens[place].folded not in _SPOONS:
        return 0
    for further in range(place + 1, min(place + _SPOON_WORDS, len(tokens))):
        if tokens[further].folded in _SPOON_SIZES and tokens[further - 1].folded in CONNECTORS:
            return further - place + 1
    return 1


def _denied(tokens: Sequence[Token], place: int, table: FoodTable) -> tuple[frozenset[str], int] | None:
    """The foods after "sem", and where they end; no foods for "sem casca"."""
    if tokens[place].folded not in _WITHOUT:
        return None
    after = place + 1
    while after < len(tokens) and tokens[after].folded in (*CONNECTORS, "adicao", "adicionado", "added"):
        after += 1
    keys: set[str] = set()
    while after < len(tokens):
        found = table.foods.at(tokens, after)
        if found is None:
            break
        keys |= found.keys
        after += found.length
        if after + 1 < len(tokens) and tokens[after].folded in ("e", "ou", "nem", "and", "or"):
            after += 1
    return frozenset(keys), max(after, place + 1)


@lru_cache(maxsize=64)
def _without_diet(table: FoodTable, key: str) -> frozenset[str]:
    """Every food that a diet leaves out: of "vegano", milk and eggs and what else is animal."""
    without = table.of_diet(key) or frozenset()
    return frozenset(each for each in table.keys if not without.isdisjoint(table.contents(each, doubtful=False)))


def _is_plain(token: Token, table: FoodTable) -> bool:
    """Whether a word of an ingredient tells how much, how cut or how cooked."""
    word = token.folded
    if len(word) == 1 or token.is_number or word in table.words("measures.words"):
        return True
    if word in table.words("preparation.hiding"):
        return False
    plain = table.words("preparation.words")
    if any(form in plain for form in singulars(word)):
        return True
    return len(word) > 4 and word.endswith(tuple(table.words("preparation.endings")))
