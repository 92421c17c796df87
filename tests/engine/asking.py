"""Asking a backend that answers from documents, and reading what came."""

from collections.abc import Sequence

from genchat.engine.contract import Backend, Event, Notice, Passages, ReplySettings, Step
from genchat.engine.conversation import Message, Role
from genchat.engine.sampling import SamplingSettings

SETTINGS = ReplySettings(SamplingSettings(seed=1), max_tokens=2000)


def talk(backend: Backend, *questions: str, seed: int = 1) -> list[list[Event]]:
    """The events of every answer of a conversation; each question is asked after the answers before it."""
    settings = ReplySettings(SamplingSettings(seed=seed), max_tokens=2000)
    messages: list[Message] = []
    answers = []
    for question in questions:
        messages.append(Message(Role.USER, question))
        events = list(backend.reply(tuple(messages), settings))
        messages.append(Message(Role.ASSISTANT, text_of(events)))
        answers.append(events)
    return answers


def text_of(events: Sequence[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Step))


def passages_of(events: Sequence[Event]) -> Passages:
    return next(event for event in events if isinstance(event, Passages))


def notices_of(events: Sequence[Event]) -> list[str]:
    return [event.key for event in events if isinstance(event, Notice)]
