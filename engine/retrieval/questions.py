"""A question as the index understands it: its words, the stems each stands for, and how telling each word is."""

import json
import math
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from genchat.engine.common_words import only_asks
from genchat.engine.language import language_in_use
from genchat.engine.retrieval.bilingual import in_portuguese
from genchat.engine.retrieval.dictionary import is_word
from genchat.engine.retrieval.expectation import expected
from genchat.engine.retrieval.spelling import corrections, lookalikes
from genchat.engine.retrieval.synonyms import spellings, synonyms
from genchat.engine.retrieval.terms import LANGUAGES, WORD, Language, Word, shown_language, stemmer, words_of
from genchat.engine.text import fold

Found = Literal["exact", "translated", "corrected", "alike", "missing"]
LONGEST_QUESTION = 64  # words of a question that are searched for

# Units that documents write short and people write out.
_UNITS = {
    **dict.fromkeys(("caloria", "calorias", "calorie", "calories"), "kcal"),
    **dict.fromkeys(("quilo", "quilos", "quilograma", "quilogramas", "kilo", "kilos"), "kg"),
}
_FEWEST = 100  # chunks: in fewer, rare words and missing ones would weigh as in that many
_LENT = 0.5  # weight of a word that stands only in the question before
_CERTAINTY_TRANSLATED = 0.9
_CERTAINTY_ALIKE = 0.3
_CERTAINTY_OTHER_START = 0.3  # mistakes seldom fall on the first letter


@dataclass(frozen=True, slots=True)
class QuestionWord:
    """One word of the question. `stems` are what the index is asked for, `weight` is its idf (Robertson's, never < 0).

    `taken_for` are the indexed words, as written there, that it was taken for where no document has it; `written` is
    how the documents write a word that was typed without its accents.
    """

    text: str
    stems: tuple[str, ...]
    frequency: int  # chunks that hold one of the stems
    weight: float
    found: Found
    taken_for: tuple[str, ...] = ()
    written: str = ""
    synonyms: tuple[str, ...] = ()  # stems of other words for it that documents have

    @property
    def certainty(self) -> float:
        """How surely the stems stand for the word, 0 to 1. Short words have many neighbours one edit away."""
        if self.found == "exact":
            return 1.0
        if self.found == "translated":
            return _CERTAINTY_TRANSLATED
        if self.found != "corrected":
            return _CERTAINTY_ALIKE if self.found == "alike" else 0.0
        same_start = fold(self.text)[:1] == fold(self.taken_for[0])[:1]
        return min(1.0, max(0.0, (len(self.text) - 3) / 4)) * (1.0 if same_start else _CERTAINTY_OTHER_START)


@dataclass(frozen=True)
class Question:
    """What is looked for: `words` without common ones, each once, in order."""

    text: str
    language: Language
    words: tuple[QuestionWord, ...]

    @cached_property
    def weight(self) -> float:
        """Sum of the words' weights."""
        return sum(word.weight for word in self.words)

    @cached_property
    def written(self) -> str:
        """All its words, folded, with a space on each side."""
        return f" {written_plainly(self.text)} "

    @property
    def missing(self) -> tuple[str, ...]:
        """Words that no document has."""
        return tuple(word.text for word in self.words if word.found == "missing")

    @property
    def corrected(self) -> str:
        """The text with misspelt words and lost accents put right, as the documents write them."""
        right = {word.text: word.taken_for[0] for word in self.words if word.found == "corrected"}
        right |= {word.text: word.written for word in self.words if word.written}
        return WORD.sub(lambda match: right.get(match[0], match[0]), self.text) if right else self.text

    @property
    def respelled(self) -> dict[str, str]:
        """Words that no document has, and the first of those each was taken for."""
        return {word.text: word.taken_for[0] for word in self.words if word.taken_for}


def written_plainly(text: str) -> str:
    """The words of a text, folded, with one space between them."""
    return " ".join(WORD.findall(fold(text)))


def idf(chunks: int, frequency: int) -> float:
    """log(1 + (N - n + 0.5) / (n + 0.5)), as in Lucene's BM25."""
    return math.log1p((chunks - frequency + 0.5) / (frequency + 0.5))


