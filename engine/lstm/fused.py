"""Reading a long given text through torch's fused layers."""

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from numpy.typing import NDArray

from genchat.engine.distribution import FloatArray
from genchat.engine.lstm.config import LstmConfig
from genchat.engine.lstm.network import LstmNetwork

_READ_AT_ONCE = 8192  # tokens; bounds the memory of the activations


def load_network(config: LstmConfig, tensors: Mapping[str, FloatArray]) -> LstmNetwork:
    """A network in evaluation mode that holds `tensors` (by the names of LstmConfig.shapes)."""
    network = LstmNetwork(config)
    network.load_state_dict({name: torch.from_numpy(array) for name, array in tensors.items()})
    return network.eval()


def states_after(
    config: LstmConfig,
    tensors: Mapping[str, FloatArray],
    tokens: NDArray[np.int64],
    state: tuple[FloatArray, FloatArray],
) -> tuple[FloatArray, FloatArray]:
    """Hidden and cell after `tokens`, going on from `state`; float32 [layers, width] each."""
    network = load_network(config, tensors)
    there = (torch.from_numpy(state[0]), torch.from_numpy(state[1]))
    for start in range(0, len(tokens), _READ_AT_ONCE):
        ids = torch.from_numpy(tokens[start : start + _READ_AT_ONCE])
        with torch.inference_mode():
            _, there = network.lstm(network.embedding(ids), there)
    return there[0].numpy(), there[1].numpy()


def hidden_states(
    config: LstmConfig, tensors: Mapping[str, FloatArray], tokens: NDArray[np.int64]
) -> Iterator[FloatArray]:
    """What the last layer says after each token, in consecutive pieces, float32 [tokens, width] together."""
    network = load_network(config, tensors)
    state = None
    for start in range(0, len(tokens), _READ_AT_ONCE):
        ids = torch.from_numpy(tokens[start : start + _READ_AT_ONCE])
        with torch.inference_mode():
            said, state = network.lstm(network.embedding(ids), state)
        yield said.numpy()
