"""The price of a text in bits, byte by byte, so that models that cut it differently can be laid on one another."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from genchat.engine.contract import LanguageModel
from genchat.engine.decoding import score
from genchat.engine.errors import UsageError

_LN2 = math.log(2)


@dataclass(frozen=True)
class Price:
    """What a text cost a model: its tokens, their ends in bytes of the text, and the bits of each.

    ends: int64 [tokens], rising; bits: float64 [tokens].
    """

    tokens: tuple[int, ...]
    ends: NDArray[np.int64] = field(repr=False)
    bits: NDArray[np.float64] = field(repr=False)

    @property
    def bits_per_byte(self) -> float:
        """Bits of the whole text for each of its bytes; NaN for an empty one."""
        return float(self.bits.sum() / self.ends[-1]) if len(self.ends) else math.nan

    def between(self, start: int, end: int) -> float:
        """The bits of the bytes from `start` to `end`; the bits of a token are spread evenly over its bytes."""
        edges = np.concatenate([[0], self.ends])
        cumulated = np.concatenate([[0.0], np.cumsum(self.bits)])
        low, high = np.interp([start, end], edges, cumulated)
        return float(high - low)


def price(model: LanguageModel, text: str, context: Sequence[int] = ()) -> Price:
    """Price `text` after the tokens of `context`. Raises UsageError where the vocabulary cannot write the text."""
    tokens = tuple(model.tokenizer.encode(text))
    written = [model.tokenizer.token_bytes(token) for token in tokens]
    if b"".join(written) != text.encode():
        raise UsageError("opinion_unspelled", name=model.info.name)
    ends = np.cumsum([len(piece) for piece in written], dtype=np.int64)
    return Price(tokens, ends, -score(model, tokens, context).astype(np.float64) / _LN2)
