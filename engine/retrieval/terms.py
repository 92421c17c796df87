"""Text as the index sees it: words with their places, accents folded, endings cut off, language told apart.

Folding comes before stemming, so that a question typed without accents meets the same stems as the document. The
stemmers are Snowball's (Porter 2001, "Snowball: a language for stemming algorithms").
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Literal

from genchat.engine.common_words import ASKING, BY_LANGUAGE
from genchat.engine.retrieval.bilingual import in_portuguese
from genchat.engine.text import fold

Language = Literal["pt", "en"]
LANGUAGES: tuple[Language, ...] = ("pt", "en")
_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_PICTURES = "\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
# A word; the name of a programming language that ends or begins with signs; a character of a script that is written
# without spaces; a picture.
WORD = re.compile(
    f"[^\\W_{_IDEOGRAPHS}][^\\W_\u0300-\u036f{_IDEOGRAPHS}]*(?:[\u0300-\u036f]+[^\\W_{_IDEOGRAPHS}]*)*"
    "(?:(?=[+#])(?:(?<=\\b[^\\W\\d_])|(?<=\\b[^\\W\\d_]{2}))(?:\\+\\+|#))?"
    f"|[{_IDEOGRAPHS}{_PICTURES}]|(?<![\\w.])\\.[Nn][Ee][Tt](?!\\w)"
)
_SIGNS = {"+": "plus", "#": "sharp", ".": "dot"}
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
# Small words cut short: "s/ glúten", "c/ frango", "p/ dois"; "w/o gluten", "w/ rice".
_SHORTENED: dict[Language, re.Pattern[str]] = {
    "pt": re.compile(r"(?<![\w/])[cps]/(?=\s?[^\W\d])(?!\w/)", re.IGNORECASE),
    "en": re.compile(r"(?<![\w/])w/o?(?!\w)", re.IGNORECASE),
}
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
_LONGEST_ACRONYM = 5  # letters


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text: as written, its character offsets, folded, and whether it is too common to search by."""

    text: str
    start: int
    end: int
    folded: str
    common: bool


@lru_cache(maxsize=65536)
def folded_word(word: str) -> str:
    """A word as it is compared: folded, and in letters and digits alone, which is all that the index tells apart."""
    folded = fold(word)[:_LONGEST]
    if folded.isalnum():
        return folded
    return "".join(
        character if character.isalnum() else _SIGNS.get(character, f"u{ord(character):x}") for character in folded
    )


def words_of(text: str, language: Language) -> list[Word]:
    """The words of `text` in order."""
    stops = BY_LANGUAGE[language]
    found = []
    matches = list(WORD.finditer(text))
    for place, match in enumerate(matches):
        folded = folded_word(match[0])
        common = folded in stops
        if common and _may_be_acronym(match[0]):
            common = not _stands_out([each[0] for each in matches[max(place - 2, 0) : place + 3]])
        found.append(Word(match[0], match.start(), match.end(), folded, common))
    return found


def _may_be_acronym(word: str) -> bool:
    """Whether a word is in capitals and short: "IA" is no form of the verb "ir", nor "IT" a pronoun."""
    return 2 <= len(word) <= _LONGEST_ACRONYM and word.isupper()


def _stands_out(around: Sequence[str]) -> bool:
    """Whether one word alone of a few is in capitals; where others are, the text is written so and nothing is meant."""
    # A letter alone is in capitals at the beginning of any sentence, elsewhere only in a text that is written so.
    return len({word for place, word in enumerate(around) if word.isupper() and (len(word) > 1 or place)}) == 1


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
                folded = folded_word(word)
                common = folded in BY_LANGUAGE[self.language]
                known[word] = ("", "") if common else (folded, self(folded))
        words = {folded: word.casefold() for word in distinct if (folded := known[word][0])}
        if not any(_may_be_acronym(word) and not known[word][1] for word in distinct):
            return [stem for word in written if (stem := known[word][1])], words
        stems = []
        for place, word in enumerate(written):
            folded, stem = known[word]
            if not stem and _may_be_acronym(word) and _stands_out(written[max(place - 2, 0) : place + 3]):
                folded = folded_word(word)
                stem = self(folded)
                words[folded] = word.casefold()
            if stem:
                stems.append(stem)
        return stems, words


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
    return shown_language(text) or otherwise


def shown_language(text: str) -> Language | None:
    """The same; None when neither shows."""
    shortened = dict.fromkeys(LANGUAGES, 0)
    for language, pattern in _SHORTENED.items():
        text, shortened[language] = pattern.subn(" ", text)
    found = [match[0] for match, _ in zip(WORD.finditer(text), range(_DETECTION_WORDS), strict=False)]
    written = [
        word.casefold()
        for place, word in enumerate(found)
        if not (_may_be_acronym(word) and _stands_out(found[max(place - 2, 0) : place + 3]))
    ]
    folded = list(map(fold, written))
    votes = {language: shortened[language] + _distinctive(folded, language) for language in LANGUAGES}
    votes["pt"] += sum(word != plain for word, plain in zip(written, folded, strict=True))
    best = max(votes.values())
    leaders = [language for language in LANGUAGES if votes[language] == best]
    if len(leaders) == 1:
        return leaders[0]
    return "en" if sum(map(_looks_english, folded)) >= _ENGLISH_LOOKS else None


def _looks_english(folded: str) -> bool:
    return bool(_ENGLISH_LETTERS.search(folded)) or in_portuguese(folded) not in (None, folded)


def _distinctive(folded: Iterable[str], language: Language) -> int:
    """How many words are common in `language`, or ask in it, and not in the other."""
    others = frozenset().union(*(BY_LANGUAGE[other] | ASKING[other] for other in LANGUAGES if other != language))
    own = (BY_LANGUAGE[language] | ASKING[language]) - others
    return sum(word in own for word in folded)
