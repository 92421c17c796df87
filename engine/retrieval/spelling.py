"""A question's word that no document has: what it may have been meant to be.

Words one edit away (Norvig 2007, "How to write a spelling corrector") come first; then those that share most of their
trigrams, which finds parts of compounds and words with two mistakes.
"""

import sqlite3
import string
from collections.abc import Callable, Iterator

_ALPHABET = string.ascii_lowercase + string.digits
_SHORTEST = 4  # letters; shorter words have too many neighbours
_SHORTEST_TRIGRAM = 5
_LONGEST = 32
_MOST = 3  # candidates taken in
_ALIKE = 0.62  # least share of common trigrams (Dice)
_TRIGRAM_POOL = 60

Frequency = Callable[[str], int]  # folded word -> how many chunks hold its stem


def corrections(connection: sqlite3.Connection, folded: str, frequency: Frequency) -> list[str]:
    """Indexed words one edit away from `folded`, the most frequent three."""
    if not _SHORTEST <= len(folded) <= _LONGEST:
        return []
    candidates = sorted(set(_one_edit_away(folded)) - {folded})
    found: list[str] = []
    for start in range(0, len(candidates), 400):
        part = candidates[start : start + 400]
        marks = ",".join("?" * len(part))
        found += [word for (word,) in connection.execute(f"SELECT word FROM docs_word WHERE word IN ({marks})", part)]  # noqa: S608
    return sorted((word for word in found if frequency(word)), key=lambda word: (-frequency(word), word))[:_MOST]


def lookalikes(connection: sqlite3.Connection, folded: str, frequency: Frequency) -> list[str]:
    """Indexed words that share most trigrams with `folded` or hold it as a part, the most alike three."""
    if not _SHORTEST_TRIGRAM <= len(folded) <= _LONGEST:
        return []
    own = _trigrams(folded)
    match = " OR ".join('"' + gram.replace('"', '""') + '"' for gram in sorted(own))
    rows = connection.execute(
        "SELECT word FROM docs_trigram WHERE docs_trigram MATCH ? ORDER BY rank LIMIT ?", (match, _TRIGRAM_POOL)
    ).fetchall()
    scored = [(_alikeness(folded, own, word), word) for (word,) in rows]
    close = sorted((-score, word) for score, word in scored if score >= _ALIKE and frequency(word))
    return [word for _, word in close[:_MOST]]


def _alikeness(folded: str, own: set[str], word: str) -> float:
    if folded in word:
        return 1.0
    theirs = _trigrams(word)
    return 2 * len(own & theirs) / (len(own) + len(theirs))


def _trigrams(word: str) -> set[str]:
    return {word[place : place + 3] for place in range(len(word) - 2)}


def _one_edit_away(word: str) -> Iterator[str]:
    for place in range(len(word) + 1):
        left, right = word[:place], word[place:]
        if right:
            yield left + right[1:]
            for letter in _ALPHABET:
                yield left + letter + right[1:]
        if len(right) > 1:
            yield left + right[1] + right[0] + right[2:]
        for letter in _ALPHABET:
            yield left + letter + right
