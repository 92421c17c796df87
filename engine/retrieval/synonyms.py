"""What else a document may call what a question asks for: other words of the same meaning, and other spellings.

Query expansion by a thesaurus (Voorhees 1994, "Query expansion using lexical-semantic relations") adds noise as well
as matches, so a synonym never counts as much as the word itself, and it only tells which part of a passage answers and
how well (places.py): in the search for passages it changed nothing. Another spelling is the word itself.
"""

import re
from collections.abc import Iterator
from functools import cache

from genchat.corpora.thesaurus import read_thesaurus
from genchat.engine.retrieval.terms import Language, stemmer
from genchat.engine.text import fold

_MOST = 12  # synonyms of a word
# British and American endings of words.
_SPELLINGS = (
    ("our", "or"),
    ("ours", "ors"),
    ("oured", "ored"),
    ("ise", "ize"),
    ("ised", "ized"),
    ("ises", "izes"),
    ("ising", "izing"),
    ("isation", "ization"),
    ("tre", "ter"),
    ("ogue", "og"),
    ("yse", "yze"),
    ("ence", "ense"),
    ("lled", "led"),
    ("lling", "ling"),
)
_SHORTEST: dict[Language, int] = {
    "en": 5,
    "pt": 6,
}  # letters; of shorter words some would become others: "pato", "pacto"


def synonyms(folded: str, language: Language) -> tuple[str, ...]:
    """Stems of words that may stand for a folded word of a question; none where the thesaurus does not have it."""
    return _groups(language).get(stemmer(language)(folded), ())[:_MOST]


def spellings(folded: str, language: Language) -> Iterator[str]:
    """How else a folded word may be written: "color" and "colour", "diretorio" and "directorio". Few are words."""
    if len(folded) < _SHORTEST[language] or not re.fullmatch("[a-z]+", folded):
        return
    if language == "pt":
        yield from _silent_consonants(folded)
        return
    for pair in _SPELLINGS:
        for ending, other in (pair, pair[::-1]):
            if folded.endswith(ending) and not folded.endswith(other if len(other) > len(ending) else "\0"):
                yield folded[: -len(ending)] + other


def _silent_consonants(folded: str) -> Iterator[str]:
    """A Portuguese word with a c or p before t or c that is not heard, as it was written until 2009, or without it."""
    for match in re.finditer("[cp](?=[tc])", folded):
        yield folded[: match.start()] + folded[match.end() :]
    for match in re.finditer("(?<=[aeiou])(?=[tc][aeiou])", folded):
        for letter in "cp":
            yield folded[: match.start()] + letter + folded[match.start() :]


@cache
def _groups(language: Language) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for group in read_thesaurus(language):
        stems = [stemmer(language)(fold(word)) for word in group]
        for stem in stems:
            found.setdefault(stem, {}).update((other, None) for other in stems if other != stem)
    return {stem: tuple(others) for stem, others in found.items()}
