"""Reads which words stand for one another in instructions and descriptions: the tables in `thesaurus/`.

A line is a group of words with nearly the same meaning; a word may stand in several. Lines that begin with `#` are
remarks. Nothing here knows stems or indexes: see engine/retrieval/synonyms.py.
"""

from pathlib import Path

_FOLDER = Path(__file__).parent / "thesaurus"


def read_thesaurus(language: str) -> list[tuple[str, ...]]:
    """The groups of "pt" or "en", in the order of the file."""
    lines = (_FOLDER / f"{language}.txt").read_text(encoding="utf-8").splitlines()
    return [tuple(line.split()) for line in lines if line and not line.startswith("#")]
