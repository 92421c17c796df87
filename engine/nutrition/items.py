"""A wish as a row of items: foods, diets, states of health, refusals, harmless words, and words that nobody knows.

What is misspelt is taken for the nearest word of all that could be meant. A word that is not understood stays unknown:
whoever reads the items has to be careful with what stands beside it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from genchat.engine.nutrition.foods import FoodTable, food_table
from genchat.engine.nutrition.lexicon import mistakes, nearest, singulars
from genchat.engine.nutrition.tokens import Mark, Token, normal, tokens_of

Kind = Literal["food", "dish", "diet", "condition", "refusal", "allergy", "meal", "day", "amount", "plain", "unknown"]
_REPEATED = re.compile(r"(\w)\1{2,}")
_LONG_ENOUGH = 6  # letters of a word whose one mistake leaves little doubt


@dataclass(frozen=True, slots=True)
class Item:
    """One or more words that mean one thing. `keys` are those of foods, of a diet or of a state of health; a plain word
    that has some is a food only where it is refused ("passa").

    `taken_for` is how a misspelt word is spelt; `english` whether a food is called by a name that only English has.
    """

    kind: Kind
    text: str
    words: tuple[str, ...]  # folded
    mark: Mark
    keys: frozenset[str] = frozenset()
    taken_for: str = ""
    english: bool = False

    @property
    def is_guessed(self) -> bool:
        """Whether it is taken for a word that it may well not have been meant for: "mata" for "maçã"."""
        return bool(self.taken_for) and not any(
            len(form) >= _LONG_ENOUGH and mistakes(form, self.taken_for, 1) <= 1
            for word in self.words
            for form in singulars(word)
        )

    @property
    def word(self) -> str:
        """The folded word, put right where it was misspelt; the first of several."""
        return self.taken_for or self.words[0]


Span = tuple[int, int, Kind]


def items_of(line: str, spans: Sequence[Span] = (), dishes: frozenset[str] = frozenset()) -> list[Item]:
    """The items of a line. `spans` are places understood already, `dishes` folded words that recipes are called by."""
    text, table = normal(line), food_table()
    tokens = tokens_of(text)
    respelled = _respelled(tokens, table, dishes)
    found: list[Item] = []
    place = 0
    while place < len(tokens):
        item, length = _item_at(tokens, place, spans, table, respelled, dishes)
        last = tokens[place + length - 1]
        words = tuple(token.folded for token in tokens[place : place + length])
        put_right = next((respelled[word] for word in words if word in respelled), "")
        kind, keys = item
        english = kind == "food" and any(table.is_english(respelled.get(word, word)) for word in words)
        written = text[tokens[place].start : last.end]
        found.append(Item(kind, written, words, tokens[place].mark, keys, put_right, english))
        place += length
    return found


def _item_at(
    tokens: Sequence[Token],
    place: int,
    spans: Sequence[Span],
    table: FoodTable,
    respelled: Mapping[str, str],
    dishes: frozenset[str],
) -> tuple[tuple[Kind, frozenset[str]], int]:
    token = tokens[place]
    word = respelled.get(token.folded, token.folded)
    span = next(((end, kind) for start, end, kind in spans if start <= token.start < end), None)
    covered = 0
    while span is not None and place + covered < len(tokens) and tokens[place + covered].start < span[0]:
        covered += 1
    named: list[tuple[int, int, Kind, frozenset[str]]] = []
    kinds: tuple[Kind, ...] = ("food", "diet", "condition")
    for kind, lexicon in zip(kinds, (table.foods, table.diets, table.conditions), strict=True):
        match = lexicon.at(tokens, place, respelled)
        if match is not None:
            named.append((match.length, kind != "food", kind, match.keys))
    best = max(named, key=lambda each: each[:2], default=None)
    if span is not None and (best is None or best[0] <= covered or span[1] in ("meal", "day")) and _is_short(best):
        return (span[1], frozenset()), max(covered, 1)
    if best is not None and best[0] == 1 and word in table.words("around.words"):
        return ("plain", best[3]), 1
    if best is not None:
        return (best[2], best[3]), best[0]
    return (_kind_of(word, token, table, dishes), frozenset()), 1


def _is_short(best: tuple[int, int, Kind, frozenset[str]] | None) -> bool:
    """Whether a name is a single word, as "massa" is in "massa muscular"."""
    return best is None or best[0] == 1


def _kind_of(word: str, token: Token, table: FoodTable, dishes: frozenset[str]) -> Kind:
    if word in table.words("refusal.words"):
        return "refusal"
    if word in table.words("refusal.allergy"):
        return "allergy"
    if token.is_number or _is_harmless(word, table):
        return "plain"
    return "dish" if any(form in dishes for form in singulars(word)) else "unknown"


def _is_harmless(word: str, table: FoodTable) -> bool:
    return word in _harmless(table)


@lru_cache(maxsize=4)
def _harmless(table: FoodTable) -> frozenset[str]:
    lists = ("around.words", "objects.words", "inclusion.openers", "inclusion.wanting", "inclusion.contrast")
    more = ("inclusion.approval", "refusal.idle", "refusal.missing")
    return frozenset[str]().union(*(table.words(name) for name in (*lists, *more)))


@lru_cache(maxsize=4)
def _named(table: FoodTable) -> frozenset[str]:
    return frozenset(table.foods.words | table.diets.words | table.conditions.words)


def _respelled(tokens: Iterable[Token], table: FoodTable, dishes: frozenset[str]) -> dict[str, str]:
    """What the words that are none are taken for."""
    found: dict[str, str] = {}
    for word in dict.fromkeys(token.folded for token in tokens):
        meant = _meant(word, table) if not _is_known(word, table) and word not in dishes else ""
        if not meant and dishes and not _is_known(word, table) and not any(each in dishes for each in singulars(word)):
            meant = min(nearest(word, dishes), default="")
        if meant and meant != word:
            found[word] = meant
    return found


@lru_cache(maxsize=4096)
def _meant(word: str, table: FoodTable) -> str:
    """The word that a misspelt one is nearest to: a refusal before a food, and a food before harmless words."""
    plain = _REPEATED.sub(r"\1", word)
    if plain != word and _is_known(plain, table):
        return plain
    refusals = table.words("refusal.words") | table.words("refusal.allergy")
    harmless = frozenset(each for each in _harmless(table) if len(each) >= _LONG_ENOUGH)
    # In the singular first: a mistake in a plural is one mistake.
    for form in reversed(singulars(plain)):
        named = _named(table) - _harmless(table)
        close = nearest(form, refusals | named | harmless)
        # A word two mistakes from a refusal is another word: "learning" is not "leaving".
        close -= {each for each in refusals - named - harmless if mistakes(form, each, 1) > 1}
        for group in (refusals, named, harmless):
            if close & group:
                return min(close & group)
    return ""


def _is_known(word: str, table: FoodTable) -> bool:
    if any(map(str.isdigit, word)) or _is_harmless(word, table):
        return True
    if word in table.words("refusal.words") or word in table.words("refusal.allergy"):
        return True
    named = _named(table)
    return any(form in named for form in singulars(word))
