"""The tokenizer of a model folder, whichever kind it is. The kind stands in `tokenizer.json` under "unit"."""

import importlib
import json
from pathlib import Path
from typing import Protocol

from genchat.engine.contract import Tokenizer
from genchat.engine.errors import ModelDamaged

TOKENIZER_FILE = "tokenizer.json"
_CLASSES = {
    "char": ("genchat.engine.tokenizers.characters", "CharacterTokenizer"),
    "word": ("genchat.engine.tokenizers.words", "WordTokenizer"),
    "bpe": ("genchat.engine.tokenizers.bpe", "BpeTokenizer"),
    "checkpoint": ("genchat.engine.tokenizers.foreign", "ForeignTokenizer"),
    "sentencepiece": ("genchat.engine.tokenizers.sentencepiece", "SentencePieceTokenizer"),
}


class StoredTokenizer(Tokenizer, Protocol):
    """A tokenizer that can be written into a model folder."""

    def save(self, folder: Path) -> None:
        """Write `tokenizer.json` into `folder`."""
        ...


def read_tokenizer(folder: Path) -> StoredTokenizer:
    """Raises ModelDamaged when the file is missing, broken or of an unknown kind."""
    try:
        unit = json.loads((folder / TOKENIZER_FILE).read_text(encoding="utf-8"))["unit"]
        module, name = _CLASSES[unit]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelDamaged("model_damaged", name=folder.name, reason=f"{TOKENIZER_FILE}: {error}") from None
    found: StoredTokenizer = getattr(importlib.import_module(module), name).read(folder)
    return found
