"""A question as the index understands it: its words, the stems each stands for, and how telling each word is."""

import json
import math
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from engine.conversation import Message, Role
from engine.retrieval.spelling import corrections, lookalikes
from engine.retrieval.terms import LANGUAGES, WORD, Language, Word, detect_language, stemmer, words_of
from engine.text import fold

Found = Literal["exact", "corrected", "alike", "missing"]
LONGEST_QUESTION = 64  # words of a question that are searched for

_OPENINGS = re.compile(r"\s*(e|mas e|e se|entao|ok e|and|but|so|what about|how about|and what|then)\b")
_POINTING = frozenset(
    """
    isso isto aquilo ele ela eles elas dele dela deles delas nele nela disso disto nisso esse essa esses essas este
    esta mesmo mesma tambem it that this those these they them he she one ones its their also same
    """.split()  # noqa: SIM905
)
_FEW_WORDS = 3
# Units that documents write short and people write out.
_UNITS = {
    **dict.fromkeys(("caloria", "calorias", "calorie", "calories"), "kcal"),
    **dict.fromkeys(("quilo", "quilos", "quilograma", "quilogramas", "kilo", "kilos"), "kg"),
}
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

    @property
    def certainty(self) -> float:
        """How surely the stems stand for the word, 0 to 1. Short words have many neighbours one edit away."""
        if self.found == "exact":
            return 1.0
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


def idf(chunks: int, frequency: int) -> float:
    """log(1 + (N - n + 0.5) / (n + 0.5)), as in Lucene's BM25."""
    return math.log1p((chunks - frequency + 0.5) / (frequency + 0.5))


def understand(connection: sqlite3.Connection, text: str, chunks: int) -> Question:
    """The words of `text` against an index of `chunks` chunks."""
    language = detect_language(text)
    indexed = [
        row[0] for row in connection.execute("SELECT DISTINCT language FROM docs_document WHERE state = 'ready'")
    ]
    languages = [each for each in LANGUAGES if each in indexed] or [language]
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
    for word in words_of(text, language)[: 4 * LONGEST_QUESTION]:
        if word.common or stems_of(word.folded)[0] in seen or len(found) >= LONGEST_QUESTION:
            continue
        seen.add(stems_of(word.folded)[0])
        how: Found = "exact"
        taken_for: list[str] = []
        if not frequency(word.folded):
            taken_for = corrections(connection, word.folded, frequency)
            how = "corrected"
            if not taken_for:
                taken_for, how = lookalikes(connection, word.folded, frequency), "alike"
        meant = taken_for or [word.folded]
        stems = tuple(dict.fromkeys(stem for each in meant for stem in stems_of(each)))
        count = min(sum(map(frequency_of_stem, stems)), chunks)
        if not count:
            how = "missing"
        shown = tuple(_written(connection, each) or each for each in taken_for)
        plain = how == "exact" and word.text.casefold() == word.folded
        written = _written(connection, word.folded) if plain else ""
        written = "" if written == word.folded else written
        found.append(QuestionWord(word.text, stems, count, idf(chunks, count), how, shown, written))
    return Question(text, language, tuple(found))


def _written(connection: sqlite3.Connection, folded: str) -> str:
    """How the documents write a folded word; empty where none has it."""
    row = connection.execute("SELECT written FROM docs_word WHERE word = ?", (folded,)).fetchone()
    return str(row[0]) if row else ""


def standing_alone(messages: Sequence[Message]) -> str:
    """What to look for: the last question, with the one before it where the last leans on it ("e no jantar?")."""
    asked = [message.text for message in messages if message.role is Role.USER]
    if not asked:
        return ""
    if len(asked) > 1 and _leans(asked[-1]):
        return f"{asked[-2]}\n{asked[-1]}"
    return asked[-1]


def _leans(text: str) -> bool:
    language = detect_language(text)
    words = words_of(text, language)
    telling = [word for word in words if not word.common]
    if len(telling) > 2 * _FEW_WORDS:
        return False
    points = any(word.folded in _POINTING for word in words)
    return not telling or (len(telling) <= _FEW_WORDS and (points or bool(_OPENINGS.match(fold(text)))))


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
