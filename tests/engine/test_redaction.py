"""Keys are taken out of text, ordinary text is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genchat.engine.redaction import MARK, redact, secret_spans

KEYS = [
    "AIza" + "SyD-abcdefghijklmnopqrstuvwx_012345",
    "AQ." + "Ab8RN6Kabcdefghijklmnop-_.xyz",
    "IQ." + "Ab8RN6Kabcdefghijklmnop-_.xyz",
    "hf_" + "abcdefghijABCDEFGHIJ0123456789abcd",
    "sk-" + "proj-abcdefghijklmnopqrstuvwxyz",
]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("frame", ["{}", "minha chave é {}", "key={}&x=1", "({})", '"{}"', "\n{}\n", "a: {}, b: {}"])
def test_a_key_is_taken_out_wherever_it_stands(key: str, frame: str) -> None:
    text = frame.format(key, key)
    assert key not in redact(text, ())
    assert redact(text, ()) == frame.format(MARK, MARK)


@pytest.mark.parametrize(
    "text",
    ["", "AIza is how keys begin", "AQ. e depois", "risk-free sk-short", "half_done", "xAIza" + "a" * 40, "IQ. de 120"],
)
def test_ordinary_text_stays(text: str) -> None:
    assert redact(text, ()) == text


def test_a_known_key_is_taken_out_whatever_its_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    assert redact("it is pa$$word*1, yes", ["pa$$word*1"]) == f"it is {MARK}, yes"
    assert redact("a cat", ["cat"]) == "a cat"
    monkeypatch.setenv("GEMINI_API_KEY", "unusual key")
    assert redact("an unusual key here") == f"an {MARK} here"


def test_overlapping_keys_are_one() -> None:
    key = KEYS[0]
    assert redact(f"<{key}>", [key[:12], key[8:]]) == f"<{MARK}>"


@given(st.text(max_size=10), st.sampled_from(KEYS), st.integers(5, 60))
def test_the_beginning_of_a_key_at_the_end_of_a_stream_is_held_back(before: str, key: str, length: int) -> None:
    beginning = f"{before} {key[:length]}"
    assert key[: min(length, len(key))] not in redact(beginning, (), unfinished=True)
    assert redact(beginning + " and on", (), unfinished=True) == redact(beginning + " and on", ())


@given(st.text(), st.lists(st.text(min_size=8), max_size=3))
def test_spans_are_in_order_and_apart(text: str, known: list[str]) -> None:
    spans = secret_spans(text, known, unfinished=True)
    edges = [edge for span in spans for edge in span]
    assert edges == sorted(edges)
    assert all(0 <= start < end <= len(text) for start, end in spans)
