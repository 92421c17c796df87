"""The byte-level BPE tokenizers of published checkpoints, run by tiktoken.

Ids are those of the checkpoint. Where the merges make tokens in the order of their ids, as published vocabularies do,
the id is the merge rank; else ranks are kept apart from ids. Some vocabularies lack single bytes that no text of
their training held: those are left out of a word before its merges, as in the reference tokenizers, and tiktoken,
which fails on them, never sees them. Control tokens stand for no text, and no text encodes to one.
"""

import base64
import itertools
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from genchat.engine.errors import ModelDamaged
from genchat.engine.text import decode_bytes
from genchat.engine.tokenizers.added_tokens import NORMALISED, AddedTokens

if TYPE_CHECKING:
    import tiktoken

TOKENIZER_FILE = "tokenizer.json"
_BLOCK = 1 << 16  # characters given to tiktoken at once; its regular expressions overflow on longer runs of space
_GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
# Two passes in the original: every digit by itself, then the GPT-2 pattern between digits.
_SMOLLM = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+|\s+(?=\p{N})|\s+(?!\S)|\s+"
_LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_QWEN2 = _LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
PATTERNS = {
    **dict.fromkeys(("gpt-2", "gpt2", "olmo", "mpt", "jais"), _GPT2),
    **dict.fromkeys(("smollm", "starcoder", "refact", "command-r", "codeshell"), _SMOLLM),
    **dict.fromkeys(("llama-bpe", "llama3", "llama-v3", "dbrx", "smaug-bpe"), _LLAMA3),
    **dict.fromkeys(("qwen2", "stablelm2"), _QWEN2),
}

Prefix = Literal["", "first", "unspaced", "always"]


@dataclass(frozen=True)
class ForeignVocabulary:
    """What a checkpoint says of its tokenizer. Ids are positions in `tokens`.

    `merged` are the ids of the tokens the merges make, in merge order; `controls` the ids that stand for no text;
    `literals` those of whole words such as "<think>" that a template may use and a reply may show. `single_bytes`
    are the ids of the 256 bytes where they stand beside the letters, as in SentencePiece, which also needs to know
    the `left_parts` that the merges begin with; `prefix` says which texts get a space before them: "always" all, with
    those after a control token, "unspaced" all without a space of their own, "first" such a text alone that begins a
    prompt. `unknown` stands for each byte that no token stands for, or with `fuse_unknown` for each run of them;
    without it such bytes are left out. `flags` are those of controls and literals, see `added_tokens`.
    """

    tokens: tuple[bytes, ...]
    merged: tuple[int, ...]
    controls: Mapping[str, int]
    literals: Mapping[str, int]
    pattern: str
    normalise: str = ""  # a Unicode normal form, such as "NFC"
    start: int | None = None  # the token every text begins with, where the model was trained so
    single_bytes: tuple[int, ...] = ()
    left_parts: tuple[int, ...] = ()
    prefix: Prefix = ""
    unknown: int | None = None
    fuse_unknown: bool = False
    flags: Mapping[str, str] = field(default_factory=dict)


