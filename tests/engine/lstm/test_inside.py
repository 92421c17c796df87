"""The gates over time are those of the equations, worked out once more in plain numpy."""

import numpy as np
import pytest
from numpy.typing import NDArray

from genchat.engine.errors import UsageError
from genchat.engine.inside import LooksInside, saturation
from genchat.engine.lstm import inside
from tests.engine.lstm.models import TOKENIZER, model

TEXT = TOKENIZER.encode("abc dab\nhijj ab")


def _sigmoid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-x))


def test_gates_and_cells_are_those_of_a_plain_lstm() -> None:
    made = model(layers=2, width=16)
    assert isinstance(made, LooksInside)
    data = made.look_inside(TEXT)
    tensors = {name: held.astype(np.float64) for name, held in made.tensors.items()}
    hidden, cell = np.zeros((2, 16)), np.zeros((2, 16))
    for time, token in enumerate([made.cell.config.start_token, *TEXT], -1):
        below = tensors["embedding.weight"][token]
        for layer in range(2):
            sums = (
                tensors[f"lstm.weight_ih_l{layer}"] @ below
                + tensors[f"lstm.bias_ih_l{layer}"]
                + tensors[f"lstm.weight_hh_l{layer}"] @ hidden[layer]
                + tensors[f"lstm.bias_hh_l{layer}"]
            )
            i, f, g, o = sums.reshape(4, -1)
            cell[layer] = _sigmoid(f) * cell[layer] + _sigmoid(i) * np.tanh(g)
            hidden[layer] = _sigmoid(o) * np.tanh(cell[layer])
            below = hidden[layer]
            if time >= 0:
                np.testing.assert_allclose(data.input[layer, :, time], _sigmoid(i), atol=1e-5)
                np.testing.assert_allclose(data.forget[layer, :, time], _sigmoid(f), atol=1e-5)
                np.testing.assert_allclose(data.output[layer, :, time], _sigmoid(o), atol=1e-5)
                np.testing.assert_allclose(data.cell[layer, :, time], cell[layer], atol=1e-5)
                np.testing.assert_allclose(data.hidden[layer, :, time], hidden[layer], atol=1e-5)


def test_saturation_is_the_share_of_the_time_beyond_the_bounds() -> None:
    gate = np.array([[[0.05, 0.95, 0.5, 0.92]]], dtype=np.float32)
    closed, opened = saturation(gate)
    assert (closed[0, 0], opened[0, 0]) == (0.25, 0.5)


def test_of_a_long_text_the_newest_tokens_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = model().look_inside(TEXT)
    monkeypatch.setattr(inside, "_MOST_NUMBERS", 5 * 2 * 16 * 4)
    part = model().look_inside(TEXT)
    assert part.tokens == tuple(TEXT[-4:])
    assert part.missing == ("inside.only_newest",)
    np.testing.assert_array_equal(part.cell, whole.cell[:, :, -4:])


def test_an_empty_text_shows_the_start_token() -> None:
    made = model()
    data = made.look_inside([])
    assert data.tokens == (made.cell.config.start_token,)
    assert data.cell.shape == (2, 16, 1)


def test_a_token_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError):
        model().look_inside(TEXT, 10**6)
