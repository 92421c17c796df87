"""The explicit step is the fused layer, and its gates are what the equations say."""

import numpy as np
import pytest
import torch

from genchat.engine.lstm.cell import _LARGEST_BLOCK, _blocks
from tests.engine.lstm.models import TOKENIZER, model, network


@pytest.mark.parametrize(("layers", "width"), [(1, 16), (2, 16), (3, 16), (1, 96), (2, 7), (1, 1)])
def test_a_step_equals_the_fused_layers(layers: int, width: int) -> None:
    tokens = np.random.default_rng(layers).integers(0, TOKENIZER.vocabulary_size, 200)
    made = network(layers, width)
    with torch.inference_mode():
        expected = made(torch.from_numpy(tokens)[None])[0].log_softmax(-1).numpy()
        said, (hidden, cell) = made.lstm(made.embedding(torch.from_numpy(tokens)[None]))
    steps = model(layers, width).cell
    state = steps.empty()
    for token, log_probs in zip(tokens.tolist(), expected, strict=True):
        state = steps.step(state, token)
        np.testing.assert_allclose(steps.log_probs(state), log_probs, atol=1e-5)
    for layer in range(layers):
        np.testing.assert_allclose(state[layer].hidden, hidden[layer, 0], atol=1e-5)
        np.testing.assert_allclose(state[layer].cell, cell[layer, 0], atol=1e-5)
    assert said.shape[-1] == width


def test_gates_obey_the_equations_of_the_cell() -> None:
    made = model(layers=2)
    cursor = made.start(TOKENIZER.encode("abc"))
    before = cursor.evidence()
    cursor.advance(TOKENIZER.encode("d")[0])
    after = cursor.evidence()
    for layer in range(2):
        forget, write, show = after.forget[layer], after.input[layer], after.output[layer]
        for gate in (forget, write, show):
            assert gate.shape == (16,)
            assert ((gate >= 0) & (gate <= 1)).all()
        candidate = (after.cell[layer] - forget * before.cell[layer]) / write
        assert (np.abs(candidate) <= 1 + 1e-4).all()
        np.testing.assert_allclose(after.hidden[layer], show * np.tanh(after.cell[layer]), atol=1e-6)


def test_a_step_leaves_the_state_it_came_from_alone() -> None:
    steps = model().cell
    state = steps.step(steps.empty(), 270)
    kept = [(layer.hidden.copy(), layer.cell.copy(), layer.gates.copy()) for layer in state]
    steps.step(state, 271)
    for layer, (hidden, cell, gates) in zip(state, kept, strict=True):
        np.testing.assert_array_equal(layer.hidden, hidden)
        np.testing.assert_array_equal(layer.cell, cell)
        np.testing.assert_array_equal(layer.gates, gates)


def test_large_matrices_are_cut_into_blocks_that_one_thread_works_on() -> None:
    matrix = np.arange(2048 * 1024, dtype=np.float32).reshape(2048, 1024)
    blocks = _blocks(matrix)
    assert blocks[0].size <= _LARGEST_BLOCK
    np.testing.assert_array_equal(blocks.reshape(2048, 1024), matrix)
