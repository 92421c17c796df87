"""How much of a mixture the first model is: one share, or one for each length of its match with the training text.

A share is fitted by expectation-maximisation (Dempster, Laird, Rubin 1977; for language models Jelinek & Mercer 1980):
how much of each held-out token's probability came from the first model, averaged, is the next share. It cannot make
the held-out text less likely, and it needs no learning rate.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genchat.engine.distribution import FloatArray

Counts = NDArray[np.int64]
_SMALLEST = 1e-4  # neither model is ever quite silenced
_ENOUGH = 1e-6  # change of a share below which it stands
_ROUNDS = 500
_PRIOR_TOKENS = 20.0  # a length seldom met leans on the share of all


@dataclass(frozen=True)
class Shares:
    """The first model's share by match length; longer matches than the last take its share."""

    by_length: tuple[float, ...]

    def of(self, match_length: int) -> float:
        """The share at one place."""
        return self.by_length[min(match_length, len(self.by_length) - 1)]

    def log_prob(self, first: FloatArray, second: FloatArray, lengths: Counts) -> FloatArray:
        """float32 [N]: natural log of the mixed probabilities of N tokens at matches of those lengths."""
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
    whole = _fixed_point(ratio, 0.5, 0.0)
    if lengths is None:
        return Shares((whole,))
    found = [_fixed_point(ratio[lengths == length], whole, _PRIOR_TOKENS) for length in range(int(lengths.max()) + 1)]
    return Shares(tuple(found))


def _fixed_point(ratio: NDArray[np.float64], prior: float, prior_tokens: float) -> float:
    """Where the mean share of responsibility, with `prior_tokens` more at `prior`, is the share itself."""
    share = prior
    for _ in range(_ROUNDS):
        responsible = (share / (share + (1.0 - share) * ratio)).sum() + prior_tokens * prior
        new = float(np.clip(responsible / (len(ratio) + prior_tokens), _SMALLEST, 1.0 - _SMALLEST))
        if abs(new - share) < _ENOUGH:
            return new
        share = new
    return share
