"""The catalogue of freely licensed texts a person can fetch (catalogue.toml).

Nothing here touches the network: engine/text_store.py fetches the files, corpora/recipes.py puts them together. What
comes out must have the catalogue's sha256, whatever the sender did.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True)
class CatalogueEntry:
    """An entry is one text. `bytes` and `sha256` are of the assembled text; `conversion` names what makes it fit for
    training.

    `cuts`, by file: the first and the last line (from 1, both included) that the recipe leaves out. `untitled`: files
    whose first line is a title without the blank line after it. `choices`, by file: conversations (from 0) whose
    turns after the first are several answers to it; an empty list means all.
    """

    name: str
    title: str
    language: str
    licence: str
    attribution: str
    bytes: int
    sha256: str
    base: str
    files: tuple[str, ...]
    recipe: str
    conversion: str
    cuts: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    untitled: tuple[str, ...] = ()
    choices: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def addresses(self) -> tuple[str, ...]:
        """These are the addresses that the files are fetched from, in their order."""
        return tuple(quote(self.base + name, safe=":/") for name in self.files)


def read_catalogue(path: Path | None = None) -> dict[str, CatalogueEntry]:
    """The function gives all entries by name, in the order of the file."""
    with (path or Path(__file__).with_name("catalogue.toml")).open("rb") as stream:
        raw = tomllib.load(stream)
    return {name: CatalogueEntry(name=name, **_immutable(fields)) for name, fields in raw.items()}


def _immutable(fields: dict[str, Any]) -> dict[str, Any]:
    """Lists become tuples, also inside tables."""

    def changed(value: object) -> object:
        if isinstance(value, dict):
            return {key: changed(inner) for key, inner in value.items()}
        return tuple(value) if isinstance(value, list) else value

    return {key: changed(value) for key, value in fields.items()}
