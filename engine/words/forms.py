"""The words of a text in the forms that machines reduce them to, side by side.

A stem cuts endings by rule (Snowball) and need not be a word; a lemma is the word a dictionary lists (simplemma). Both
fold the many forms of a word into one; neither knows what it means.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from genchat.engine.contract import Tokenizer
from genchat.engine.retrieval.terms import Language, stemmer, words_of
from genchat.engine.text import fold, token_label

_MODULE = "simplemma"


@dataclass(frozen=True, slots=True)
class WordForms:
    """This is one word: as written, folded, stem, lemma; `common` for those that searching leaves out.

    `known` says whether the dictionary of lemmas has the word; `pieces` are the labels of a tokenizer's tokens.
    """

    text: str
    folded: str
    stem: str
    lemma: str
    common: bool
    known: bool
    pieces: tuple[str, ...] = ()


def word_forms(text: str, language: Language, tokenizer: Tokenizer | None = None) -> list[WordForms]:
    """The result is every word of `text`. The first call loads the dictionary of lemmas, which takes a second."""
    import importlib

    lemmas: Any = importlib.import_module(_MODULE)
    forms = []
    for word in words_of(text, language):
        lemma = str(lemmas.lemmatize(word.text, lang=language))
        known = bool(lemmas.is_known(word.text, lang=language))
        pieces = () if tokenizer is None else _pieces(tokenizer, word.text)
        stem = stemmer(language)(word.folded)
        forms.append(WordForms(word.text, fold(word.text), stem, lemma, word.common, known, pieces))
    return forms


def distinct(forms: Sequence[WordForms]) -> dict[str, int]:
    """The result is how many different words remain by each way of writing them: the point of folding and stems."""
    return {
        "text": len({form.text for form in forms}),
        "folded": len({form.folded for form in forms}),
        "stem": len({form.stem for form in forms}),
        "lemma": len({fold(form.lemma) for form in forms}),
    }


def _pieces(tokenizer: Tokenizer, word: str) -> tuple[str, ...]:
    """With the space before the word: so most vocabularies know it."""
    return tuple(token_label(tokenizer.token_bytes(token)) for token in tokenizer.encode(f" {word}"))
