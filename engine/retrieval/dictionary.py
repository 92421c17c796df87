"""Whether a word that no document has is a word at all: then it is hardly a misspelling of another.

The dictionary is that of simplemma. It is read, in about a second, when the first such word is asked about.
"""

from functools import lru_cache
from typing import Any

from genchat.engine.retrieval.terms import Language

_MODULE = "simplemma"


@lru_cache(maxsize=4096)
def is_word(text: str, language: Language) -> bool:
    """Whether the dictionary has `text` as it is written, in lower case."""
    import importlib

    dictionary: Any = importlib.import_module(_MODULE)
    return bool(dictionary.is_known(text.casefold(), lang=language))
