"""The trace of a reply: for each token the likeliest candidates, the drawn one, and what sampling made of them.

One compressed blob a message, column by column, about 45 bytes a token for ten candidates. Stored are the model's own
log-probabilities (float16). What the draw was made from follows from them: log p' = log p / T + a constant of the
step; only what differs from that (a repetition penalty) is stored beside it, and which stage cut what.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.contract import Step, Tokenizer
from engine.distribution import LN2, Distribution, ExactDistribution, NoDistribution, TopKDistribution, top_ids
from engine.history.columns import Unpacker, pack, planes
from engine.history.records import StoredStep, can_be_said
from engine.history.vocabulary import StoredVocabulary, read_specials
from engine.sampling import Draw, StageName

CODEC = 1
CANDIDATES = 10
CANDIDATES_SMALL = 32  # where the vocabulary is at most SMALL_VOCABULARY: nearly all the mass of a character model
SMALL_VOCABULARY = 300
_STAGES: tuple[StageName, ...] = ("repetition", "temperature", "top-k", "top-p", "min-p", "greedy")
_CUT_UNNAMED = 255  # cut, by a stage the backend did not name
_TOKEN_KNOWN, _SPECIAL = 1, 2
_FIXED = 2048.0  # steps of the constant of a step: 1/2048 nat
_MOST = 2_000_000  # tokens one trace may say it has
_REDACTED = NoDistribution("history.redacted")


class TraceBuilder:
    """Collects the steps of one reply, each condensed as it comes. `temperature` is that of the run.

    With a tokenizer, the bytes of the tokens seen are kept in the trace itself (for vocabularies known only in part).
    """

    def __init__(self, temperature: float, tokenizer: Tokenizer | None = None) -> None:
        self._scale = 1 / temperature if temperature > 0 else 1.0
        self._tokenizer = tokenizer
        self._tokens: list[int | None] = []
        self._special: list[bool] = []
        self._own: list[tuple[float, float, int]] = []  # log-probability, entropy, rank
        self._kept: list[int] = []
        self._reasons: list[tuple[str, str]] = []
        self._rows: list[_Row] = []
        self._pieces: dict[int, bytes] = {}
        self._vocabulary_size = 0

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, step: Step) -> None:
        """Take one step. Costs a partial sort of the vocabulary."""
        row = _condense(step)
        rank = None if step.token is None else step.raw.rank(step.token)
        entropy = step.raw.entropy
        self._tokens.append(step.token)
        self._special.append(step.special)
        self._own.append(
            (np.nan if step.log_prob is None else step.log_prob, np.nan if entropy is None else entropy, rank or 0)
        )
        self._kept.append(step.draw.kept if step.draw is not None else 0)
        self._reasons.append((_reason(step.raw), _reason(step.drawn_from)))
        self._vocabulary_size = max(self._vocabulary_size, step.raw.vocabulary_size or 0)
        if self._tokenizer is not None:
            for token in row.ids.tolist():
                self._pieces[token] = self._tokenizer.token_bytes(token)
        self._rows.append(row)

    def encode(self, lengths: Sequence[int], hidden: frozenset[int] = frozenset()) -> bytes:
        """The blob of the first len(lengths) steps. `lengths` are those of their texts, in characters.

        Of the steps in `hidden` nothing but the length is kept.
        """
        count = len(lengths)
        rows = [_NO_ROW if index in hidden else row for index, row in enumerate(self._rows[:count])]
        own = [(np.nan, np.nan, 0) if index in hidden else mine for index, mine in enumerate(self._own[:count])]
        tokens = [None if index in hidden else token for index, token in enumerate(self._tokens[:count])]
        kept = [0 if index in hidden else number for index, number in enumerate(self._kept[:count])]
        reasons = [
            (_REDACTED.reason, _REDACTED.reason) if index in hidden else pair
            for index, pair in enumerate(self._reasons[:count])
        ]
        names = ["", *sorted({name for pair in reasons for name in pair if name})]
        width = max((len(row.ids) for row in rows), default=0)
        matrices = _Matrices(count, width)
        for index, row in enumerate(rows):
            matrices.put(index, row)
        offsets, residuals = matrices.explain_draw(self._scale)
        largest = max([int(matrices.ids.max(initial=0)), *(token for token in tokens if token is not None)], default=0)
        id_type = "u1" if largest < 2**8 else "u2" if largest < 2**16 else "u4"
        header = {
            "n": count,
            "k": width,
            "ids": id_type,
            "scale": self._scale,
            "reasons": names,
            "vocabulary": self._vocabulary_size,
        }
        if self._tokenizer is not None:
            seen = {token for row in rows for token in row.ids.tolist()}
            header["pieces"] = {str(token): self._pieces[token].decode("latin-1") for token in sorted(seen)}
            header["special"] = {name: token for name, token in self._tokenizer.special_tokens.items() if token in seen}
        flags = [
            (_TOKEN_KNOWN if token is not None else 0) | (_SPECIAL if special else 0)
            for token, special in zip(tokens, self._special[:count], strict=True)
        ]
        return pack(
            header,
            [
                planes(np.array(lengths), "u4"),
                planes(np.array(flags), "u1"),
                planes(np.array([token or 0 for token in tokens]), id_type),
                planes(np.array([log_prob for log_prob, _, _ in own]), "f2"),
                planes(np.array([entropy for _, entropy, _ in own]), "f2"),
                planes(np.array([rank for _, _, rank in own]), "u4"),
                planes(np.array(kept), "u4"),
                planes(np.array([names.index(raw) for raw, _ in reasons]), "u1"),
                planes(np.array([names.index(drawn) for _, drawn in reasons]), "u1"),
                planes(matrices.counts, "u1"),
                planes(offsets, "i4"),
                planes(matrices.ids.T, id_type),
                planes(matrices.raw.T, "f2"),
                planes(residuals.T, "f2"),
                planes(matrices.cut.T, "u1"),
            ],
        )


class _Row:
    """The candidates of one step, likeliest first, the drawn token last if it is not among them."""

    __slots__ = ("cut", "drawn", "ids", "raw")

    def __init__(self, ids: NDArray[Any], raw: NDArray[Any], drawn: NDArray[Any], cut: NDArray[Any]) -> None:
        self.ids, self.raw, self.drawn, self.cut = ids, raw, drawn, cut


_NOTHING: NDArray[Any] = np.empty(0, dtype=np.float32)
_NO_ROW = _Row(_NOTHING.astype(np.int64), _NOTHING, _NOTHING, _NOTHING.astype(np.uint8))


class _Matrices:
    """[steps, candidates] of everything, padded."""

    def __init__(self, count: int, width: int) -> None:
        self.counts = np.zeros(count, dtype=np.int64)
        self.ids = np.zeros((count, width), dtype=np.int64)
        self.raw = np.zeros((count, width), dtype=np.float16)
        self.drawn = np.full((count, width), np.nan, dtype=np.float32)
        self.cut = np.zeros((count, width), dtype=np.uint8)

    def put(self, index: int, row: _Row) -> None:
        size = len(row.ids)
        self.counts[index] = size
        self.ids[index, :size] = row.ids
        self.raw[index, :size] = row.raw
        self.drawn[index, :size] = row.drawn
        self.cut[index, :size] = row.cut

    def explain_draw(self, scale: float) -> tuple[NDArray[Any], NDArray[Any]]:
        """(int32 [steps], float32 [steps, candidates]): the constant of each step, and what it does not explain."""
        count, width = self.raw.shape
        if not width:
            return np.zeros(count, dtype=np.int64), self.drawn
        raw = self.raw.astype(np.float32)
        with np.errstate(invalid="ignore"):
            difference = self.drawn - raw * np.float32(scale)
        known = np.isfinite(difference)
        first = np.argmax(known, axis=1)
        constant = np.where(known.any(axis=1), difference[np.arange(count), first], 0.0)
        fixed = np.clip(np.round(constant * _FIXED), -(2**31), 2**31 - 1).astype(np.int64)
        rest = difference - (fixed / _FIXED).astype(np.float32)[:, None]
        # float16 rounds log p by at most |log p| / 2048; anything beyond that is not rounding.
        # At a low temperature even that would show, so no probability may be off by more than 0.0007 either.
        rounding = (np.abs(np.where(np.isfinite(raw), raw, 0)) * scale + 1) / 1800
        visible = 0.0007 * np.exp(np.minimum(np.where(known, -self.drawn, 0), 50))
        rest = np.where(known & (np.abs(np.where(known, rest, 0)) <= np.minimum(rounding, visible)), 0, rest)
        rest = np.where(np.isneginf(self.drawn), 0, rest)
        unused = np.arange(width)[None, :] >= self.counts[:, None]
        return fixed, np.where(unused, 0, rest)


def _condense(step: Step) -> _Row:
    raw = step.raw
    if isinstance(raw, ExactDistribution):
        size = len(raw.log_probs)
        ids = top_ids(raw.log_probs, CANDIDATES_SMALL if size <= SMALL_VOCABULARY else CANDIDATES)
        ids = ids[raw.log_probs[ids] > -np.inf]
        if step.token is not None and step.token not in ids.tolist():
            ids = np.append(ids, step.token)
        values = raw.log_probs[ids]
    elif isinstance(raw, TopKDistribution):
        in_order = raw.ranks == np.arange(1, len(raw.ranks) + 1)
        chosen = in_order & (raw.ranks <= CANDIDATES_SMALL) | (raw.tokens == step.token)
        ids, values = raw.tokens[chosen], raw.token_log_probs[chosen]
    else:
        return _NO_ROW
    drawn = _look_up(step.drawn_from, ids)
    return _Row(ids, values, drawn, _cut_codes(step.draw, ids, drawn))


def _look_up(distribution: Distribution, ids: NDArray[Any]) -> NDArray[Any]:
    if isinstance(distribution, ExactDistribution):
        return np.asarray(distribution.log_probs[ids])
    found = (distribution.log_prob(token) for token in ids.tolist())
    return np.array([np.nan if value is None else value for value in found], dtype=np.float32)


def _cut_codes(draw: Draw | None, ids: NDArray[Any], drawn: NDArray[Any]) -> NDArray[Any]:
    """uint8 [candidates]: 0 for what could be drawn, else 1 + the number of the stage that cut it."""
    codes = np.zeros(len(ids), dtype=np.uint8)
    gone = np.flatnonzero(np.isneginf(drawn))
    if draw is None or not any(stage.kept < draw.stages[0].kept or stage.name == "greedy" for stage in draw.stages):
        codes[gone] = _CUT_UNNAMED
        return codes
    reordered = draw.stages[0].name == "repetition"
    for index in gone.tolist():
        # Without a penalty sampling keeps the order of the candidates, and the rank is the place in the list.
        ahead = int(np.count_nonzero(draw.adjusted > draw.adjusted[ids[index]])) if reordered else index
        rank = ahead + 1
        cutter = next((stage.name for stage in draw.stages if rank > stage.kept), draw.stages[-1].name)
        codes[index] = 1 + _STAGES.index(cutter)
    return codes


def _reason(distribution: Distribution) -> str:
    """Key of the text that says why there is no distribution; empty where there is one."""
    if distribution.kind != "none":
        return ""
    return distribution.reason if isinstance(distribution, NoDistribution) else "history.not_recorded"


class StoredTrace(Sequence[StoredStep]):
    """The steps of a stored reply, each unfolded when it is asked for.

    `text` is the message's; the steps' texts joined are its beginning (all of it unless genchat was killed).
    """

    def __init__(self, blob: bytes, codec: int, text: str, vocabulary: StoredVocabulary | None = None) -> None:
        """Raises ValueError for bytes that are not a trace of this codec."""
        if codec != CODEC:
            raise ValueError(f"codec {codec}")
        source = Unpacker(blob)
        self._count = count = source.number("n", _MOST)
        width = source.number("k", 255)
        header = source.header
        self._scale = float(header["scale"]) if isinstance(header.get("scale"), int | float) else 1.0
        self._vocabulary_size = source.number("vocabulary", 2**31) or None
        self._reason_names = _reasons(header)
        id_type = header.get("ids")
        if id_type not in ("u1", "u2", "u4"):
            raise ValueError("ids of an unknown width")
        self._edges = np.concatenate([[0], np.cumsum(source.column("u4", count), dtype=np.int64)])
        self._flags = source.column("u1", count)
        self._tokens = source.column(id_type, count)
        self._log_probs = source.column("f2", count).astype(np.float32)
        self._entropies = source.column("f2", count).astype(np.float32)
        self._ranks = source.column("u4", count)
        self._kept = source.column("u4", count)
        self._raw_reasons = source.column("u1", count)
        self._drawn_reasons = source.column("u1", count)
        self._counts = source.column("u1", count)
        self._offsets = source.column("i4", count)
        self._ids = source.column(id_type, width, count).T.astype(np.int64)
        self._raw = source.column("f2", width, count).T.astype(np.float32)
        self._residuals = source.column("f2", width, count).T.astype(np.float32)
        self._cut = source.column("u1", width, count).T
        reasons = max(int(self._raw_reasons.max(initial=0)), int(self._drawn_reasons.max(initial=0)))
        if reasons >= max(len(self._reason_names), 1) or int(self._counts.max(initial=0)) > width:
            raise ValueError("columns do not fit together")
        self._text = text
        self.vocabulary = _pieces(header) if "pieces" in header else vocabulary

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: Any) -> Any:
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
        """float32 [steps]: the model's own log-probability of each drawn token; NaN where it is not known."""
        return self._log_probs

    @property
    def entropies(self) -> NDArray[np.float32]:
        """float32 [steps], bits; NaN where it is not known."""
        return self._entropies

    @property
    def tokens(self) -> tuple[int | None, ...]:
        """Ids of the drawn tokens."""
        known = (self._flags & _TOKEN_KNOWN).astype(bool).tolist()
        return tuple(token if there else None for token, there in zip(self._tokens.tolist(), known, strict=True))

    def step_at(self, offset: int) -> int | None:
        """The index of the step that wrote the character at `offset` of the message's text; None if none did."""
        if not 0 <= offset < int(self._edges[-1]):
            return None
        return int(np.searchsorted(self._edges, offset, side="right")) - 1

    def _step(self, index: int) -> StoredStep:
        start, end = int(self._edges[index]), int(self._edges[index + 1])
        flags, rank, kept = int(self._flags[index]), int(self._ranks[index]), int(self._kept[index])
        token = int(self._tokens[index]) if flags & _TOKEN_KNOWN else None
        size = int(self._counts[index])
        ids, raw_values = self._ids[index, :size], self._raw[index, :size]
        ranks = np.arange(1, size + 1, dtype=np.int64)
        if size and ids[-1] == token and rank > size:
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
            drawn = self._drawn_from(index, ids, raw_values, ranks, codes)
        return StoredStep(
            position=index,
            token=token,
            text=self._text[start:end],
            log_prob=_or_none(self._log_probs[index]),
            raw=raw,
            drawn_from=drawn,
            special=bool(flags & _SPECIAL),
            start=start,
            rank=rank or None,
            kept=kept or None,
            cut=self._cutters(ids, codes),
        )

    def _drawn_from(
        self, index: int, ids: NDArray[Any], raw: NDArray[Any], ranks: NDArray[Any], codes: NDArray[Any]
    ) -> TopKDistribution:
        values = raw * np.float32(self._scale) + np.float32(self._offsets[index] / _FIXED)
        values = np.minimum(values + self._residuals[index, : len(ids)], np.float32(0))
        values = np.where(codes > 0, np.float32(-np.inf), values)
        known = ~np.isnan(values)
        ids, values, ranks = ids[known], values[known], ranks[known]
        order = np.argsort(-values, kind="stable")
        reordered = bool((order != np.arange(len(order))).any())
        alive = values > -np.inf
        entropy = None
        if int(self._kept[index]) == int(alive.sum()):
            probabilities = np.exp(values[alive].astype(np.float64))
            entropy = float(-(probabilities * values[alive]).sum() / LN2)
        return TopKDistribution(
            ids[order], values[order], np.sort(ranks) if reordered else ranks, entropy, self._vocabulary_size
        )

    def _cutters(self, ids: NDArray[Any], codes: NDArray[Any]) -> Mapping[int, StageName]:
        pairs = zip(ids.tolist(), codes.tolist(), strict=True)
        return {token: _STAGES[code - 1] for token, code in pairs if 0 < code <= len(_STAGES)}


def _or_none(value: np.float32) -> float | None:
    return None if np.isnan(value) else float(value)


def _reasons(header: dict[str, Any]) -> list[str]:
    names = header.get("reasons")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("reasons are not names")
    return ["", *(name if can_be_said(name) else "history.not_recorded" for name in names[1:])]


def _pieces(header: dict[str, Any]) -> StoredVocabulary:
    written = header["pieces"]
    if not isinstance(written, dict):
        raise ValueError("pieces are not a mapping")
    pieces = {int(token): str(piece).encode("latin-1") for token, piece in written.items()}
    return StoredVocabulary(pieces, read_specials(header.get("special")))
