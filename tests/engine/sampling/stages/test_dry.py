"""DRY against its definition, searched for in the plainest way: every length, every place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genchat.engine.sampling.stages.dry import breaker_bytes
from tests.engine.sampling.cases import alone, quick
from tests.fakes import ByteTokenizer

_LONGEST = 50


def longest_repeat(text: str, follower: str, breakers: str) -> int:
    """How long the end of `text` is that stood before with `follower` behind it, no breaker in either."""
    longest = 0
    for length in range(1, min(len(text), _LONGEST + 1)):
        end = text[-length:]
        if follower in breakers or any(breaker in end for breaker in breakers):
            continue
        if any(text[at : at + length + 1] == end + follower for at in range(len(text) - length)):
            longest = length
    return longest


@given(
    st.text("ab:c", max_size=40),
    st.sampled_from([0.8, 3.0]),
    st.sampled_from([1.0, 1.75]),
    st.integers(1, 4),
    st.sampled_from(["", ":", ":c"]),
)
@quick
def test_the_penalty_grows_with_the_sequence_that_would_be_repeated(
    text: str, multiplier: float, base: float, allowed: int, breakers: str
) -> None:
    size = 128
    values = np.full(size, -np.log(size), dtype=np.float32)
    draw = alone(
        values,
        list(text.encode()),
        dry_multiplier=multiplier,
        dry_base=base,
        dry_allowed_length=allowed,
        dry_breakers=breakers,
    )
    penalties = []
    for code in range(size):
        length = longest_repeat(text, chr(code), breakers)
        penalties.append(multiplier * base ** (length - allowed) if length >= allowed else 0.0)
    expected = np.exp(-np.array(penalties))
    np.testing.assert_allclose(np.exp(draw.adjusted), expected / expected.sum(), rtol=1e-4)


def test_a_sequence_counts_up_to_fifty_tokens_and_the_penalty_stays_a_number() -> None:
    values = np.log(np.full(128, 1 / 128)).astype(np.float32)
    text = ("ab" * 200).encode()
    draw = alone(values, list(text), dry_multiplier=1e9, dry_base=10, dry_allowed_length=1)
    assert np.isfinite(draw.adjusted).all()
    assert draw.adjusted.argmin() == ord("a")


def test_only_the_window_is_looked_at() -> None:
    values = np.log(np.full(128, 1 / 128)).astype(np.float32)
    text = list(b"abcd----abc")
    assert alone(values, text, dry_multiplier=1).adjusted.argmin() == ord("d")
    assert alone(values, text, dry_multiplier=1, dry_window=7).adjusted.std() < 1e-5
    assert alone(values, text, dry_multiplier=1, dry_window=0).adjusted.std() < 1e-5


def test_markers_of_the_chat_break_a_sequence() -> None:
    values = np.log(np.full(260, 1 / 260)).astype(np.float32)
    end = ByteTokenizer.special_tokens["<|end|>"]
    text = [*b"abc", end, *b"xabc"]
    assert alone(values, text, dry_multiplier=1).adjusted.std() < 1e-5


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("", ()),
        (":", (b":",)),
        ("\\n", (b"\n",)),
        ("\\\\n\\t", (b"\\", b"n", b"\t")),
        ("a\\", (b"a", b"\\")),
        ("ç", ("ç".encode(),)),
    ],
)
def test_breakers_are_written_as_in_a_line_of_text(written: str, read: tuple[bytes, ...]) -> None:
    assert breaker_bytes(written) == read
