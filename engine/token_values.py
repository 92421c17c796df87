"""Tokens and distributions as plain values, for JSON and for tables."""

import math
from collections.abc import Iterator
from typing import Any

from genchat.engine.contract import Step
from genchat.engine.distribution import LN2, Distribution, NoDistribution
from genchat.engine.language import words_of
from genchat.engine.language.numbers import decimal, percent
from genchat.engine.token_labels import Labels

_BAR = 20  # cells of the longest bar
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def finite(value: float | None) -> float | None:
    """`value`, or None for infinities and NaN, which JSON cannot hold."""
    return value if value is not None and math.isfinite(value) else None


def candidates(distribution: Distribution, labels: Labels, count: int) -> list[dict[str, Any]]:
    """These are the likeliest tokens: id, label, rank, natural log-probability."""
    return [
        {"id": row.token, "token": labels(row.token), "rank": row.rank, "logprob": finite(row.log_prob)}
        for row in distribution.top(count)
    ]


def step_values(step: Step, labels: Labels, count: int) -> dict[str, Any]:
    """One token of a reply with the `count` likeliest ones, and what sampling made of them.

    Entropy in bits; log-probabilities are the model's own, but for "drawn_logprob" (null for what a stage removed).
    """
    values: dict[str, Any] = {
        "position": step.position,
        "id": step.token,
        "token": labels.of(step),
        "text": step.text,
        "special": step.special,
        "logprob": finite(step.log_prob),
        "rank": None if step.token is None else step.raw.rank(step.token),
        "entropy": finite(step.raw.entropy),
        "top": candidates(step.raw, labels, count),
    }
    draw = step.draw
    if draw is not None:
        for row in values["top"]:
            row["drawn_logprob"] = finite(step.drawn_from.log_prob(row["id"]))
            row["cut_by"] = draw.cut_by(row["id"])
        values["stages"] = [
            {"name": stage.name, "setting": stage.setting, "kept": stage.kept, "kept_mass": stage.kept_mass}
            for stage in draw.stages
        ]
        values["uniform"] = draw.uniform
    if isinstance(step.raw, NoDistribution):
        values["no_distribution"] = words_of(step.raw.reason)
    return values


def bar(share: float) -> str:
    """A bar of up to 20 cells for a share of the longest one, 0 to 1, in eighths of a cell."""
    eighths = round(min(max(share, 0.0), 1.0) * _BAR * 8)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def table_rows(distribution: Distribution, labels: Labels, count: int) -> Iterator[tuple[str, ...]]:
    """Rows of a table of next tokens: rank, token, id, per cent, bits, bar."""
    rows = distribution.top(count)
    longest = rows[0].probability if rows else 1.0
    for row in rows:
        bits = decimal(-row.log_prob / LN2)
        share = bar(row.probability / longest)
        yield str(row.rank), labels(row.token), str(row.token), percent(row.probability), bits, share
