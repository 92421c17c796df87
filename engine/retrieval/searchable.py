"""What of a chunk is shown and what is searched: rows and objects are shown with their column names."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath

from genchat.engine.retrieval.tabular import row_cells, searched_json, shown_json, shown_row
from genchat.engine.retrieval.terms import Language, stemmer


@dataclass(frozen=True, slots=True)
class Form:
    """How a document is written: its kind, and for tables the column names and what separates the cells."""

    kind: str
    columns: tuple[str, ...] = ()
    delimiter: str = ""


@dataclass(frozen=True, slots=True)
class Searchable:
    """Stems of a chunk and of its titles, in order, common words left out; `words`: folded -> as written, of both."""

    title_stems: tuple[str, ...]
    stems: tuple[str, ...]
    words: Mapping[str, str]
    digest: bytes


def shown_text(text: str, form: Form) -> str:
    """A chunk as a person reads it."""
    if form.kind == "csv":
        return shown_row(text, form.columns, form.delimiter)
    return shown_json(text) if form.kind == "json" else text


def title_of(name: str, heading: tuple[str, ...]) -> str:
    """Everything a chunk stands under, as one line."""
    return " › ".join((PurePath(name).stem.replace("_", " "), *heading))


def searchable(text: str, name: str, heading: tuple[str, ...], form: Form, language: Language) -> Searchable:
    """What the index keeps of a chunk."""
    title = title_of(name, heading)
    titles, title_words = _title(title, language)
    stems, words = stemmer(language).content(_searched_text(text, form))
    digest = hashlib.blake2b(f"{title}\0{shown_text(text, form)}".encode(errors="replace"), digest_size=16).digest()
    return Searchable(tuple(titles), tuple(stems), title_words | words, digest)


@lru_cache(maxsize=1024)
def _title(title: str, language: Language) -> tuple[list[str], dict[str, str]]:
    return stemmer(language).content(title)


def _searched_text(text: str, form: Form) -> str:
    if form.kind == "csv":
        return " · ".join(row_cells(text, form.delimiter))
    return searched_json(text) if form.kind == "json" else text
