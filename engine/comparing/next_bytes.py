"""Next-token distributions brought to one axis: the first byte of what comes next.

Vocabularies cut text differently, so their tokens cannot be compared one by one. But every token begins with a byte, so
summing a distribution over the tokens that begin with each byte loses nothing that another vocabulary could not say
too. For plain letters the byte is the character. All role and end markers, and tokens without bytes, are one entry:
the text ends here.

Divergences are in bits: Kullback and Leibler 1951; Jensen and Shannon's as in Lin 1991.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genchat.engine.contract import Tokenizer
from genchat.engine.distribution import FloatArray

ENDS = 256  # the entry of the axis that stands for the end of the text
SIZE = 257
_FLOOR = 1e-9  # of every entry, so that a divergence from what a model holds impossible stays finite: 30 bits at most

Bytes = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FirstBytes:
    """The first byte of every token of one vocabulary: int64 [vocabulary], ENDS for markers."""

    of_token: NDArray[np.int64]

    @classmethod
    def of(cls, tokenizer: Tokenizer, size: int) -> "FirstBytes":
        """Look at every token of a vocabulary of `size`."""
        markers = frozenset(tokenizer.special_tokens.values())
        first = np.full(size, ENDS, dtype=np.int64)
        for token in range(size):
            written = b"" if token in markers else tokenizer.token_bytes(token)
            if written:
                first[token] = written[0]
        return cls(first)

    def distribution(self, log_probs: FloatArray) -> Bytes:
        """The probabilities float64 [SIZE] of what comes next, from natural log-probabilities float32 [vocabulary]."""
        summed = np.bincount(self.of_token, np.exp(log_probs.astype(np.float64)), SIZE)
        whole: Bytes = summed / summed.sum()
        return whole


def kl_divergence(p: Bytes, q: Bytes) -> float:
    """How many bits more it costs to expect `q` where `p` holds; 0 where they are equal, never below."""
    expected, other = _floored(p), _floored(q)
    return max(float(np.sum(expected * np.log2(expected / other))), 0.0)


def js_divergence(p: Bytes, q: Bytes) -> float:
    """The Jensen-Shannon divergence in bits, from 0 to 1; it does not matter which of the two comes first."""
    middle = (p + q) / 2
    total = 0.0
    for each in (p, q):
        there = each > 0
        total += float(np.sum(each[there] * np.log2(each[there] / middle[there]))) / 2
    return min(max(total, 0.0), 1.0)


def _floored(probabilities: Bytes) -> Bytes:
    raised = probabilities + _FLOOR
    whole: Bytes = raised / raised.sum()
    return whole
