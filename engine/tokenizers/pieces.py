"""What the word and the character tokenizer share: a closed list of pieces, and bytes for everything else.

Ids, in order: the special tokens, the 256 bytes, the letters (characters in which words too rare for a token of
their own are spelled), the pieces. Every text can be written: a piece outside the vocabulary is spelled in letters,
a letter outside it in bytes, so no token stands for "unknown" and decode(encode(text)) is the text itself, its accents
composed (NFC).
"""

import json
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from genchat.engine.conversation import CHAT_SPECIALS
from genchat.engine.errors import ModelDamaged
from genchat.engine.text import compose, decode_bytes

START = "<|start|>"  # stands before every text; never predicted
SPECIALS = (START, *CHAT_SPECIALS)
FIRST_BYTE = len(SPECIALS)
FIRST_LETTER = FIRST_BYTE + 256
TOKENIZER_FILE = "tokenizer.json"


class PieceTokenizer(ABC):
    """See engine.contract.Tokenizer. `unit` names the kind of piece and the tokenizer ("word", "char")."""

    unit: ClassVar[str]

    def __init__(self, pieces: Iterable[str], letters: Iterable[str] = ()) -> None:
        self.letters = tuple(letters)
        self.pieces = tuple(pieces)
        self.special_tokens = {name: index for index, name in enumerate(SPECIALS)}
        self.first_piece = FIRST_LETTER + len(self.letters)

    @staticmethod
    @abstractmethod
    def split(text: str) -> list[str]:
        """`text` cut into pieces; joined they are the text again."""

    @property
    def name(self) -> str:
        return self.unit

    @property
    def vocabulary_size(self) -> int:
        return self.first_piece + len(self.pieces)

    @cached_property
    def _composes(self) -> bool:
        return not any(map(unicodedata.combining, "".join((*self.letters, *self.pieces))))

    def composed(self, text: str) -> str:
        """`text` with letters and accents in one where the vocabulary has them so, as nearly all texts do.

        A vocabulary that was learned from texts with separate accents reads them so.
        """
        return compose(text) if self._composes else text

    @cached_property
    def _id_of_letter(self) -> dict[str, int]:
        return {letter: FIRST_LETTER + index for index, letter in enumerate(self.letters)}

    @cached_property
    def _id_of_piece(self) -> dict[str, int]:
        return {piece: self.first_piece + index for index, piece in enumerate(self.pieces)}

    def spell(self, piece: str) -> list[int]:
        """The ids of `piece` written in letters and bytes."""
        found: list[int] = []
        for character in piece:
            letter = self._id_of_letter.get(character)
            if letter is not None:
                found.append(letter)
            else:
                found.extend(FIRST_BYTE + byte for byte in character.encode("utf-8", errors="replace"))
        return found

    def encode(self, text: str) -> list[int]:
        found: list[int] = []
        for piece in self.split(self.composed(text)):
            token = self._id_of_piece.get(piece)
            if token is not None:
                found.append(token)
            else:
                found.extend(self.spell(piece))
        return found

    def decode(self, tokens: Sequence[int]) -> str:
        return decode_bytes(b"".join(map(self.token_bytes, tokens)))

    def token_bytes(self, token: int) -> bytes:
        if token < FIRST_BYTE:
            return b""
        if token < FIRST_LETTER:
            return bytes([token - FIRST_BYTE])
        if token < self.first_piece:
            return self.letters[token - FIRST_LETTER].encode()
        return self.pieces[token - self.first_piece].encode()

    def unknown_in(self, text: str) -> list[str]:
        """The pieces that can only be written byte by byte: training had neither them nor their letters."""
        unknown: dict[str, None] = {}
        for piece in self.split(self.composed(text)):
            if piece not in self._id_of_piece and any(letter not in self._id_of_letter for letter in piece):
                unknown.setdefault(piece.strip())
        return [piece for piece in unknown if piece]

    def save(self, folder: Path) -> None:
        """Write `tokenizer.json` into a model folder."""
        content = {"unit": self.unit, "letters": list(self.letters), "pieces": list(self.pieces)}
        (folder / TOKENIZER_FILE).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "PieceTokenizer":
        """The tokenizer of a model folder. Raises ModelDamaged when it is missing or of another unit."""
        try:
            content = json.loads((folder / TOKENIZER_FILE).read_text(encoding="utf-8"))
            if content["unit"] != cls.unit:
                raise ValueError(f"unit {content['unit']}")
            for piece in (*content["pieces"], *content["letters"]):
                piece.encode("utf-8")
            return cls(content["pieces"], content["letters"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelDamaged("model_damaged", name=folder.name, reason=error) from None
