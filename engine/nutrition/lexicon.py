"""Names of one or more words found in a text: in the singular or plural, with or without small words between, misspelt.

A name is found whole: of all that begin at a word, the longest counts, so that "leite de coco" is not milk.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from genchat.engine.nutrition.tokens import Token, normal, tokens_of

CONNECTORS = frozenset(("de", "do", "da", "dos", "das", "d", "of"))
_ENDINGS = (
    *(("oes", "ao"), ("aes", "ao"), ("aos", "ao"), ("ais", "al"), ("eis", "el"), ("ois", "ol"), ("ns", "m")),
    *(("ies", "y"), ("ves", "f"), ("zes", "z"), ("es", ""), ("s", "")),
)
_DIMINUTIVES = (("guinho", "go"), ("quinho", "co"), ("quinha", "ca"), ("zinho", ""), ("zinha", ""), ("inho", "o"))
_MORE_DIMINUTIVES = (("inho", "e"), ("inha", "a"), ("inha", "e"))
_SHORTEST = 4  # letters from which on a word may be misspelt
_TWO_MISTAKES = 8  # letters from which on it may be so twice


@dataclass(frozen=True, slots=True)
class Found:
    """What begins at a word: the keys it may stand for, how many words it takes, and whether prose may say it so."""

    keys: frozenset[str]
    length: int
    in_prose: bool


@dataclass
class _Node:
    keys: set[str] = field(default_factory=set)
    in_prose: bool = True
    next: dict[str, "_Node"] = field(default_factory=dict)


class Lexicon:
    """Names of things that have a key each. A name may belong to several."""

    def __init__(self) -> None:
        self._root = _Node()
        self.words: set[str] = set()

    def add(self, name: str, key: str, in_prose: bool = True) -> None:
        """One more name of `key`."""
        node = self._root
        for token in tokens_of(normal(name)):
            if token.folded not in CONNECTORS or node is self._root:
                node = node.next.setdefault(token.folded, _Node())
                self.words.add(token.folded)
        if node is not self._root:
            node.keys.add(key)
            node.in_prose = in_prose

    def at(self, tokens: Sequence[Token], place: int, respelled: Mapping[str, str] | None = None) -> Found | None:
        """The longest name that begins at a place and is not cut by a comma or a stop; None where none does."""
        return self._longest(self._root, tokens, place, place, respelled or {})

    def _longest(
        self, node: _Node, tokens: Sequence[Token], start: int, place: int, respelled: Mapping[str, str]
    ) -> Found | None:
        best = Found(frozenset(node.keys), place - start, node.in_prose) if node.keys else None
        if place >= len(tokens) or (place > start and tokens[place].mark):
            return best
        word = tokens[place].folded
        if place > start and word in CONNECTORS:
            longer = self._longest(node, tokens, start, place + 1, respelled) if node.next else None
            return longer if longer is not None and longer.length > place + 1 - start else best
        for form in singulars(respelled.get(word, word)):
            inner = node.next.get(form)
            longer = self._longest(inner, tokens, start, place + 1, respelled) if inner is not None else None
            if longer is not None and (best is None or longer.length > best.length):
                best = longer
        return best


@lru_cache(maxsize=16384)
def singulars(word: str) -> tuple[str, ...]:
    """A folded word and what it may be the plural or the diminutive of."""
    found = [word]
    found += [
        word[: -len(end)] + instead
        for end, instead in _ENDINGS
        # "Porções" are no pigs: nothing but "-ão" has a plural in "-ões".
        if word.endswith(end) and len(word) > len(end) + 1 and not (end == "es" and word.endswith("oes"))
    ]
    for form in tuple(found):
        found += [
            form[: -len(end)] + instead
            for end, instead in (*_DIMINUTIVES, *_MORE_DIMINUTIVES)
            if form.endswith(end) and len(form) > len(end) + 2
        ]
    return tuple(dict.fromkeys(found))


def nearest(word: str, vocabulary: Iterable[str]) -> frozenset[str]:
    """The words of a vocabulary that a misspelt one is nearest to; none where all are too far.

    One mistake is allowed (a letter more, less, other, or two exchanged), in longer words two: Damerau 1964, "A
    technique for computer detection and correction of spelling errors". The first letter is seldom the wrong one.
    """
    if len(word) < _SHORTEST:
        return frozenset()
    most = 1 if len(word) < _TWO_MISTAKES else 2
    letters = set(word)
    found: dict[int, set[str]] = {}
    for other in vocabulary:
        if (
            other[:1] != word[:1]
            or len(other) < _SHORTEST
            or abs(len(other) - len(word)) > most
            or len(letters ^ set(other)) > 2 * most
        ):
            continue
        distance = mistakes(word, other, most)
        if distance <= most:
            found.setdefault(distance, set()).add(other)
    return frozenset(found[min(found)]) if found else frozenset()


def mistakes(first: str, second: str, most: int) -> int:
    """The distance of two words, or anything above `most` where it is larger (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(second) + 1))
    for place, letter in enumerate(first, 1):
        previous, row = row, [place]
        for other, compared in enumerate(second, 1):
            cost = min(previous[other] + 1, row[other - 1] + 1, previous[other - 1] + (letter != compared))
            if place > 1 and other > 1 and letter == second[other - 2] and first[place - 2] == compared:
                cost = min(cost, before[other - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        before = previous
    return row[-1]
