"""Two models made one: shares fitted on held-out text, and a card that names the parts."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from genchat.engine.contract import LanguageModel
from genchat.engine.distribution import LN2, FloatArray
from genchat.engine.errors import TextUnusable
from genchat.engine.mixture.loading import FAMILY, combine
from genchat.engine.mixture.model import Ids, MixtureModel
from genchat.engine.mixture.shares import Shares, fit
from genchat.engine.model_card import ModelCard, write_model

_BY_LENGTH = Shares((0.5, 0.5))  # before they are fitted: a share for each length is wanted
_CONSTANT = Shares((0.5,))


@dataclass(frozen=True)
class Fitted:
    """A mixture and what it gained: nats a token on the text that the shares were fitted on."""

    model: MixtureModel
    loss: float
    first_loss: float
    second_loss: float
    tokens: int


def mix(
    first: LanguageModel, second: LanguageModel, texts: Iterable[Sequence[int]], name: str, *, by_length: bool = True
) -> Fitted:
    """The mixture whose shares make `texts` (token ids of `first`) likeliest.

    With `by_length`, a share for each length of the match with the training text, if `first` tells it. Raises
    UsageError unless both share one vocabulary, TextUnusable without tokens.
    """
    plain = combine(first, second, _BY_LENGTH if by_length else _CONSTANT, name)
    ours, theirs, lengths = part_scores(plain, texts)
    if not len(ours):
        raise TextUnusable("text_empty", name=name)
    shares = fit(ours, theirs, lengths if by_length else None)
    mixed = shares.log_prob(ours, theirs, lengths)
    return Fitted(combine(first, second, shares, name), _loss(mixed), _loss(ours), _loss(theirs), len(ours))


def part_scores(model: MixtureModel, texts: Iterable[Sequence[int]]) -> tuple[FloatArray, FloatArray, Ids]:
    """`MixtureModel.part_scores` of several texts, each from its beginning, in one row."""
    scores = [model.part_scores(text) for text in texts if len(text)]
    if not scores:
        nothing = np.empty(0, dtype=np.float32)
        return nothing, nothing, np.empty(0, dtype=np.int64)
    ours, theirs, lengths = (np.concatenate([part[index] for part in scores]) for index in range(3))
    return ours, theirs, lengths


def write_mixture(
    folder: Path, fitted: Fitted, parts: Sequence[ModelCard], command: str, held_out_bytes: int = 0
) -> ModelCard:
    """Write the model folder: a card that names `parts` (the cards of the first and second model)."""
    model = fitted.model
    results: dict[str, object] = {
        "held_out_loss": fitted.loss,
        "held_out_loss_of_parts": [fitted.first_loss, fitted.second_loss],
        "held_out_tokens": fitted.tokens,
    }
    if held_out_bytes:
        results["held_out_bits_per_byte"] = fitted.loss / LN2 * fitted.tokens / held_out_bytes
    card = ModelCard(
        name=folder.name,
        family=FAMILY,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        command=command,
        languages=tuple(dict.fromkeys(language for part in parts for language in part.languages)),
        sources=tuple({source["sha256"]: source for part in parts for source in part.sources}.values()),
        settings={
            FAMILY: {
                "parts": [{"name": part.name, "checksum": part.checksum} for part in parts],
                "shares": list(model.shares.by_length),
            }
        },
        results=results,
        versions={"python": sys.version.split()[0]},
        chat=all(part.chat for part in parts),
    )
    return write_model(folder, card, lambda _: None)


def _loss(log_probs: FloatArray) -> float:
    return -float(log_probs.mean(dtype=np.float64))
