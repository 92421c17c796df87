"""Tiny Shakespeare against the figures of lmplz and query (kpu/kenlm 4cb443e)."""

import pytest

from tests.bench import DataMissing
from tests.bench.ngram import tiny_shakespeare


@pytest.mark.slow
def test_tiny_shakespeare_has_kenlms_perplexity_to_five_digits() -> None:
    try:
        words, characters = tiny_shakespeare()
    except DataMissing as missing:
        pytest.skip(str(missing))
    assert words.value == pytest.approx(74.883, abs=5e-4)
    assert characters.value == pytest.approx(2.1880, abs=5e-5)
