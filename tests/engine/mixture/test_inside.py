"""A mixture shows what its parts compute, each with its own tokens."""

import numpy as np
import pytest

from genchat.engine.inside import InsideLstm, InsideNgram, LooksInside
from genchat.engine.mixture.loading import combine
from genchat.engine.mixture.shares import Shares
from tests.engine.mixture.models import counting, neural


def test_the_parts_are_laid_open_with_their_weights_and_their_own_ids() -> None:
    first, second = counting(), neural()
    mixed = combine(first, second, Shares((0.3,)), "mixed")
    assert isinstance(mixed, LooksInside)
    tokens = mixed.tokenizer.encode("bom dia, boa tar")
    data = mixed.look_inside(tokens, mixed.tokenizer.encode("d")[0], first=4)
    counts, gates = data.parts
    assert (counts.name, gates.name) == ("counting", "neural")
    assert counts.weight == pytest.approx(0.3)
    assert counts.weight + gates.weight == pytest.approx(1)
    assert isinstance(counts.data, InsideNgram)
    assert isinstance(gates.data, InsideLstm)
    assert gates.tokenizer.decode(gates.data.tokens) == "bom dia, boa tar"
    alone = second.look_inside(second.tokenizer.encode("bom dia, boa tar"))
    np.testing.assert_array_equal(gates.data.cell, alone.cell)
    assert counts.data.tokens[counts.data.first :] == (*tokens[4:], mixed.tokenizer.encode("d")[0])
