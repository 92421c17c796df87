"""Finds lines of a text that say nearly the same as a held-out question.

Texts are compared without accents, capitals and punctuation. Two are near duplicates when they are equal (from five
words), when one stands whole inside the other (the question from six words), or when their sets of character trigrams
overlap by .85 or more, by Dice's coefficient (from six words; Dice, "Measures of the amount of ecologic association
between species", 1945). Shorter questions ("oi", "what's up?") cannot be kept from recurring.

Only questions that hold one of the rarest trigrams of a line can reach .85, so few pairs are compared in full (the
prefix filter of Chaudhuri, Ganti and Kaushik, "A primitive operator for similarity joins in data cleaning", 2006).
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

from genchat.engine.text import fold

EQUAL_FROM_WORDS = 5
SIMILAR_FROM_WORDS = 6
SIMILAR = 0.85
# Dice ≥ s needs |b| ≥ |a|·s/(2−s), and so an overlap of at least that share of a's own trigrams
_SHARED = SIMILAR / (2 - SIMILAR)
_BUCKET = 8  # trigrams: lines are compared with questions of about their size
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")


def normalised(text: str) -> str:
    """`text` in small letters without accents; one space stands for everything that is no letter or digit."""
    return _NOT_WORD.sub(" ", fold(text)).strip()


def pieces(text: str) -> frozenset[str]:
    """The lines of `text`, whole and by sentence, normalised; those too short to matter are left out."""
    lines = text.splitlines()
    found = {normalised(part) for line in lines for part in (line, *_SENTENCE_END.split(line))}
    return frozenset(piece for piece in found if piece.count(" ") + 1 >= EQUAL_FROM_WORDS)


class HeldOutIndex:
    """The held-out questions by their normalised text, their first words and their rarest trigrams."""

    def __init__(self, questions: Mapping[str, str]) -> None:
        """`questions` maps an id to its text."""
        self._equal: defaultdict[str, list[str]] = defaultdict(list)
        self._beginning: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        self._trigrams: dict[str, frozenset[str]] = {}
        for id, question in questions.items():
            text = normalised(question)
            words = text.split(" ")
            if len(words) >= EQUAL_FROM_WORDS:
                self._equal[text].append(id)
            if len(words) >= SIMILAR_FROM_WORDS:
                self._trigrams[id] = _trigrams(text)
                self._beginning[" ".join(words[:SIMILAR_FROM_WORDS])].append((id, f" {text} "))
        frequency = Counter(trigram for trigrams in self._trigrams.values() for trigram in trigrams)
        self._rare: defaultdict[int, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for id, trigrams in self._trigrams.items():
            size = len(trigrams)
            kept = sorted(trigrams, key=lambda trigram: (frequency[trigram], trigram))[: size - int(_SHARED * size) + 1]
            for bucket in range(int(_SHARED * size) // _BUCKET, int(size / _SHARED) // _BUCKET + 1):
                for trigram in kept:
                    self._rare[bucket][trigram].append(id)

    def near(self, lines: Iterable[str]) -> set[str]:
        """The ids of the questions near to any of `lines`, which `pieces` gave."""
        found: set[str] = set()
        for line in lines:
            found.update(self._equal.get(line, ()))
            found.update(self._inside(line))
            found.update(self._similar(line))
        return found

    def _inside(self, line: str) -> Iterator[str]:
        words = line.split(" ")
        for start in range(len(words) - SIMILAR_FROM_WORDS + 1):
            for id, padded in self._beginning.get(" ".join(words[start : start + SIMILAR_FROM_WORDS]), ()):
                if padded in f" {line} ":
                    yield id

    def _similar(self, line: str) -> Iterator[str]:
        trigrams = _trigrams(line)
        size = len(trigrams)
        rare = self._rare.get(size // _BUCKET)
        if rare is None:
            return
        for id in {id for trigram in trigrams if trigram in rare for id in rare[trigram]}:
            own = self._trigrams[id]
            if 2 * len(own & trigrams) >= SIMILAR * (len(own) + size):
                yield id


def _trigrams(text: str) -> frozenset[str]:
    padded = f" {text} "
    return frozenset(map("".join, zip(padded, padded[1:], padded[2:], strict=False)))
