"""Replies that begin with given tokens: the same future from the same past, whether it is remembered or read again."""

from collections.abc import Sequence

import pytest

from genchat.engine.contract import ReplySettings, Step
from genchat.engine.conversation import Message, Role
from genchat.engine.errors import UsageError
from genchat.engine.forking import Pasts
from genchat.engine.local_backend import LocalBackend
from genchat.engine.sampling import SamplingSettings
from tests.fakes import HashModel, _HashCursor

MESSAGES = (Message(Role.USER, "oi"),)


class Counted(HashModel):
    """Counts how often a past is read."""

    started = 0

    def start(self, tokens: Sequence[int]) -> _HashCursor:
        self.started += 1
        return super().start(tokens)


def settings(most: int = 24, values: dict[str, float] | None = None) -> ReplySettings:
    return ReplySettings(SamplingSettings(seed=7, **(values or {})), most)


def steps(events) -> list[Step]:  # type: ignore[no-untyped-def]
    return [event for event in events if isinstance(event, Step)]


def tokens_of(reply: Sequence[Step]) -> list[int]:
    return [step.token for step in reply if step.token is not None]


def text_of(reply: Sequence[Step]) -> str:
    return "".join(step.text for step in reply)


@pytest.mark.parametrize("remembers", [True, False])
@pytest.mark.parametrize("values", [{}, {"top_p": 0.8}, {"mirostat_tau": 3.0}, {"temperature": 0.0}])
def test_a_fork_with_the_replys_own_tokens_writes_its_text(remembers: bool, values: dict[str, float]) -> None:
    backend = LocalBackend(HashModel())
    backend.pasts = Pasts() if remembers else None
    reply = steps(backend.reply(MESSAGES, settings(values=values)))
    for count in (1, len(reply) // 2, len(reply)):
        again = steps(backend.resume(MESSAGES, tokens_of(reply)[:count], settings(values=values)))
        assert tokens_of(again) == tokens_of(reply)
        assert text_of(again) == text_of(reply)
        assert [step.position for step in again] == list(range(len(reply)))
        assert not any(step.draw.by_hand for step in again if step.draw)


def test_another_token_is_taken_whatever_the_number_says_and_only_it_is_by_hand() -> None:
    backend = LocalBackend(HashModel())
    backend.pasts = Pasts()
    reply = steps(backend.reply(MESSAGES, settings()))
    other = next(token for token in range(65, 90) if token != reply[3].token)
    fork = steps(backend.resume(MESSAGES, [*tokens_of(reply)[:3], other], settings()))
    assert tokens_of(fork)[:4] == [*tokens_of(reply)[:3], other]
    assert [step.draw.by_hand for step in fork if step.draw][:4] == [False, False, False, True]
    assert fork[3].draw is not None
    assert reply[3].draw is not None
    assert fork[3].draw.uniform == reply[3].draw.uniform
    assert fork[3].log_prob == pytest.approx(reply[3].raw.log_prob(other))


def test_a_remembered_past_is_not_read_again() -> None:
    model = Counted()
    backend = LocalBackend(model)
    backend.pasts = Pasts()
    reply = steps(backend.reply(MESSAGES, settings()))
    read = model.started
    steps(backend.resume(MESSAGES, tokens_of(reply)[:10], settings()))
    assert model.started == read
    steps(backend.resume((Message(Role.USER, "tchau"),), tokens_of(reply)[:10], settings()))
    assert model.started == read + 1


def test_a_character_in_two_tokens_is_not_torn_by_a_fork() -> None:
    backend = LocalBackend(HashModel())
    backend.pasts = Pasts()
    first, second = "é".encode()
    whole = steps(backend.resume(MESSAGES, [first, second], settings(6)))
    again = steps(backend.resume(MESSAGES, [first, second], settings(6)))
    assert text_of(whole[:2]) == "é"
    assert text_of(again) == text_of(whole)


def test_the_memory_of_pasts_is_bounded_and_the_oldest_go_first() -> None:
    model = Counted()
    backend = LocalBackend(model)
    size = 17 * model.info.vocabulary_size
    backend.pasts = Pasts(most_bytes=30 * size)
    first = steps(backend.reply(MESSAGES, settings()))
    steps(backend.reply((Message(Role.USER, "e"),), settings()))
    read = model.started
    again = steps(backend.resume(MESSAGES, tokens_of(first)[:10], settings()))
    assert model.started == read + 1
    assert text_of(again) == text_of(first)


def test_a_reply_larger_than_the_memory_is_remembered_in_part() -> None:
    backend = LocalBackend(HashModel())
    backend.pasts = Pasts(most_bytes=5 * 17 * backend.info.vocabulary_size)
    reply = steps(backend.reply(MESSAGES, settings()))
    again = steps(backend.resume(MESSAGES, tokens_of(reply)[:20], settings()))
    assert text_of(again) == text_of(reply)


def test_tokens_beyond_the_context_are_refused() -> None:
    backend = LocalBackend(HashModel())
    length = backend.info.context_length
    if length is None:
        pytest.skip("this model has no end to its context")
    with pytest.raises(UsageError):
        list(backend.resume(MESSAGES, [65] * length, settings()))
