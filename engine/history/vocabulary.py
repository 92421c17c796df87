"""What token ids mean, kept beside the traces, so that a trace can be read when its model is gone."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from genchat.engine.contract import Tokenizer
from genchat.engine.history.columns import Unpacker, pack, planes
from genchat.engine.text import token_label

_MOST_TOKENS = 4_000_000


@dataclass(frozen=True)
class StoredVocabulary:
    """The bytes of each token id, and the names of the special ones."""

    pieces: Mapping[int, bytes]
    special_tokens: Mapping[str, int]

    def token_bytes(self, token: int) -> bytes:
        """The bytes of `token`; empty for a special token or one that is not known."""
        return self.pieces.get(token, b"")

    def label(self, token: int) -> str:
        """The label is how the token is written in a table, safe to show."""
        names = (name for name, special in self.special_tokens.items() if special == token)
        return token_label(self.token_bytes(token), next(names, None))


@dataclass(frozen=True)
class VocabularyBlob:
    """A whole vocabulary ready to be stored under its sha256."""

    digest: str
    data: bytes


def encode_vocabulary(tokenizer: Tokenizer) -> VocabularyBlob:
    """The blob takes about 5 bytes per token after compression."""
    pieces = [tokenizer.token_bytes(token) for token in range(tokenizer.vocabulary_size)]
    return encode_pieces(pieces, tokenizer.special_tokens)


def encode_pieces(pieces: Sequence[bytes], special_tokens: Mapping[str, int]) -> VocabularyBlob:
    """The blob of the bytes of the tokens 0, 1, …, and of the names of the special ones."""
    specials = dict(sorted(special_tokens.items()))
    lengths = np.array([len(piece) for piece in pieces], dtype=np.uint32)
    joined = b"".join(pieces)
    digest = hashlib.sha256(repr(specials).encode() + lengths.tobytes() + joined).hexdigest()
    return VocabularyBlob(digest, pack({"tokens": len(pieces), "special": specials}, [planes(lengths, "u4"), joined]))


def decode_vocabulary(data: bytes) -> StoredVocabulary:
    """The function reads a stored vocabulary. Raises ValueError for bytes that are none."""
    source = Unpacker(data)
    count = source.number("tokens", _MOST_TOKENS)
    edges = np.concatenate([[0], np.cumsum(source.column("u4", count), dtype=np.int64)]).tolist()
    joined = source.raw(edges[-1])
    pieces = {token: joined[edges[token] : edges[token + 1]] for token in range(count)}
    return StoredVocabulary(pieces, read_specials(source.header.get("special")))


def read_specials(written: object) -> dict[str, int]:
    """The function reads the names of special tokens as a header holds them. Raises ValueError."""
    if not isinstance(written, dict) or not all(isinstance(token, int) for token in written.values()):
        raise ValueError("special tokens are not a mapping of names to ids")
    return written
