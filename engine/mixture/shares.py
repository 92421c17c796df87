"""How much of a mixture the first model is: one share, or one for each length of its match with the training text.

A share is fitted to held-out text (Jelinek & Mercer 1980): it stands where it equals the mean responsibility, which is
how much of each held-out token's probability came from the first model (Dempster, Laird, Rubin 1977).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genchat.engine.distribution import FloatArray

Counts = NDArray[np.int64]
_SMALLEST = 1e-4  # neither model is ever quite silenced
_HALVINGS = 40
_PRIOR_TOKENS = 20.0  # a length seldom met leans on the share of all


@dataclass(frozen=True)
class Shares:
    """The first model's share by match length; longer matches than the last take its share."""

    by_length: tuple[float, ...]

    def of(self, match_length: int) -> float:
        """The result is the share at a match of that length."""
        return self.by_length[min(match_length, len(self.by_length) - 1)]

    def log_prob(self, first: FloatArray, second: FloatArray, lengths: Counts) -> FloatArray:
        """The array is float32 [N]: natural log of the mixed probabilities of N tokens at matches of those lengths."""
        shares = np.asarray(self.by_length)[np.minimum(lengths, len(self.by_length) - 1)]
        return np.asarray(np.logaddexp(np.log(shares) + first, np.log1p(-shares) + second), dtype=np.float32)


def fit(first: FloatArray, second: FloatArray, lengths: Counts | None = None) -> Shares:
    """The shares that make N held-out tokens likeliest. first, second: natural log-probabilities, float32 [N].

    lengths: match lengths [N], for a share each; None fits one share. Raises ValueError without tokens.
    """
    if not len(first) or first.shape != second.shape:
        raise ValueError("two equally long rows of log-probabilities are needed")
    # Only the ratio of the two matters, and it may be taken before the numbers become too small.
    with np.errstate(over="ignore", invalid="ignore"):
        ratio = np.exp(np.nan_to_num(second.astype(np.float64) - first, nan=0.0, posinf=700.0, neginf=-700.0))
    whole = _likeliest(ratio, 0.5, 0.0)
    if lengths is None:
        return Shares((whole,))
    fitted = [_likeliest(ratio[lengths == length], whole, _PRIOR_TOKENS) for length in range(int(lengths.max()) + 1)]
    return Shares(tuple(fitted))


def _likeliest(ratio: NDArray[np.float64], prior: float, prior_tokens: float) -> float:
    """The share at which the mean of the responsibilities, with `prior_tokens` more at `prior`, is the share itself.

    That is where the derivative of a concave likelihood is 0. Expectation-maximisation goes there step by step, ever
    more slowly the more alike the two models are; bisection takes equally many steps for all.
    """
    low, high = _SMALLEST, 1.0 - _SMALLEST
    for _ in range(_HALVINGS):
        share = (low + high) / 2
        responsible = (share / (share + (1.0 - share) * ratio)).sum() + prior_tokens * prior
        if responsible > share * (len(ratio) + prior_tokens):
            low = share
        else:
            high = share
    return (low + high) / 2
