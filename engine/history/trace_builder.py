"""The trace of a reply: for each token the candidates that mattered, the drawn one, and what sampling made of them.

One compressed blob a message, column by column, 70 to 80 bytes a token. Kept are the BEST likeliest candidates, every
one that survived sampling (MOST_SURVIVORS at most) and the drawn one, with the model's own log-probabilities (float16).
What the draw was made from follows from them: log p' = log p / T + a constant of the step; only what differs from that
(a repetition penalty) is stored beside it, and which stage cut what, by name. What each stage kept, the random number
and where it had to fall are stored as they were. Rounding changes no figure that the screen shows, but
where its last digit hangs on a millionth.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genchat.engine.contract import Step, Tokenizer
from genchat.engine.distribution import (
    Distribution,
    ExactDistribution,
    IdArray,
    NoDistribution,
    TopKDistribution,
    top_ids,
)
from genchat.engine.history.columns import pack, planes
from genchat.engine.history.draw_columns import DrawColumns
from genchat.engine.history.records import StoredStep
from genchat.engine.history.rounding import LOWEST, rounded_as_shown, shown
from genchat.engine.sampling import StageName

# 1 numbered the stages by their place in a list of six and did not know the rank in what was drawn from; 2 did not know
# what each stage kept, the random number and the entropy of what was drawn from.
CODEC = 3
BEST = 16
BEST_SMALL = 24  # up to SMALL_VOCABULARY tokens: nearly all the mass of a character model
MOST_SURVIVORS = 64
_LOOKED_THROUGH = 512  # of the likeliest, for the ranks of survivors; the few beyond are counted one by one
SMALL_VOCABULARY = 512
CUT_UNNAMED = 255  # cut, by a stage the backend did not name
TOKEN_KNOWN, SPECIAL, BY_HAND = 1, 2, 4
FIXED = 2048.0  # steps of the constant of a step: 1/2048 nat
LARGEST_SCALE = 100.0  # colder than that is as good as greedy, and float16 cannot follow
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
        self._draws = DrawColumns()
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
        log_prob = np.nan if step.log_prob is None else max(step.log_prob, LOWEST)
        self._own.append((log_prob, np.nan if entropy is None else entropy, rank or 0, drawn_rank or 0))
        self._kept.append(_kept(step))
        self._draws.add(step if isinstance(step, StoredStep) else step.draw, step.drawn_from.entropy)
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
        draws = self._draws.first(count, hidden)
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
            "ran": draws.header(),
        }
        if self._tokenizer is not None:
            seen = {token for row in rows for token in row.ids.tolist()}
            seen.update(token for token in tokens if token is not None)
            header["pieces"] = {str(token): self._pieces[token].decode("latin-1") for token in sorted(seen)}
            header["special"] = {name: token for name, token in self._tokenizer.special_tokens.items() if token in seen}
        flags = [
            (TOKEN_KNOWN if token is not None else 0) | (SPECIAL if special else 0) | (BY_HAND if by_hand else 0)
            for token, special, by_hand in zip(tokens, self._special[:count], draws.by_hand, strict=True)
        ]
        return pack(
            header,
            [
                planes(np.array(lengths), "u4"),
                planes(np.array(flags), "u1"),
                planes(np.array([token or 0 for token in tokens]), id_type),
                planes(np.array([log_prob for log_prob, _, _, _ in own]), "f4"),
                planes(np.array([entropy for _, entropy, _, _ in own]), "f4"),
                planes(np.array([rank for _, _, rank, _ in own]), "u4"),
                planes(np.array([rank for _, _, _, rank in own]), "u4"),
                planes(np.array(kept), "u4"),
                planes(np.array([names.index(raw) for raw, _ in reasons]), "u1"),
                planes(np.array([names.index(drawn) for _, drawn in reasons]), "u1"),
                planes(matrices.counts, "u1"),
                planes(offsets, "i4"),
                planes(matrices.ids.T, id_type),
                planes(matrices.beyond.T, "u4"),
                planes(matrices.raw.T, "f2"),
                planes(residuals.T, "f2"),
                planes(matrices.cut.T, "u1"),
                *draws.columns(),
            ],
        )

    def _condense(self, step: Step) -> "_Row":
        raw = step.raw
        if isinstance(raw, ExactDistribution):
            ids, ranks = _exact_candidates(step, raw)
            values = raw.log_probs[ids]
        elif isinstance(raw, TopKDistribution):
            chosen = isinstance(step, StoredStep) | (raw.ranks <= MOST_SURVIVORS) | (raw.tokens == step.token)
            ids, ranks, values = raw.tokens[chosen], raw.ranks[chosen], raw.token_log_probs[chosen]
        else:
            return _NO_ROW
        drawn = _look_up(step.drawn_from, ids)
        return _Row(ids, ranks, values, drawn, self._cut_codes(step, ids, drawn))

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
    """The candidates of one step by their rank in the model's own distribution."""

    __slots__ = ("cut", "drawn", "ids", "ranks", "raw")

    def __init__(
        self,
        ids: NDArray[Any],
        ranks: NDArray[Any],
        raw: NDArray[Any],
        drawn: NDArray[Any],
        cut: NDArray[Any],
    ) -> None:
        self.ids, self.ranks, self.raw, self.drawn, self.cut = ids, ranks, raw, drawn, cut


