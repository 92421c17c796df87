"""What one model expects at a place of a text that it need not have written itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from genchat.engine.comparing.next_bytes import Bytes, FirstBytes
from genchat.engine.contract import LanguageModel
from genchat.engine.distribution import top_ids
from genchat.engine.token_labels import Labels

CANDIDATES = 24


@dataclass(frozen=True, slots=True)
class Expected:
    """A token that may come next: its id, its name, its probability, and its rank from 1."""

    token: int
    label: str
    probability: float
    rank: int


@dataclass(frozen=True)
class Place:
    """What a model expects at a place: its likeliest tokens, and the first bytes of what comes next, float64 [257]."""

    expected: tuple[Expected, ...]
    next_bytes: Bytes = field(repr=False)


def place(model: LanguageModel, tokens: Sequence[int], first_bytes: FirstBytes) -> Place:
    """What comes after `tokens`, by a model whose vocabulary begins with `first_bytes`."""
    log_probs = model.start(tokens).log_probs()
    labels = Labels(model.tokenizer)
    best = top_ids(log_probs, min(CANDIDATES, len(log_probs)))
    expected = tuple(
        Expected(int(token), labels(int(token)), float(np.exp(log_probs[token])), rank)
        for rank, token in enumerate(best, 1)
    )
    return Place(expected, first_bytes.distribution(log_probs))
