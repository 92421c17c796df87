"""A mixture of two models with one vocabulary as a LanguageModel of its own."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from genchat.engine.contract import Cursor, LanguageModel, ModelInfo, Tokenizer
from genchat.engine.decoding import score
from genchat.engine.distribution import FloatArray
from genchat.engine.errors import UsageError
from genchat.engine.evidence import Evidence, GptEvidence, MixtureEvidence
from genchat.engine.inside import InsideMixture, InsidePart, LooksInside
from genchat.engine.mixture.shares import Shares

Ids = NDArray[np.int64]


@runtime_checkable
class Matching(Protocol):
    """The cursor of a counting model can tell this besides."""

    def match_length(self) -> int:
        """The length is how many of the last tokens stand together in the training text, as far as the model looks."""
        ...


def shared_ids(tokenizer: Tokenizer, other: Tokenizer) -> Ids:
    """The array is int64 [V]: for each id of `tokenizer` the id of the same token in `other`.

    Tokens are the same if they are special tokens of one name, or stand for the same bytes (of several that do, the
    first is the first's). Raises UsageError unless both vocabularies hold the same tokens.
    """
    id_of_key = {key: token for token, key in enumerate(_keys(other))}
    ids = [id_of_key.get(key) for key in _keys(tokenizer)]
    if len(id_of_key) != len(ids) or None in ids:
        raise UsageError("vocabularies_differ", first=tokenizer.name, second=other.name)
    return np.array(ids, dtype=np.int64)


def _keys(tokenizer: Tokenizer) -> list[tuple[object, int]]:
    names = {token: name for name, token in tokenizer.special_tokens.items()}
    seen: dict[object, int] = {}
    keys = []
    for token in range(tokenizer.vocabulary_size):
        what: object = names.get(token) or tokenizer.token_bytes(token)
        seen[what] = seen.get(what, -1) + 1
        keys.append((what, seen[what]))
    return keys


class MixtureModel:
    """See engine.contract.LanguageModel and BatchScorer. Its tokens are those of `first`."""

    def __init__(self, first: LanguageModel, second: LanguageModel, shares: Shares, info: ModelInfo) -> None:
        self.first, self.second, self.shares = first, second, shares
        self.info = info
        self.tokenizer = first.tokenizer
        self.ids_of_second = shared_ids(first.tokenizer, second.tokenizer)
        self.by_length = len(shares.by_length) > 1
        names = (first.info.name, second.info.name)
        self.names = names if names[0] != names[1] else (f"{names[0]} 1", f"{names[1]} 2")

    def in_second(self, tokens: Sequence[int]) -> list[int]:
        """The same tokens by the second model's ids. Raises UsageError for an id that does not exist."""
        last = len(self.ids_of_second) - 1
        for token in tokens:
            if not 0 <= token <= last:
                raise UsageError("token_outside_vocabulary", token=token, last=last)
        translated: list[int] = self.ids_of_second[np.asarray(tokens, dtype=np.int64)].tolist()
        return translated

    def relabelled(self, evidence: Evidence) -> Evidence:
        """Evidence of the second model, its tokens by the ids of the mixture."""
        if not isinstance(evidence, GptEvidence):
            return evidence
        back = np.argsort(self.ids_of_second).tolist()
        lens = [replace(row, top=tuple((back[token], chance) for token, chance in row.top)) for row in evidence.lens]
        return replace(evidence, tokens=tuple(back[token] for token in evidence.tokens), lens=tuple(lens))

    def start(self, tokens: Sequence[int]) -> "MixtureCursor":
        return MixtureCursor(self, self.first.start(tokens), self.second.start(self.in_second(tokens)))

    def look_inside(self, tokens: Sequence[int], chosen: int | None = None, first: int = 0) -> InsideMixture:
        """See engine.inside.LooksInside. Each part shows its own vocabulary."""
        started = time.perf_counter()
        weights = self.start(tokens).weights()
        parts = []
        for name, model in zip(self.names, (self.first, self.second), strict=True):
            own = list(tokens) if model is self.first else self.in_second(tokens)
            wanted = chosen if chosen is None or model is self.first else self.in_second((chosen,))[0]
            data = model.look_inside(own, wanted, first) if isinstance(model, LooksInside) else None
            parts.append(InsidePart(name, weights[name], model.tokenizer, data))
        return InsideMixture(tuple(parts), seconds=time.perf_counter() - started)

    def score_tokens(self, tokens: Sequence[int]) -> FloatArray:
        return self.shares.log_prob(*self.part_scores(tokens))

    def part_scores(self, tokens: Sequence[int]) -> tuple[FloatArray, FloatArray, Ids]:
        """The result is what each part gives to each token, natural logs, and the match length there."""
        second = score(self.second, self.in_second(tokens))
        lengths = match_lengths(self.first, tokens) if self.by_length else np.zeros(len(tokens), dtype=np.int64)
        return score(self.first, tokens), second, lengths


def match_lengths(model: LanguageModel, tokens: Sequence[int]) -> Ids:
    """The array is int64 [len(tokens)]: the match length before each token. Zeros for a model that does not tell."""
    cursor = model.start([])
    lengths = np.zeros(len(tokens), dtype=np.int64)
    if isinstance(cursor, Matching):
        for index, token in enumerate(tokens):
            lengths[index] = cursor.match_length()
            cursor.advance(token)
    return lengths


class MixtureCursor:
    """See engine.contract.Cursor."""

    def __init__(self, model: MixtureModel, first: Cursor, second: Cursor) -> None:
        self._model = model
        self._first, self._second = first, second
        self._log_probs: FloatArray | None = None

    def _share(self) -> float:
        matching = self._model.by_length and isinstance(self._first, Matching)
        return self._model.shares.of(self._first.match_length() if matching else 0)  # type: ignore[attr-defined]

    def weights(self) -> dict[str, float]:
        """The weight of each part here, by its name."""
        share = self._share()
        first, second = self._model.names
        return {first: share, second: 1.0 - share}

    def log_probs(self) -> FloatArray:
        if self._log_probs is None:
            share = self._share()
            first = self._first.log_probs() + np.float32(np.log(share))
            second = self._second.log_probs()[self._model.ids_of_second] + np.float32(np.log1p(-share))
            self._log_probs = np.logaddexp(first, second)
        return self._log_probs

    def advance(self, token: int) -> None:
        (theirs,) = self._model.in_second((token,))
        self._first.advance(token)
        self._second.advance(theirs)
        self._log_probs = None

    def fork(self) -> "MixtureCursor":
        twin = MixtureCursor(self._model, self._first.fork(), self._second.fork())
        twin._log_probs = self._log_probs
        return twin

    @property
    def held_bytes(self) -> int:
        """See engine.forking.KnowsItsSize: both parts, and what they believe together."""
        size = 4 * self._model.info.vocabulary_size
        return size + sum(int(getattr(part, "held_bytes", size)) for part in (self._first, self._second))

    def evidence(self) -> MixtureEvidence:
        """The weight of each part here, and each part's own evidence."""
        first, second = self._model.names
        return MixtureEvidence(
            weights=self.weights(),
            parts={first: self._first.evidence(), second: self._model.relabelled(self._second.evidence())},
        )
