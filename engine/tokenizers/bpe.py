"""Byte-level byte-pair encoding: merges learned by the `tokenizers` trainer, run by tiktoken, nothing ever fetched.

Method: Sennrich, Haddow, Birch 2016 (arXiv:1508.07909), on bytes as in Radford et al. 2019. Ids, in order: the special
tokens, the 256 bytes, the merged tokens in the order they were learned; tiktoken takes the id as the merge rank.
Every text can be written, since every byte is a token of its own.
"""

import base64
import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from genchat.engine.errors import ModelDamaged, TextUnusable, UsageError
from genchat.engine.text import compose, decode_bytes
from genchat.engine.tokenizers.pieces import SPECIALS, TOKENIZER_FILE

if TYPE_CHECKING:
    import tiktoken

# Where a merge may not cross. A word takes the space, hyphen or apostrophe before it along (" manhã", "-se", "'água"),
# English contractions stand alone, digits are single, a run of punctuation takes its line end along.
PATTERN = (
    r"'(?i:[sdmt]|ll|ve|re)(?![\p{L}\p{M}])"
    r"|[^\r\n\p{L}\p{M}\p{N}]?[\p{L}\p{M}]+"
    r"|\p{N}"
    r"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+"
    r"|\s+(?!\S)"
    r"|\s+"
)
SMALLEST = len(SPECIALS) + 256  # the vocabulary without any merge
_LONGEST_TOKEN = 24  # bytes; longer ones are only ever rules of dashes and the like
# tiktoken's regular expressions overflow their stack on longer runs of white space, so those are cut.
_LONG_SPACE = re.compile(r"\s{4096}")


class BpeTokenizer:
    """See engine.contract.Tokenizer.

    `merged` are the bytes of the tokens after the single bytes, in merge order, each once and at least two bytes long.
    """

    unit = "bpe"

    def __init__(self, merged: Sequence[bytes], pattern: str = PATTERN) -> None:
        self.pattern = pattern
        self.special_tokens = {name: index for index, name in enumerate(SPECIALS)}
        self._bytes = (*(b"" for _ in SPECIALS), *(bytes([byte]) for byte in range(256)), *merged)

    @property
    def name(self) -> str:
        return self.unit

    @property
    def vocabulary_size(self) -> int:
        return len(self._bytes)

    @cached_property
    def _encoding(self) -> "tiktoken.Encoding":
        import tiktoken

        first = len(SPECIALS)
        ranks = {piece: first + index for index, piece in enumerate(self._bytes[first:])}
        return tiktoken.Encoding(
            "genchat",
            pat_str=self.pattern,
            mergeable_ranks=ranks,
            special_tokens=dict(self.special_tokens),
            explicit_n_vocab=self.vocabulary_size,
        )

    @cached_property
    def _composes(self) -> bool:
        """Unless it was learned from texts with separate accents."""
        return not any(map(unicodedata.combining, b"".join(self._bytes[SMALLEST:]).decode("utf-8", errors="ignore")))

    def encode(self, text: str) -> list[int]:
        text = compose(text) if self._composes else text
        found: list[int] = []
        start = 0
        for run in _LONG_SPACE.finditer(text):
            found.extend(self._encoding.encode_ordinary(text[start : run.end()]))
            start = run.end()
        found.extend(self._encoding.encode_ordinary(text[start:]))
        return found

    def decode(self, tokens: Sequence[int]) -> str:
        return decode_bytes(b"".join(map(self.token_bytes, tokens)))

    def token_bytes(self, token: int) -> bytes:
        return self._bytes[token]

    def unknown_in(self, text: str) -> list[str]:
        """Always empty: every byte is in the vocabulary."""
        return []

    def save(self, folder: Path) -> None:
        """Write `tokenizer.json` into a model folder."""
        merged = [base64.b64encode(piece).decode("ascii") for piece in self._bytes[SMALLEST:]]
        content = {"unit": self.unit, "pattern": self.pattern, "merged": merged}
        (folder / TOKENIZER_FILE).write_text(json.dumps(content, indent=0) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "BpeTokenizer":
        """The tokenizer of a model folder. Raises ModelDamaged when it is missing, altered or of another unit."""
        try:
            content = json.loads((folder / TOKENIZER_FILE).read_text(encoding="utf-8"))
            if content["unit"] != cls.unit:
                raise ValueError(f"unit {content['unit']}")
            merged = [base64.b64decode(piece, validate=True) for piece in content["merged"]]
            if len(set(merged)) < len(merged) or any(len(piece) < 2 for piece in merged):
                raise ValueError("a token stands twice or is too short")
            tokenizer = cls(merged, content["pattern"])
            tokenizer.encode("")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelDamaged("model_damaged", name=folder.name, reason=error) from None
        return tokenizer


def train_byte_pairs(texts: Iterable[str], vocabulary_size: int) -> BpeTokenizer:
    """Learn merges from `texts` until the vocabulary has `vocabulary_size` tokens or no pair occurs twice.

    The same texts give the same merges. Raises UsageError for a size that cannot hold the bytes, TextUnusable when
    there is nothing to learn from.
    """
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

    if vocabulary_size < SMALLEST:
        raise UsageError("vocabulary_too_small", size=vocabulary_size, least=SMALLEST)
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary_size - len(SPECIALS),
        min_frequency=2,
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        max_token_length=_LONGEST_TOKEN,
    )
    seen = False

    def readable() -> Iterable[str]:
        nonlocal seen
        for text in texts:
            seen = seen or bool(text)
            yield text.encode("utf-8", errors="replace").decode("utf-8")

    learner.train_from_iterator(readable(), trainer)
    if not seen:
        raise TextUnusable("text_none")
    by_id = sorted(learner.get_vocab().items(), key=lambda item: item[1])
    byte_of = _byte_of_printed()
    pieces = [bytes(byte_of[character] for character in printed) for printed, _ in by_id]
    return BpeTokenizer([piece for piece in pieces if len(piece) > 1])


def _byte_of_printed() -> dict[str, int]:
    """The trainer writes bytes as printable characters (Radford et al. 2019): those that print as themselves stand for
    themselves, the rest, in order, for U+0100 onwards."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    shifted = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(0x100 + place): byte for place, byte in enumerate(shifted)}
