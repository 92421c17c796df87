"""A text typed at a place: its tokens, its price, and what is refused."""

import threading

import pytest

from genchat.engine.decoding import score
from genchat.engine.errors import UsageError
from genchat.engine.forking import Pasts
from genchat.engine.local_backend import LocalBackend
from genchat.tui.chat.typed_text import TypedText
from tests.engine.gpt import tiny
from tests.fakes import HashModel

BEFORE = [256, *b"oi", 258, 257]


@pytest.mark.parametrize("pasts", [None, Pasts()])
def test_the_price_is_that_of_the_tokens_at_the_place(pasts: Pasts | None) -> None:
    backend = LocalBackend(HashModel())
    if pasts is not None:
        backend.keep_pasts(pasts)
    priced = TypedText(backend, threading.Lock(), BEFORE).price("abc")
    assert priced.labels == ("a", "b", "c")
    assert priced.log_prob == pytest.approx(float(score(backend.model, list(b"abc"), BEFORE).sum()), abs=1e-4)


@pytest.mark.parametrize(
    ("text", "key"), [("", "fork_nothing_typed"), ("abc xyz", "fork_unwritable"), ("abcdefgh" * 3, "fork_too_long")]
)
def test_what_cannot_stand_there_is_refused_with_the_reason(text: str, key: str) -> None:
    typed = TypedText(LocalBackend(tiny.model()), threading.Lock(), [])  # it knows eight letters and reads 16 tokens
    with pytest.raises(UsageError) as caught:
        typed.tokens(text)
    assert caught.value.key == key
