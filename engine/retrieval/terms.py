"""Text as the index sees it: words with their places, accents folded, endings cut off, language told apart.

Folding comes before stemming, so that a question typed without accents meets the same stems as the document. The
stemmers are Snowball's (Porter 2001, "Snowball: a language for stemming algorithms").
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from genchat.engine.common_words import BY_LANGUAGE
from genchat.engine.retrieval.bilingual import in_portuguese
from genchat.engine.text import fold

Language = Literal["pt", "en"]
LANGUAGES: tuple[Language, ...] = ("pt", "en")
WORD = re.compile("[^\\W_][^\\W_\u0300-\u036f]*(?:[\u0300-\u036f]+[^\\W_]*)*")
_STEMMER_NAMES = {"pt": "portuguese", "en": "english"}
# Folding hides the accents by which the Portuguese stemmer knows these endings, so they are put back.
_ACCENTED_ENDINGS = (
    *(("coes", "ções"), ("cao", "ção"), ("oes", "ões"), ("ao", "ão"), ("aveis", "áveis"), ("iveis", "íveis")),
    *(("avel", "ável"), ("ivel", "ível"), ("encias", "ências"), ("encia", "ência"), ("ancias", "âncias")),
    ("ancia", "ância"),
)
_PLURALS = (("oes", "ao"), ("aes", "ao"), ("ais", "al"), ("eis", "el"), ("ns", "m"))
_LONGEST = 64  # letters of a word that are looked at; longer runs are data, not words
_DETECTION_WORDS = 400
# Letters that Portuguese words hardly have; with words of food and training they decide where no common word does.
_ENGLISH_LETTERS = re.compile(r"^(?!k(?:cal|g|m)s?$).*[kwy]|th|sh|gg|tt|ee|oo|ea[dlmt]")
_ENGLISH_LOOKS = 2  # words, at least
_PLURALS = (("oes", "ao"), ("aes", "ao"), ("ais", "al"), ("eis", "el"), ("ns", "m"))
_LONGEST = 64  # letters of a word that are looked at; longer runs are data, not words
_DETECTION_WORDS = 400
# Letters that the words of one language hardly have. They decide where no common word does: "weekly meal plan".
_LETTERS: dict[Language, re.Pattern[str]] = {
    "pt": re.compile(r"lh|nh|[ao]es$|[cs]ao$"),
    "en": re.compile(r"^(?!k(?:cal|g|m)s?$).*[kwy]|th|sh|gg|tt|ee|oo|ea[dlmt]"),
}
_LETTERS_COUNT = 0.25  # against 1 of a common word
_CACHE_LIMIT = 400_000


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text: as written, its character offsets, folded, and whether it is too common to search by."""

    text: str
    start: int
    end: int
    folded: str
    common: bool


def words_of(text: str, language: Language) -> list[Word]:
    """The words of `text` in order."""
    stops = BY_LANGUAGE[language]
    found = []
    for match in WORD.finditer(text):
        folded = fold(match[0])[:_LONGEST]
        found.append(Word(match[0], match.start(), match.end(), folded, folded in stops))
    return found


class Stemmer:
    """Words to stems in one language, each word once: texts repeat their words."""

    def __init__(self, language: Language) -> None:
        import snowballstemmer  # type: ignore[import-untyped]

        self.language = language
        self._stem: Any = snowballstemmer.stemmer(_STEMMER_NAMES[language]).stemWord
        self._of_folded: dict[str, str] = {}
        self._of_written: dict[str, tuple[str, str]] = {}  # folded and stem, both empty for a common word

    def __call__(self, folded: str) -> str:
        """The stem of a folded word."""
        known = self._of_folded.get(folded)
        if known is None:
            if len(self._of_folded) > _CACHE_LIMIT:
                self._of_folded.clear()
            written = _accented(folded) if self.language == "pt" else folded
            known = self._of_folded[folded] = fold(self._stem(written)) or folded
        return known

    def content(self, text: str) -> tuple[list[str], dict[str, str]]:
        """(stems, words) of `text`, common words left out: the stems in order; folded word -> as it is written."""
        known = self._of_written
        if len(known) > _CACHE_LIMIT:
            known.clear()
        written = WORD.findall(text)
        distinct = dict.fromkeys(written)
        for word in distinct:
            if word not in known:
                folded = fold(word)[:_LONGEST]
                common = folded in BY_LANGUAGE[self.language]
                known[word] = ("", "") if common else (folded, self(folded))
        stems = [stem for word in written if (stem := known[word][1])]
        return stems, {folded: word.casefold() for word in distinct if (folded := known[word][0])}


def _accented(folded: str) -> str:
    for plural, singular in _PLURALS:
        if folded.endswith(plural) and len(folded) > len(plural) + 2:
            folded = folded[: -len(plural)] + singular
            break
    if folded.endswith("icao") and len(folded) > 6:
        return folded[:-4] + "ir"
    for plain, accented in _ACCENTED_ENDINGS:
        if folded.endswith(plain) and len(folded) > len(plain) + 2:
            return folded[: -len(plain)] + accented
    return folded


@cache
def stemmer(language: Language) -> Stemmer:
    """The one stemmer of a language."""
    return Stemmer(language)


def detect_language(text: str, otherwise: Language = "pt") -> Language:
    """Portuguese or English, by the common words and accents of the first few hundred words.

    `otherwise` when neither shows.
    """
    written = [match[0].casefold() for match, _ in zip(WORD.finditer(text), range(_DETECTION_WORDS), strict=False)]
    folded = list(map(fold, written))
    votes = {language: _distinctive(folded, language) for language in LANGUAGES}
    votes["pt"] += sum(word != plain for word, plain in zip(written, folded, strict=True))
    best = max(votes.values())
    leaders = [language for language in LANGUAGES if votes[language] == best]
    if len(leaders) == 1:
        return leaders[0]
    return "en" if sum(map(_looks_english, folded)) >= _ENGLISH_LOOKS else otherwise


def _looks_english(folded: str) -> bool:
    return bool(_ENGLISH_LETTERS.search(folded)) or in_portuguese(folded) not in (None, folded)


def _distinctive(folded: Iterable[str], language: Language) -> int:
    """How many words are common in `language` and not in the other."""
    others = frozenset().union(*(BY_LANGUAGE[other] for other in LANGUAGES if other != language))
    own = BY_LANGUAGE[language] - others
    return sum(word in own for word in folded)