class ForeignTokenizer:
    """See engine.contract.Tokenizer."""

    unit = "checkpoint"

    def __init__(self, vocabulary: ForeignVocabulary) -> None:
        self.vocabulary = vocabulary
        self.special_tokens = dict(vocabulary.controls)
        silent = set(vocabulary.controls.values())
        self._bytes = tuple(b"" if index in silent else piece for index, piece in enumerate(vocabulary.tokens))

    @property
    def name(self) -> str:
        return self.unit

    @property
    def vocabulary_size(self) -> int:
        return len(self._bytes)

    @cached_property
    def _byte_ids(self) -> dict[bytes, int]:
        """The ids of single bytes; those of other kinds that happen to be one byte long do not count."""
        apart = {*self.vocabulary.controls.values(), *self.vocabulary.literals.values()}
        return {piece: index for index, piece in enumerate(self._bytes) if len(piece) == 1 and index not in apart}

    @cached_property
    def _missing(self) -> frozenset[int]:
        return frozenset(byte for byte in range(256) if bytes([byte]) not in self._byte_ids)

    @cached_property
    def _ranked(self) -> tuple[dict[bytes, int], tuple[int, ...] | None]:
        """Ranks for tiktoken, and the id of every rank where the two differ."""
        merged = self.vocabulary.merged
        if all(first < second for first, second in itertools.pairwise(merged)):
            return self._byte_ids | {self._bytes[token]: token for token in merged}, None
        ids = (*self._byte_ids.values(), *merged)
        ranks: dict[bytes, int] = {}
        for rank, token in enumerate(ids):
            ranks.setdefault(self._bytes[token], rank)
        return ranks, ids

    @cached_property
    def _encoding(self) -> "tiktoken.Encoding":
        import tiktoken

        ranks, _ = self._ranked
        return tiktoken.Encoding(
            self.unit, pat_str=self.vocabulary.pattern, mergeable_ranks=ranks, special_tokens={}, explicit_n_vocab=None
        )

    def encode(self, text: str) -> list[int]:
        return self._encode(text, first=True)

    def encode_after_control(self, text: str) -> list[int]:
        """The ids of a text that follows a control token."""
        return self._encode(text, first=False)

    @cached_property
    def _literals(self) -> tuple[AddedTokens, AddedTokens]:
        """The whole words of the vocabulary: those looked for in the text as it is, and in its normal form."""
        flags = self.vocabulary.flags
        plain, normal = {}, {}
        for word, token in self.vocabulary.literals.items():
            if NORMALISED in flags.get(word, ""):
                normal[self._normalised(word)] = token
            else:
                plain[word] = token
        return AddedTokens(plain, flags), AddedTokens(normal, {self._normalised(word): flags[word] for word in flags})

    def _encode(self, text: str, first: bool) -> list[int]:
        plain, normal = self._literals
        found: list[int] = []
        for whole, known in plain.split(text):
            if known is not None:
                found.append(known)
                continue
            for piece, token in normal.split(self._normalised(whole)):
                found.extend(self._encode_plain(piece, first and not found) if token is None else (token,))
        return found

    def _normalised(self, text: str) -> str:
        return unicodedata.normalize("NFC", text) if self.vocabulary.normalise == "NFC" else text

    def _encode_plain(self, text: str, first: bool) -> list[int]:
        """`first`: nothing stands before `text`, which matters to some kinds of vocabulary."""
        _, ids = self._ranked
        found: list[int] = []
        for block in _blocks(text):
            if self._lacks(block):
                found.extend(self._lacking(block, ids))
            else:
                ranks = self._encoding.encode_ordinary(block)
                found.extend(ranks if ids is None else (ids[rank] for rank in ranks))
        return found

    def _lacks(self, text: str) -> bool:
        return not self._missing.isdisjoint(text.encode("utf-8", errors="replace")) if self._missing else False

    def _lacking(self, text: str, ids: Sequence[int] | None) -> list[int]:
        """The words of `text` one by one. Bytes that no token stands for become the unknown token; without one they
        are left out, and those beside them may merge."""
        import regex

        missing, unknown = bytes(self._missing), self.vocabulary.unknown
        found: list[int] = []
        for word in regex.findall(self.vocabulary.pattern, text):
            written = word.encode("utf-8", errors="replace")
            parts = [written.translate(None, missing)] if unknown is None else self._known_runs.split(written)
            for place, part in enumerate(parts):
                if place % 2 and unknown is not None:
                    found.extend([unknown] * (1 if self.vocabulary.fuse_unknown else len(part)))
                elif part:
                    ranks = self._encoding._encode_single_piece(part)
                    found.extend(ranks if ids is None else (ids[rank] for rank in ranks))
        return found

    @cached_property
    def _known_runs(self) -> "re.Pattern[bytes]":
        """Splits bytes into runs that tokens stand for and, at odd places, runs that none does."""
        return re.compile(b"([" + b"".join(b"\\x%02x" % byte for byte in sorted(self._missing)) + b"]+)")

    def decode(self, tokens: Sequence[int]) -> str:
        return decode_bytes(b"".join(map(self.token_bytes, tokens)))

    def token_bytes(self, token: int) -> bytes:
        return self._bytes[token]

    def unknown_in(self, text: str) -> list[str]:
        """The characters that need a byte the vocabulary lacks."""
        if not self._missing:
            return []
        lacking = dict.fromkeys(
            letter for letter in text if not self._missing.isdisjoint(letter.encode("utf-8", errors="replace"))
        )
        return list(lacking)

    def save(self, folder: Path) -> None:
        """Write `tokenizer.json` into a model folder."""
        content = asdict(self.vocabulary)
        content["tokens"] = [base64.b64encode(piece).decode("ascii") for piece in self.vocabulary.tokens]
        content["unit"] = self.unit
        (folder / TOKENIZER_FILE).write_text(json.dumps(content), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "ForeignTokenizer":
        """The tokenizer of a model folder. Raises ModelDamaged when it is missing, altered or of another unit."""
        try:
            content = json.loads((folder / TOKENIZER_FILE).read_text(encoding="utf-8"))
            if content.pop("unit") != cls.unit:
                raise ValueError("unit")
            content["tokens"] = tuple(base64.b64decode(piece) for piece in content["tokens"])
            for key in ("merged", "single_bytes", "left_parts"):
                content[key] = tuple(content.get(key, ()))
            tokenizer = cls(ForeignVocabulary(**content))
            tokenizer.check()
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelDamaged("model_damaged", name=folder.name, reason=f"{TOKENIZER_FILE}: {error}") from None
        return tokenizer

    def check(self) -> None:
        """Raise ValueError where an id of the vocabulary does not exist."""
        vocabulary = self.vocabulary
        named = [*vocabulary.controls.values(), *vocabulary.literals.values()]
        start = [each for each in (vocabulary.start, vocabulary.unknown) if each is not None]
        for token in (*vocabulary.merged, *vocabulary.left_parts, *vocabulary.single_bytes, *named, *start):
            if not isinstance(token, int) or not 0 <= token < len(vocabulary.tokens):
                raise ValueError(f"token {token}")


def _blocks(text: str) -> list[str]:
    """`text` cut where no pattern can tell: between a letter and the line end or space before it. Short texts whole."""
    if len(text) <= _BLOCK:
        return [text]
    found, start = [], 0
    while len(text) - start > _BLOCK:
        end = start + _BLOCK
        least = start + _BLOCK // 2
        while end > least and not (text[end] == " " and text[end - 1].isalpha() and text[end + 1 : end + 2].isalpha()):
            end -= 1
        if end == least:
            end = start + _BLOCK
        found.append(text[start:end])
        start = end
    return [*found, text[start:]]


def bytes_of_printed(printed: str, byte_of: Mapping[str, int]) -> bytes:
    """The bytes a vocabulary entry stands for; entries that are no printed bytes stand for their own UTF-8."""
    try:
        return bytes(byte_of[letter] for letter in printed)
    except KeyError:
        return printed.encode("utf-8", errors="replace")


def printed_bytes() -> dict[str, int]:
    """GPT-2's way to print bytes (Radford et al. 2019): those that print stand for themselves, the rest, in order, are
    written as U+0100 onwards."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    shifted = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(0x100 + place): byte for place, byte in enumerate(shifted)}
