"""A stored trace read back: steps that a screen shows as it showed the live ones (written by `trace_builder`)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from genchat.engine.distribution import LN2, Distribution, NoDistribution, TopKDistribution
from genchat.engine.history.columns import Unpacker
from genchat.engine.history.draw_columns import DrawReader
from genchat.engine.history.records import StoredStep, can_be_said
from genchat.engine.history.trace_builder import BY_HAND, CODEC, CUT_UNNAMED, FIXED, LARGEST_SCALE, SPECIAL, TOKEN_KNOWN
from genchat.engine.history.vocabulary import StoredVocabulary, read_specials
from genchat.engine.sampling import StageName

_MOST = 2_000_000  # tokens one trace may say it has
_STAGES_OF_CODEC_1 = ("repetition", "temperature", "top-k", "top-p", "min-p", "greedy")
_LONGEST_NAME = 64


class StoredTrace(Sequence[StoredStep]):
    """The steps of a stored reply, each unfolded when it is asked for.

    `text` is the message's; the steps' texts joined are its beginning (all of it unless genchat was killed).
    """

    def __init__(self, blob: bytes, codec: int, text: str, vocabulary: StoredVocabulary | None = None) -> None:
        """The bytes are unpacked. Raises ValueError for bytes that are not a trace of this codec."""
        if codec not in (1, 2, CODEC):
            raise ValueError(f"codec {codec}")
        source = Unpacker(blob)
        self._count = count = source.number("n", _MOST)
        width = source.number("k", 255)
        header = source.header
        scale = header.get("scale")
        if not isinstance(scale, int | float) or not 0 < scale <= LARGEST_SCALE:
            raise ValueError(f"scale is {scale!r}")
        self._scale = float(scale)
        self._vocabulary_size = source.number("vocabulary", 2**31) or None
        self._reason_names = _reasons(header)
        self._stages = _STAGES_OF_CODEC_1 if codec == 1 else _stages(header)
        id_type = header.get("ids")
        if id_type not in ("u1", "u2", "u4"):
            raise ValueError("ids of an unknown width")
        self._edges = np.concatenate([[0], np.cumsum(source.column("u4", count), dtype=np.int64)])
        self._flags = source.column("u1", count)
        self._tokens = source.column(id_type, count)
        own = "f4" if codec == CODEC else "f2"
        self._log_probs = np.minimum(source.column(own, count).astype(np.float32), 0)
        self._entropies = source.column(own, count).astype(np.float32)
        self._ranks = source.column("u4", count)
        self._drawn_ranks = None if codec == 1 else source.column("u4", count)
        self._kept = source.column("u4", count)
        self._raw_reasons = source.column("u1", count)
        self._drawn_reasons = source.column("u1", count)
        self._counts = source.column("u1", count)
        self._offsets = source.column("i4", count)
        self._ids = source.column(id_type, width, count).T.astype(np.int64)
        self._beyond = source.column("u4", width, count).T.astype(np.int64) if codec == CODEC else None
        raw = source.column("f2", width, count).T.astype(np.float32)
        self._raw = np.where(np.isnan(raw), np.float32(-np.inf), np.minimum(raw, 0))
        self._residuals = source.column("f2", width, count).T.astype(np.float32)
        self._cut = source.column("u1", width, count).T
        self._draws = DrawReader(source, count) if codec == CODEC else None
        reasons = max(int(self._raw_reasons.max(initial=0)), int(self._drawn_reasons.max(initial=0)))
        if reasons >= max(len(self._reason_names), 1) or int(self._counts.max(initial=0)) > width:
            raise ValueError("columns do not fit together")
        self._text = text
        self.vocabulary = _pieces(header) if "pieces" in header else vocabulary

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> StoredStep: ...

    @overload
    def __getitem__(self, index: slice) -> list[StoredStep]: ...

    def __getitem__(self, index: int | slice) -> StoredStep | list[StoredStep]:
        if isinstance(index, slice):
            return [self._step(number) for number in range(*index.indices(self._count))]
        number = index + self._count if index < 0 else index
        if not 0 <= number < self._count:
            raise IndexError(index)
        return self._step(number)

    def __iter__(self) -> Iterator[StoredStep]:
        return (self._step(number) for number in range(self._count))

    @property
    def log_probs(self) -> NDArray[np.float32]:
        """The array is float32 [steps]: the model's own log-probability of each drawn token; NaN where unknown."""
        return self._log_probs

    @property
    def entropies(self) -> NDArray[np.float32]:
        """The array is float32 [steps], in bits; NaN where it is not known."""
        return self._entropies

    @property
    def tokens(self) -> tuple[int | None, ...]:
        """These are the ids of the drawn tokens; None where an id is not known."""
        known = (self._flags & TOKEN_KNOWN).astype(bool).tolist()
        return tuple(token if there else None for token, there in zip(self._tokens.tolist(), known, strict=True))

    def step_at(self, offset: int) -> int | None:
        """The index of the step that wrote the character at `offset` of the message's text; None if none did."""
        if not 0 <= offset < int(self._edges[-1]):
            return None
        return int(np.searchsorted(self._edges, offset, side="right")) - 1

    def _step(self, index: int) -> StoredStep:
        start, end = int(self._edges[index]), int(self._edges[index + 1])
        flags, rank, kept = int(self._flags[index]), int(self._ranks[index]), int(self._kept[index])
        token = int(self._tokens[index]) if flags & TOKEN_KNOWN else None
        size = int(self._counts[index])
        ids, raw_values = self._ids[index, :size], self._raw[index, :size]
        ranks = np.arange(1, size + 1, dtype=np.int64)
        if self._beyond is not None:
            ranks += self._beyond[index, :size]
        elif size and ids[-1] == token and rank > size:
            ranks[-1] = rank
        entropy = _or_none(self._entropies[index])
        codes = self._cut[index, :size]
        raw: Distribution
        drawn: Distribution
        if self._raw_reasons[index]:
            raw = NoDistribution(self._reason_names[self._raw_reasons[index]])
        else:
            raw = TopKDistribution(ids, raw_values, ranks, entropy, self._vocabulary_size)
        if self._drawn_reasons[index]:
            drawn = NoDistribution(self._reason_names[self._drawn_reasons[index]])
        else:
            drawn = self._drawn_from(index, token, ids, raw_values, ranks, codes)
        draws = self._draws
        return StoredStep(
            position=index,
            token=token,
            text=self._text[start:end],
            log_prob=_or_none(self._log_probs[index]),
            raw=raw,
            drawn_from=drawn,
            special=bool(flags & SPECIAL),
            start=start,
            rank=rank or None,
            kept=kept or None,
            cut=self._cutters(ids, codes),
            stages=() if draws is None else draws.stages(index),
            uniform=None if draws is None else draws.uniform(index),
            span=None if draws is None else draws.span(index),
            by_hand=bool(flags & BY_HAND),
        )

    def _drawn_from(
        self,
        index: int,
        token: int | None,
        ids: NDArray[Any],
        raw: NDArray[Any],
        ranks: NDArray[Any],
        codes: NDArray[Any],
    ) -> TopKDistribution:
        with np.errstate(invalid="ignore"):
            values = raw * np.float32(self._scale) + np.float32(self._offsets[index] / FIXED)
            values = np.minimum(values + self._residuals[index, : len(ids)], np.float32(0))
        values = np.where(codes > 0, np.float32(-np.inf), values)
        known = ~np.isnan(values)
        ids, values, ranks = ids[known], values[known], ranks[known]
        order = np.argsort(-values, kind="stable")
        reordered = bool((order != np.arange(len(order))).any())
        alive = values > -np.inf
        entropy = None
        if self._draws is not None:
            entropy = self._draws.entropy(index)
        elif int(self._kept[index]) == int(alive.sum()):
            probabilities = np.exp(values[alive].astype(np.float64))
            entropy = float(-(probabilities * values[alive]).sum() / LN2)
        ids, values = ids[order], values[order]
        if self._drawn_ranks is None:
            ranks = np.sort(ranks) if reordered else ranks
        else:
            ranks = np.arange(1, len(ids) + 1, dtype=np.int64)
            for position in np.flatnonzero(
                ids == token
            ).tolist():  # what is kept of the others stands before it or behind
                ranks[position:] += max(int(self._drawn_ranks[index]) - (position + 1), 0)
        return TopKDistribution(ids, values, ranks, entropy, self._vocabulary_size)

    def _cutters(self, ids: NDArray[Any], codes: NDArray[Any]) -> Mapping[int, StageName]:
        pairs = zip(ids.tolist(), codes.tolist(), strict=True)
        return {token: self._stages[code - 1] for token, code in pairs if 0 < code <= len(self._stages)}


def _or_none(value: np.float32) -> float | None:
    return float(value) if np.isfinite(value) else None


def _reasons(header: dict[str, Any]) -> list[str]:
    names = header.get("reasons")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("reasons are not names")
    return ["", *(name if can_be_said(name) else "history.not_recorded" for name in names[1:])]


def _stages(header: dict[str, Any]) -> tuple[StageName, ...]:
    """The stages by name, also those that only a later version knows."""
    names = header.get("stages")
    if not isinstance(names, list) or len(names) >= CUT_UNNAMED:
        raise ValueError("stages are not names")
    if not all(isinstance(name, str) and 0 < len(name) <= _LONGEST_NAME for name in names):
        raise ValueError("stages are not names")
    return tuple(names)


def _pieces(header: dict[str, Any]) -> StoredVocabulary:
    written = header["pieces"]
    if not isinstance(written, dict):
        raise ValueError("pieces are not a mapping")
    pieces = {int(token): str(piece).encode("latin-1") for token, piece in written.items()}
    return StoredVocabulary(pieces, read_specials(header.get("special")))
