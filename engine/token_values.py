"""Tokens and distributions as plain values, for JSON and for tables."""

import math
from collections.abc import Iterator
from typing import Any

from genchat.engine.contract import Step, Tokenizer
from genchat.engine.distribution import LN2, Distribution, NoDistribution
from genchat.engine.language import say
from genchat.engine.language.numbers import decimal
from genchat.engine.text import token_label

_BAR = 20  # cells of the longest bar
_EIGHTHS = " ▏▎▍▌▋▊▉█"


class Labels:
    """Token ids to what is written for them."""

    def __init__(self, tokenizer: Tokenizer | None) -> None:
        self._tokenizer = tokenizer
        self._special = {} if tokenizer is None else {token: name for name, token in tokenizer.special_tokens.items()}

    def __call__(self, token: int | None, text: str = "") -> str:
        """`text` is what to fall back on where the backend shows no tokens."""
        if token is None or self._tokenizer is None:
            return token_label(text.encode("utf-8", "replace"))
        name = self._special.get(token)
        return token_label(b"" if name else self._tokenizer.token_bytes(token), name)


def finite(value: float | None) -> float | None:
    """`value`, or None for infinities and NaN, which JSON cannot hold."""
    return value if value is not None and math.isfinite(value) else None


def candidates(distribution: Distribution, labels: Labels, count: int) -> list[dict[str, Any]]:
    """The likeliest tokens: id, label, rank, natural log-probability."""
    return [
        {"id": row.token, "token": labels(row.token), "rank": row.rank, "logprob": finite(row.log_prob)}
        for row in distribution.top(count)
    ]


def step_values(step: Step, labels: Labels, count: int) -> dict[str, Any]:
    """One token of a reply with the `count` likeliest ones. Entropy in bits; log-probabilities are the model's own."""
    values: dict[str, Any] = {
        "position": step.position,
        "id": step.token,
        "token": labels(step.token, step.text),
        "text": step.text,
        "special": step.special,
        "logprob": finite(step.log_prob),
        "rank": None if step.token is None else step.raw.rank(step.token),
        "entropy": finite(step.raw.entropy),
        "top": candidates(step.raw, labels, count),
    }
    if isinstance(step.raw, NoDistribution):
        values["no_distribution"] = say(step.raw.reason)
    return values


def bar(share: float) -> str:
    """A bar of up to 20 cells for a share of the longest one, 0 to 1, in eighths of a cell."""
    eighths = round(min(max(share, 0.0), 1.0) * _BAR * 8)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def percent(probability: float) -> str:
    """ "41.2", "0.03", "<0.01"; without the sign."""
    value = probability * 100
    if 0 < value < 0.01:
        return "<" + decimal(0.01)
    return decimal(value, 1 if value >= 1 else 2)


def table_rows(distribution: Distribution, labels: Labels, count: int) -> Iterator[tuple[str, ...]]:
    """Rows of a table of next tokens: rank, token, id, per cent, bits, bar."""
    rows = distribution.top(count)
    longest = rows[0].probability if rows else 1.0
    for row in rows:
        bits = decimal(-row.log_prob / LN2)
        share = bar(row.probability / longest)
        yield str(row.rank), labels(row.token), str(row.token), percent(row.probability), bits, share
