"""SentencePiece vocabularies of the BPE kind (Kudo & Richardson 2018), as Llama, TinyLlama and Mistral have them.

A space is a letter of its own, most texts get one put before them, and there is no cutting into words first: the two
neighbours whose merge ranks best become one, over and over, anywhere in the text. What no token stands for is
written in bytes. No token holds a space after another letter (checked), so words can still be merged one at a time.
"""

import heapq
import re
from collections.abc import Sequence
from functools import cached_property, lru_cache

from genchat.engine.tokenizers.foreign import ForeignTokenizer, ForeignVocabulary

SPACE = "▁"  # how these vocabularies write a space
_WORD = re.compile(r" *[^ ]+| +")
_SPACE_INSIDE = re.compile(rb"[^ ] ")
_KEPT = 1 << 16  # words whose tokens are remembered


class SentencePieceTokenizer(ForeignTokenizer):
    """See engine.contract.Tokenizer."""

    unit = "sentencepiece"

    def __init__(self, vocabulary: ForeignVocabulary) -> None:
        super().__init__(vocabulary)
        self._merge = lru_cache(maxsize=_KEPT)(self._merge_word)

    @cached_property
    def _ids(self) -> dict[str, int]:
        """Text -> id. Bytes, control tokens and whole words such as "<think>" are no text to be merged into."""
        apart = {
            *self.vocabulary.single_bytes,
            *self.vocabulary.controls.values(),
            *self.vocabulary.literals.values(),
        }
        return {
            piece.decode("utf-8", errors="replace"): token
            for token, piece in enumerate(self.vocabulary.tokens)
            if piece and token not in apart
        }

    @cached_property
    def _ranks(self) -> dict[tuple[str, str], int]:
        """(left, right) -> place among the merges; the first is made first."""
        text = [piece.decode("utf-8", errors="replace") for piece in self.vocabulary.tokens]
        ranks: dict[tuple[str, str], int] = {}
        merges = zip(self.vocabulary.left_parts, self.vocabulary.merged, strict=True)
        for rank, (left, whole) in enumerate(merges):
            ranks.setdefault((text[left], text[whole][len(text[left]) :]), rank)
        return ranks

    def _encode_plain(self, text: str, first: bool) -> list[int]:
        written = text.replace(SPACE, " ")
        prefix = self.vocabulary.prefix
        spaced = prefix == "always" or (not written.startswith(" ") and (prefix == "unspaced" or (prefix and first)))
        if written and spaced:
            written = " " + written
        return [token for word in _WORD.findall(written) for token in self._merge(word)]

    def decode(self, tokens: Sequence[int]) -> str:
        text = super().decode(tokens)
        return text[1:] if self.vocabulary.prefix and text.startswith(" ") else text

    def _merge_word(self, word: str) -> tuple[int, ...]:
        """Neighbours are kept as a linked list; a heap holds the pairs that make a token, best first, then leftmost."""
        pieces = list(word)
        before, after = list(range(-1, len(word) - 1)), [*range(1, len(word)), -1]
        waiting: list[tuple[int, int, str, str]] = []

        def offer(left: int, right: int) -> None:
            rank = self._ranks.get((pieces[left], pieces[right])) if left >= 0 and right >= 0 else None
            if rank is not None:
                heapq.heappush(waiting, (rank, left, pieces[left], pieces[right]))

        for place in range(len(word) - 1):
            offer(place, place + 1)
        while waiting:
            _, left, first, second = heapq.heappop(waiting)
            right = after[left]
            # Either neighbour may have become part of another token since the pair was offered.
            if right < 0 or pieces[left] != first or pieces[right] != second:
                continue
            pieces[left], pieces[right] = first + second, ""
            after[left] = after[right]
            if after[left] >= 0:
                before[after[left]] = left
            offer(before[left], left)
            offer(left, after[left])
        return tuple(token for piece in pieces if piece for token in self._tokens_of(piece))

    def _tokens_of(self, piece: str) -> Sequence[int]:
        token = self._ids.get(piece)
        if token is not None:
            return (token,)
        return [self.vocabulary.single_bytes[byte] for byte in piece.encode("utf-8", errors="replace")]

    def check(self) -> None:
        """Raise ValueError also where merging word by word would not be exact."""
        super().check()
        if len(self.vocabulary.single_bytes) != 256:
            raise ValueError(f"{len(self.vocabulary.single_bytes)} bytes")
        for token in self.vocabulary.merged:
            if _SPACE_INSIDE.search(self.vocabulary.tokens[token]):
                raise ValueError(f"token {token}")

    def unknown_in(self, text: str) -> list[str]:
        """Nothing: bytes write everything."""
        return []


def tokenizer_of(vocabulary: ForeignVocabulary) -> ForeignTokenizer:
    """The tokenizer that a vocabulary is meant for."""
    return SentencePieceTokenizer(vocabulary) if vocabulary.single_bytes else ForeignTokenizer(vocabulary)
