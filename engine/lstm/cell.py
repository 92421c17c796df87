"""One step of an LSTM, written out, every gate in sight. Plain numpy: nothing here loads torch.

    i, f, o = sigmoid(W x + U h + b)          what to write, keep and show, one number a cell between 0 and 1
    g       = tanh(W x + U h + b)             what could be written
    c       = f * c + i * g                   the cells
    h       = o * tanh(c)                     what the layer says

Three things make a step cheap. The first layer's W x + b is looked up in a table, one row a token. All other products
of a layer are one matrix times one vector. And sigmoid(z) = (1 + tanh(z/2)) / 2, so that with the rows of i, f and o
halved beforehand one tanh serves all four gates.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genchat.engine.distribution import FloatArray
from genchat.engine.lstm.config import LstmConfig

# BLAS starts threads for larger matrices, and for one vector they wait for each other longer than they work.
_LARGEST_BLOCK = 400_000


@dataclass(frozen=True, slots=True)
class LayerState:
    """Where one layer stands. `gates` is float32 [4, width]: tanh of the scaled sums of i, f, g, o at the last step."""

    hidden: FloatArray
    cell: FloatArray
    gates: FloatArray

    @property
    def input(self) -> FloatArray:
        """float32 [width], 0 to 1."""
        return np.asarray(0.5 * self.gates[0] + 0.5, dtype=np.float32)

    @property
    def forget(self) -> FloatArray:
        """float32 [width], 0 to 1."""
        return np.asarray(0.5 * self.gates[1] + 0.5, dtype=np.float32)

    @property
    def output(self) -> FloatArray:
        """float32 [width], 0 to 1."""
        return np.asarray(0.5 * self.gates[3] + 0.5, dtype=np.float32)


State = tuple[LayerState, ...]  # one a layer, never written to


class LstmCell:
    """The weights of a model, arranged for one step at a time.

    `tensors` are float32 arrays by the names of LstmConfig.shapes.
    """

    def __init__(self, config: LstmConfig, tensors: Mapping[str, FloatArray]) -> None:
        self.config = config
        self._scale = np.repeat(np.array([0.5, 0.5, 1.0, 0.5], dtype=np.float32), config.width)
        self._table = self._rows_of_first_layer(tensors)  # [V, 4 width]
        self._matrices = [self._matrix(tensors, layer) for layer in range(config.layers)]
        self._biases = [self._bias(tensors, layer) for layer in range(config.layers)]
        self._head = _blocks(tensors["head.weight"])
        self._head_bias = tensors["head.bias"]

    def _bias(self, tensors: Mapping[str, FloatArray], layer: int) -> FloatArray:
        both = tensors[f"lstm.bias_ih_l{layer}"] + tensors[f"lstm.bias_hh_l{layer}"]
        return np.asarray(self._scale * both, dtype=np.float32)

    def _rows_of_first_layer(self, tensors: Mapping[str, FloatArray]) -> FloatArray:
        rows = tensors["embedding.weight"] @ tensors["lstm.weight_ih_l0"].T
        return np.asarray(self._scale * rows + self._bias(tensors, 0), dtype=np.float32)

    def _matrix(self, tensors: Mapping[str, FloatArray], layer: int) -> FloatArray:
        """[blocks, rows, read]: of the first layer U alone, of the others W beside U."""
        matrix = tensors[f"lstm.weight_hh_l{layer}"]
        if layer:
            matrix = np.concatenate([tensors[f"lstm.weight_ih_l{layer}"], matrix], axis=1)
        return _blocks(np.asarray(self._scale[:, None] * matrix, dtype=np.float32))

    def empty(self) -> State:
        """Nothing read yet."""
        nothing = np.zeros(self.config.width, dtype=np.float32)
        gates = np.zeros((4, self.config.width), dtype=np.float32)
        return tuple(LayerState(nothing, nothing, gates) for _ in range(self.config.layers))

    def step(self, state: State, token: int) -> State:
        """The state after reading `token`."""
        found = []
        below = None
        for layer, (before, matrix) in enumerate(zip(state, self._matrices, strict=True)):
            if below is None:
                sums = (matrix @ before.hidden).reshape(-1)
                sums += self._table[token]
            else:
                sums = (matrix @ np.concatenate((below, before.hidden))).reshape(-1)
                sums += self._biases[layer]
            gates = np.tanh(sums, out=sums).reshape(4, -1)
            i, f, g, o = gates
            # With t = tanh(z/2): i g = (t + 1) g / 2, and the halves are taken out together.
            cell = (f + 1.0) * before.cell
            cell += (i + 1.0) * g
            cell *= 0.5
            below = np.tanh(cell)
            below *= o + 1.0
            below *= 0.5
            found.append(LayerState(below, cell, gates))
        return tuple(found)

    def log_probs(self, state: State) -> FloatArray:
        """float32 [V], natural log."""
        logits = (self._head @ state[-1].hidden).reshape(-1) + self._head_bias
        logits -= logits.max()
        logits -= np.log(np.exp(logits).sum(dtype=np.float64))
        return logits

    def log_probs_of(self, hidden: FloatArray, targets: NDArray[np.int64]) -> FloatArray:
        """float32 [T]: natural log p(targets[t]) where the last layer says hidden[t]; hidden is float32 [T, width]."""
        logits = hidden @ self._head.reshape(-1, self.config.width).T + self._head_bias
        logits -= logits.max(axis=1, keepdims=True)
        chosen = logits[np.arange(len(targets)), targets]
        return np.asarray(chosen - np.log(np.exp(logits).sum(axis=1, dtype=np.float64)), dtype=np.float32)


def _blocks(matrix: FloatArray) -> FloatArray:
    """[rows, read] as [blocks, rows / blocks, read], each block small enough for one thread."""
    rows, read = matrix.shape
    blocks = next(count for count in range(1, rows + 1) if rows % count == 0 and matrix.size // count <= _LARGEST_BLOCK)
    return np.ascontiguousarray(matrix).reshape(blocks, rows // blocks, read)