_NOTHING: NDArray[Any] = np.empty(0, dtype=np.float32)
_NO_ROW = _Row(_NOTHING.astype(np.int64), _NOTHING.astype(np.int64), _NOTHING, _NOTHING, _NOTHING.astype(np.uint8))


class _Matrices:
    """[steps, candidates] of everything, padded."""

    def __init__(self, count: int, width: int) -> None:
        self.counts = np.zeros(count, dtype=np.int64)
        self.ids = np.zeros((count, width), dtype=np.int64)
        self.beyond = np.zeros((count, width), dtype=np.int64)  # by how much a rank is above the place in the row
        self.raw = np.zeros((count, width), dtype=np.float16)
        self.drawn = np.full((count, width), np.nan, dtype=np.float32)
        self.cut = np.zeros((count, width), dtype=np.uint8)

    def put(self, index: int, row: _Row) -> None:
        size = len(row.ids)
        self.counts[index] = size
        self.ids[index, :size] = row.ids
        self.beyond[index, :size] = np.maximum(row.ranks - np.arange(1, size + 1), 0)
        self.raw[index, :size] = rounded_as_shown(row.raw)
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
        explained = (raw * np.float32(scale) + (fixed / FIXED).astype(np.float32)[:, None]).astype(np.float32)
        rest = difference - (fixed / FIXED).astype(np.float32)[:, None]
        # float16 rounds log p by at most |log p| / 2048; anything beyond that is not rounding, and what shows is not.
        rounding = (np.abs(np.where(np.isfinite(raw), raw, 0)) * scale + 1) / 1800
        alike = shown(np.minimum(np.where(known, explained, 0), 0)) == shown(np.where(known, self.drawn, 0))
        rest = np.where(known & alike & (np.abs(np.where(known, rest, 0)) <= rounding), 0, rest)
        rest = np.where(np.isneginf(self.drawn), 0, rest)
        unused = np.arange(width)[None, :] >= self.counts[:, None]
        rest = np.where(unused, 0, np.clip(rest, LOWEST, -LOWEST))
        beside = np.where(known, explained, 0)
        return fixed, np.where(known & (rest != 0), rounded_as_shown(rest, beside), rest)


def _exact_candidates(step: Step, raw: ExactDistribution) -> tuple[IdArray, IdArray]:
    """The ids of the candidates to keep and their ranks, likeliest first."""
    best = top_ids(raw.log_probs, BEST_SMALL if len(raw.log_probs) <= SMALL_VOCABULARY else BEST)
    best = best[raw.log_probs[best] > -np.inf]
    wanted = set(_survivors(step.drawn_from).tolist())
    if step.token is not None:
        wanted.add(step.token)
    further = wanted.difference(best.tolist())
    ranks = np.arange(1, len(best) + 1)
    if not further:
        return best, ranks
    likeliest = top_ids(raw.log_probs, _LOOKED_THROUGH)
    among = np.flatnonzero(np.isin(likeliest, np.fromiter(further, np.int64, len(further))))
    found = sorted((raw.rank(token) or 0, token) for token in further.difference(likeliest[among].tolist()))
    ids = np.concatenate([best, likeliest[among], np.array([token for _, token in found], dtype=np.int64)])
    return ids, np.concatenate([ranks, among + 1, np.array([rank for rank, _ in found], dtype=np.int64)])


def _survivors(drawn: Distribution) -> IdArray:
    """What could be drawn, the likeliest where there are too many."""
    if not isinstance(drawn, ExactDistribution):
        return np.empty(0, dtype=np.int64)
    ids: IdArray = np.flatnonzero(drawn.log_probs > -np.inf)
    return ids if len(ids) <= MOST_SURVIVORS else ids[top_ids(drawn.log_probs[ids], MOST_SURVIVORS)]


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
