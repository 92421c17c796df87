"""Original text that ships with genchat (CC0), its loader, and the catalogue of texts that can be fetched."""

from genchat.corpora.loader import (
    LICENCE,
    Dialogue,
    Document,
    Turn,
    corpora_folder,
    dialogues,
    documents,
    looks_like_dialogues,
    parse_dialogues,
)

__all__ = [
    "LICENCE",
    "Dialogue",
    "Document",
    "Turn",
    "corpora_folder",
    "dialogues",
    "documents",
    "looks_like_dialogues",
    "parse_dialogues",
]
