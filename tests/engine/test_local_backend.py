"""A conversation that outgrows what the model can read: something is left out, and that is said."""

from collections.abc import Sequence
from dataclasses import replace

from genchat.engine.contract import Event, Notice, ReplySettings, Step
from genchat.engine.conversation import Message, Prompt, Role
from genchat.engine.local_backend import LocalBackend
from genchat.engine.sampling import SamplingSettings
from tests.engine.gpt import tiny

BACKEND = LocalBackend(tiny.model())  # it reads 16 tokens


def notices(events: list[Event]) -> list[str]:
    return [event.key for event in events if isinstance(event, Notice)]


def reply(*texts: str, tokens: int = 1) -> list[Event]:
    roles = (Role.USER, Role.ASSISTANT)
    messages = [Message(roles[index % 2], text) for index, text in enumerate(texts)]
    return list(BACKEND.reply(messages, ReplySettings(SamplingSettings(seed=3), tokens)))


def test_turns_that_no_longer_fit_are_counted() -> None:
    events = reply("abc", "abc", "ab")
    assert events[0] == Notice("chat.oldest_turns_dropped", {"count": 2})
    assert notices(events) == ["chat.oldest_turns_dropped"]
    assert notices(reply("ab")) == []


def test_a_message_that_is_too_long_by_itself_is_told_so() -> None:
    assert notices(reply("abcdefgh" * 4)) == ["chat.newest_message_cut"]


def test_a_text_that_outgrows_the_model_is_told_once_where_it_does() -> None:
    settings = ReplySettings(SamplingSettings(seed=3), 30)
    events = list(BACKEND.complete("abcdefgh", settings))
    steps = [event for event in events if isinstance(event, Step)]
    assert len(steps) > 9, "another seed is needed: the text ended early"
    assert notices(events) == ["chat.context_full"]
    assert events.index(Notice("chat.context_full", {"tokens": 16})) == 9
    short = list(BACKEND.complete("abcdefgh", ReplySettings(SamplingSettings(seed=3), 9)))
    assert notices(short) == []
    assert isinstance(next(BACKEND.complete("abcdefgh" * 3, settings)), Notice)


def test_a_long_context_leaves_more_room_for_the_reply() -> None:
    """A reply of the usual length then fits without its beginning being forgotten."""
    asked: list[int | None] = []

    class Template:
        def render(self, messages: Sequence[Message], limit: int | None) -> Prompt:
            asked.append(limit)
            return Prompt((1,), frozenset())

    for length in (16, 256, 1024, 8192, 32768):
        model = tiny.model()
        model.info = replace(model.info, context_length=length)
        LocalBackend(model, Template()).prompt([])
    assert asked == [8, 192, 896, 7680, 32256]
