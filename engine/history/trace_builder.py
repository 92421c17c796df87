"""The trace of a reply: for each token the likeliest candidates, the drawn one, and what sampling made of them.

One compressed blob a message, column by column, about 40 bytes a token for ten candidates. Stored are the model's own
log-probabilities (float16). What the draw was made from follows from them: log p' = log p / T + a constant of the
step; only what differs from that (a repetition penalty) is stored beside it, and which stage cut what, by name.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genchat.engine.contract import Step, Tokenizer
from genchat.engine.distribution import Distribution, ExactDistribution, NoDistribution, TopKDistribution, top_ids
from genchat.engine.history.columns import pack, planes
from genchat.engine.history.records import StoredStep
from genchat.engine.sampling import StageName

CODEC = 2  # 1 numbered the stages by their place in a list of six and did not know the rank in what was drawn from
CANDIDATES = 10
CANDIDATES_SMALL = 32  # up to SMALL_VOCABULARY tokens: 99.8 % of the mass of a character model, 77 bytes a token
SMALL_VOCABULARY = 512
CUT_UNNAMED = 255  # cut, by a stage the backend did not name
TOKEN_KNOWN, SPECIAL = 1, 2
FIXED = 2048.0  # steps of the constant of a step: 1/2048 nat
LARGEST_SCALE = 100.0  # colder than that is as good as greedy, and float16 cannot follow
_LOWEST = -60_000.0  # the least finite log-probability; float16 ends a little below
_UNKNOWN = (np.nan, np.nan, 0, 0)
_REDACTED = NoDistribution("history.redacted")


class TraceBuilder:
    """Collects the steps of one reply, each condensed as it comes. `temperature` is that of the run.

    With a tokenizer, the bytes of the tokens seen are kept in the trace itself (for vocabularies known only in part).
    """

    def __init__(self, temperature: float, tokenizer: Tokenizer | None = None) -> None:
        self._scale = 1 / temperature if temperature >= 1 / LARGEST_SCALE else 1.0
        self._tokenizer = tokenizer
        self._tokens: list[int | None] = []
        self._special: list[bool] = []
        self._own: list[
            tuple[float, float, int, int]
        ] = []  # log-probability, entropy, rank, rank in what was drawn from
        self._kept: list[int] = []
        self._reasons: list[tuple[str, str]] = []
        self._rows: list[_Row] = []
        self._stages: dict[StageName, int] = {}  # those that cut something, numbered from 1
        self._pieces: dict[int, bytes] = {}
        self._vocabulary_size = 0

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, step: Step) -> None:
        """Take one step. Costs a partial sort of the vocabulary."""
        row = self._condense(step)
        rank, drawn_rank = (
            None if step.token is None else distribution.rank(step.token)
            for distribution in (step.raw, step.drawn_from)
        )
        entropy = step.raw.entropy
        self._tokens.append(step.token)
        self._special.append(step.special)
        log_prob = np.nan if step.log_prob is None else max(step.log_prob, _LOWEST)
        self._own.append((log_prob, np.nan if entropy is None else entropy, rank or 0, drawn_rank or 0))
        self._kept.append(_kept(step))
        self._reasons.append((_reason(step.raw), _reason(step.drawn_from)))
        self._vocabulary_size = max(self._vocabulary_size, step.raw.vocabulary_size or 0)
        if self._tokenizer is not None:
            # The drawn token need not be among the candidates that a remote model tells.
            for token in (*row.ids.tolist(), *(() if step.token is None else (step.token,))):
                self._pieces[token] = self._tokenizer.token_bytes(token)
        self._rows.append(row)

    def encode(self, lengths: Sequence[int], hidden: frozenset[int] = frozenset()) -> bytes:
        """The blob of the first len(lengths) steps. `lengths` are those of their texts, in characters.

        Of the steps in `hidden` nothing but the length is kept.
        """
        count = len(lengths)
        rows = [_NO_ROW if index in hidden else row for index, row in enumerate(self._rows[:count])]
        own = [_UNKNOWN if index in hidden else mine for index, mine in enumerate(self._own[:count])]
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
            "stages": list(self._stages),
            "vocabulary": self._vocabulary_size,
        }
        if self._tokenizer is not None:
            seen = {token for row in rows for token in row.ids.tolist()}
            seen.update(token for token in tokens if token is not None)
            header["pieces"] = {str(token): self._pieces[token].decode("latin-1") for token in sorted(seen)}
            header["special"] = {name: token for name, token in self._tokenizer.special_tokens.items() if token in seen}
        flags = [
            (TOKEN_KNOWN if token is not None else 0) | (SPECIAL if special else 0)
            for token, special in zip(tokens, self._special[:count], strict=True)
        ]
        return pack(
            header,
            [
                planes(np.array(lengths), "u4"),
                planes(np.array(flags), "u1"),
                planes(np.array([token or 0 for token in tokens]), id_type),
                planes(np.array([log_prob for log_prob, _, _, _ in own]), "f2"),
                planes(np.array([entropy for _, entropy, _, _ in own]), "f2"),
                planes(np.array([rank for _, _, rank, _ in own]), "u4"),
                planes(np.array([rank for _, _, _, rank in own]), "u4"),
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

    def _condense(self, step: Step) -> "_Row":
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
        return _Row(ids, values, drawn, self._cut_codes(step, ids, drawn))

    def _cut_codes(self, step: Step, ids: NDArray[Any], drawn: NDArray[Any]) -> NDArray[Any]:
        """uint8 [candidates]: 0 for what could be drawn, else the number of the stage that cut it."""
        codes = np.zeros(len(ids), dtype=np.uint8)
        for index in np.flatnonzero(np.isneginf(drawn)).tolist():
            cutter = _cutter(step, int(ids[index]))
            if cutter is not None and len(self._stages) < CUT_UNNAMED - 1:
                codes[index] = self._stages.setdefault(cutter, len(self._stages) + 1)
            else:
                codes[index] = CUT_UNNAMED
        return codes


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
        self.raw[index, :size] = np.where(np.isneginf(row.raw), row.raw, np.maximum(row.raw, _LOWEST))
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
        fixed = np.clip(np.round(constant * FIXED), -(2**31), 2**31 - 1).astype(np.int64)
        rest = difference - (fixed / FIXED).astype(np.float32)[:, None]
        # float16 rounds log p by at most |log p| / 2048; anything beyond that is not rounding.
        # At a low temperature even that would show, so no probability may be off by more than 0.0007 either.
        rounding = (np.abs(np.where(np.isfinite(raw), raw, 0)) * scale + 1) / 1800
        visible = 0.0007 * np.exp(np.minimum(np.where(known, -self.drawn, 0), 50))
        rest = np.where(known & (np.abs(np.where(known, rest, 0)) <= np.minimum(rounding, visible)), 0, rest)
        rest = np.where(np.isneginf(self.drawn), 0, rest)
        unused = np.arange(width)[None, :] >= self.counts[:, None]
        return fixed, np.where(unused, 0, np.clip(rest, _LOWEST, -_LOWEST))


def _kept(step: Step) -> int:
    """How many candidates were left to draw from; 0 where that is not known. A stored step is one of another trace."""
    if isinstance(step, StoredStep):
        return step.kept or 0
    return 0 if step.draw is None else step.draw.kept


def _cutter(step: Step, token: int) -> StageName | None:
    if isinstance(step, StoredStep):
        return step.cut_by(token)
    return None if step.draw is None else step.draw.cut_by(token)


def _look_up(distribution: Distribution, ids: NDArray[Any]) -> NDArray[Any]:
    if isinstance(distribution, ExactDistribution):
        return np.asarray(distribution.log_probs[ids])
    log_probs = (distribution.log_prob(token) for token in ids.tolist())
    return np.array([np.nan if value is None else value for value in log_probs], dtype=np.float32)


def _reason(distribution: Distribution) -> str:
    """Key of the text that says why there is no distribution; empty where there is one."""
    if distribution.kind != "none":
        return ""
    return distribution.reason if isinstance(distribution, NoDistribution) else "history.not_recorded"
