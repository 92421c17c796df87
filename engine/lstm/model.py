"""The LSTM as a LanguageModel: cursors of a few kilobytes that fork for nothing, gates as evidence, fast scoring."""

from collections.abc import Sequence

import numpy as np

from genchat.engine.contract import ModelInfo, Tokenizer
from genchat.engine.distribution import FloatArray, known_numbers
from genchat.engine.errors import UsageError
from genchat.engine.evidence import LstmEvidence
from genchat.engine.inside import InsideLstm
from genchat.engine.lstm.cell import LayerState, LstmCell, State
from genchat.engine.lstm.inside import look_inside

_REMEMBERED = 8  # places kept, so that the next turn of a conversation reads only what is new
_FUSED_FROM = 4_000  # tokens from which reading is worth loading torch
_SCORED_AT_ONCE = 1024  # tokens; bounds the memory of the logits


class LstmModel:
    """See engine.contract.LanguageModel and BatchScorer. Its memory has no end, only a fading past."""

    def __init__(self, cell: LstmCell, tensors: dict[str, FloatArray], tokenizer: Tokenizer, info: ModelInfo) -> None:
        self.cell = cell
        self.tensors = tensors
        self.tokenizer = tokenizer
        self.info = info
        self._first = cell.step(cell.empty(), cell.config.start_token)
        self._remembered: tuple[tuple[tuple[int, ...], State], ...] = ()

    def check(self, tokens: Sequence[int]) -> None:
        """Raise UsageError for an id that does not exist."""
        last = self.cell.config.vocabulary_size - 1
        for token in tokens:
            if not 0 <= token <= last:
                raise UsageError("token_outside_vocabulary", token=token, last=last)

    def start(self, tokens: Sequence[int]) -> "LstmCursor":
        """A cursor after `tokens`. A text that begins as an earlier one did goes on from there."""
        self.check(tokens)
        text = tuple(tokens)
        known: tuple[int, ...] = ()
        state = self._first
        for earlier, there in self._remembered:
            if len(known) < len(earlier) <= len(text) and text[: len(earlier)] == earlier:
                known, state = earlier, there
        state = self._read(text[len(known) :], state)
        if text and text != known:
            self._remembered = ((text, state), *self._remembered)[:_REMEMBERED]
        return LstmCursor(self, state)

    def _read(self, tokens: tuple[int, ...], state: State) -> State:
        """The state after `tokens`; many go through torch's fused layers, all but the last, whose gates show."""
        if len(tokens) >= _FUSED_FROM:
            from genchat.engine.lstm.fused import states_after

            before = (np.stack([layer.hidden for layer in state]), np.stack([layer.cell for layer in state]))
            ids = np.asarray(tokens[:-1], dtype=np.int64)
            hidden, cell = states_after(self.cell.config, self.tensors, ids, before)
            state = tuple(LayerState(h, c, layer.gates) for h, c, layer in zip(hidden, cell, state, strict=True))
            tokens = tokens[-1:]
        for token in tokens:
            state = self.cell.step(state, token)
        return state

    def look_inside(self, tokens: Sequence[int], chosen: int | None = None, first: int = 0) -> InsideLstm:
        """See engine.inside.LooksInside."""
        self.check(tokens if chosen is None else [*tokens, chosen])
        return look_inside(self.cell, self._first, tokens)

    def score_tokens(self, tokens: Sequence[int]) -> FloatArray:
        """float32 [len(tokens)]: natural log p(tokens[i] | tokens[:i]). Long texts go through torch's fused layers."""
        self.check(tokens)
        return known_numbers(self._score(tokens), self.info.name)

    def _score(self, tokens: Sequence[int]) -> FloatArray:
        found = np.empty(len(tokens), dtype=np.float32)
        ids = np.asarray(tokens, dtype=np.int64)
        if len(ids) >= _FUSED_FROM:
            from genchat.engine.lstm.fused import hidden_states

            read = np.concatenate(([self.cell.config.start_token], ids[:-1]))
            place = 0
            for hidden in hidden_states(self.cell.config, self.tensors, read):
                found[place : place + len(hidden)] = self.cell.log_probs_of(hidden, ids[place : place + len(hidden)])
                place += len(hidden)
            return found
        state = self._first
        for start in range(0, len(ids), _SCORED_AT_ONCE):
            part = ids[start : start + _SCORED_AT_ONCE]
            said = np.empty((len(part), self.cell.config.width), dtype=np.float32)
            for row, token in enumerate(part.tolist()):
                said[row] = state[-1].hidden
                state = self.cell.step(state, token)
            found[start : start + len(part)] = self.cell.log_probs_of(said, part)
        return found


class LstmCursor:
    """See engine.contract.Cursor."""

    def __init__(self, model: LstmModel, state: State) -> None:
        self._model = model
        self._state = state
        self._log_probs: FloatArray | None = None

    def log_probs(self) -> FloatArray:
        if self._log_probs is None:
            self._log_probs = known_numbers(self._model.cell.log_probs(self._state), self._model.info.name)
        return self._log_probs

    def advance(self, token: int) -> None:
        self._model.check((token,))
        self._state = self._model.cell.step(self._state, token)
        self._log_probs = None

    def fork(self) -> "LstmCursor":
        twin = LstmCursor(self._model, self._state)
        twin._log_probs = self._log_probs
        return twin

    @property
    def held_bytes(self) -> int:
        """See engine.forking.KnowsItsSize: the state, and what the model believes after it."""
        arrays = [part for layer in self._state for part in (layer.hidden, layer.cell, layer.gates)]
        return sum(part.nbytes for part in arrays) + (0 if self._log_probs is None else self._log_probs.nbytes)

    def evidence(self) -> LstmEvidence:
        """Gates and cells as the last token left them."""
        return LstmEvidence(
            forget=tuple(layer.forget for layer in self._state),
            input=tuple(layer.input for layer in self._state),
            output=tuple(layer.output for layer in self._state),
            cell=tuple(layer.cell for layer in self._state),
            hidden=tuple(layer.hidden for layer in self._state),
        )