def understand(
    connection: sqlite3.Connection, text: str, chunks: int, before: str = "", names_only: bool = False
) -> Question:
    """The words of `text` against an index of `chunks` chunks; then those it leans on, of `before`, weighing half.

    With `names_only`, words that only ask ("explain", "the idea behind") are left out, unless there are no others.
    """
    indexed = {
        row[0] for row in connection.execute("SELECT DISTINCT language FROM docs_document WHERE state = 'ready'")
    }
    languages = [each for each in LANGUAGES if each in indexed]
    language = shown_language(f"{before}\n{text}") or _language_of_names(text, languages)
    languages = languages or [language]
    frequencies: dict[str, int] = {}

    def frequency_of_stem(stem: str) -> int:
        if stem not in frequencies:
            row = connection.execute("SELECT doc FROM docs_stem WHERE term = ?", (stem,)).fetchone()
            frequencies[stem] = int(row[0]) if row else 0
        return frequencies[stem]

    def frequency(folded: str) -> int:
        return max(frequency_of_stem(stem) for stem in stems_of(folded))

    def stems_of(folded: str) -> tuple[str, ...]:
        written = (folded, _UNITS[folded]) if folded in _UNITS else (folded,)
        return tuple(dict.fromkeys(stemmer(each)(word) for word in written for each in languages))

    found, seen = list[QuestionWord](), set[str]()
    own, lent = _heard(text, language), words_of(before, language)
    named = names_only and any(not word.common and not only_asks(word.folded) for word in [*own, *lent])
    for place, word in enumerate([*own[: 4 * LONGEST_QUESTION], *lent[: 4 * LONGEST_QUESTION]]):
        if word.common or stems_of(word.folded)[0] in seen or len(found) >= LONGEST_QUESTION:
            continue
        if named and only_asks(word.folded):
            continue
        seen.add(stems_of(word.folded)[0])
        how: Found = "exact"
        taken_for = _translated(word.folded, language, frequency)
        as_well = [each for each in spellings(word.folded, language) if frequency(each)]
        if taken_for and (as_well or ("en" in indexed and frequency(word.folded))):
            taken_for, as_well = [], [*taken_for, *as_well]
        if taken_for:
            how = "translated"
        elif not as_well and not frequency(word.folded) and not any(map(str.isdigit, word.folded)):
            taken_for = corrections(connection, word.folded, frequency)
            # What the dictionary has was hardly meant to be another word.
            how = "alike" if taken_for and is_word(word.text, language) else "corrected"
            if not taken_for:
                taken_for, how = lookalikes(connection, word.folded, frequency), "alike"
        meant = taken_for or [word.folded, *as_well]
        stems = tuple(dict.fromkeys(stem for each in meant for stem in stems_of(each)))
        count = min(sum(map(frequency_of_stem, stems)), chunks)
        if not count:
            how = "missing"
        shown = tuple(_written(connection, each) or each for each in taken_for)
        plain = how == "exact" and word.text.casefold() == word.folded
        written = _written(connection, word.folded) if plain else ""
        written = "" if written == word.folded else written
        weight = idf(max(chunks, _FEWEST), count) * (1.0 if place < len(own) else _LENT)
        others = tuple(
            each for each in synonyms(word.folded, language) if each not in stems and frequency_of_stem(each)
        )
        found.append(QuestionWord(word.text, stems, count, weight, how, shown, written, others))
    return Question(f"{before}\n{text}" if before else text, language, tuple(found))


def _heard(text: str, language: Language) -> list[Word]:
    """The words of a question; where all are common, what a definition is asked of is not: "o que é ia?"."""
    words = words_of(text, language)
    if not all(word.common for word in words):
        return words
    kind, said = expected(text)
    return [replace(word, common=kind != "definition" or word.folded in said) for word in words]


def _translated(folded: str, language: Language, frequency: Callable[[str], int]) -> list[str]:
    """The Portuguese word for one of an English question, if the documents have it."""
    if language != "en":
        return []
    word = in_portuguese(folded)
    return [word] if word is not None and word != folded and frequency(word) else []


def _language_of_names(text: str, indexed: Sequence[Language]) -> Language:
    """For a question that shows no language, such as a name: the one in use, unless it says nothing in that."""
    preferred: Language = "pt" if language_in_use() == "pt-br" else "en"
    if indexed and preferred not in indexed:
        return indexed[0]
    other: Language = "en" if preferred == "pt" else "pt"
    return other if all(word.common for word in words_of(text, preferred)) else preferred


def _written(connection: sqlite3.Connection, folded: str) -> str:
    """How the documents write a folded word; empty where none has it."""
    row = connection.execute("SELECT written FROM docs_word WHERE word = ?", (folded,)).fetchone()
    return str(row[0]) if row else ""


def matching(question: Question, words: Sequence[Word], languages: Sequence[Language]) -> list[QuestionWord | None]:
    """For each word of a text, the question's word that it answers to, if any."""
    by_stem = {stem: each for each in question.words for stem in each.stems if each.found != "missing"}
    stemmers = [stemmer(language) for language in languages]
    return [next((by_stem[stem] for of in stemmers if (stem := of(word.folded)) in by_stem), None) for word in words]


def languages_of(value: str) -> tuple[Language, ...]:
    """A stored language as one of those there are."""
    return tuple(language for language in LANGUAGES if language == value) or LANGUAGES


def headings_of(value: str) -> tuple[str, ...]:
    """A stored heading path."""
    return tuple(str(part) for part in json.loads(value))
