"""The LSTM laid open: every gate and cell after every token of a text."""

import time
from collections.abc import Sequence

import numpy as np

from genchat.engine.distribution import FloatArray
from genchat.engine.inside import InsideLstm
from genchat.engine.lstm.cell import LstmCell, State

_MOST_NUMBERS = 24_000_000  # kept of a long text, which is about 100 MB


def look_inside(cell: LstmCell, before: State, tokens: Sequence[int]) -> InsideLstm:
    """What `cell` computed over `tokens`, going on from `before`, the state after the start token.

    Of a text too long to keep, the newest tokens. An empty text shows the start token.
    """
    started = time.perf_counter()
    config = cell.config
    longest = max(_MOST_NUMBERS // (5 * config.layers * config.width), 1)
    unkept, kept = tokens[: max(len(tokens) - longest, 0)], tokens[max(len(tokens) - longest, 0) :]
    state = before
    for token in unkept:
        state = cell.step(state, token)
    states = []
    for token in kept:
        state = cell.step(state, token)
        states.append(state)
    if not states:
        states, kept = [before], [config.start_token]

    def over_time(name: str) -> FloatArray:
        rows = [[getattr(layer, name) for layer in there] for there in states]
        return np.ascontiguousarray(np.moveaxis(np.array(rows, dtype=np.float32), 0, -1))

    return InsideLstm(
        tokens=tuple(kept),
        input=over_time("input"),
        forget=over_time("forget"),
        output=over_time("output"),
        cell=over_time("cell"),
        hidden=over_time("hidden"),
        missing=("inside.only_newest",) if unkept else (),
        seconds=time.perf_counter() - started,
    )
