"""Asking a backend that answers from documents, and reading what came."""

from collections.abc import Mapping, Sequence
from typing import Any

from genchat.engine.contract import Backend, Event, MessageData, Notice, Passages, ReplySettings, Step
from genchat.engine.conversation import Message, Role
from genchat.engine.sampling import SamplingSettings

SETTINGS = ReplySettings(SamplingSettings(seed=1), max_tokens=2000)


def talk(backend: Backend, *questions: str, seed: int = 1, with_data: bool = True) -> list[list[Event]]:
    """The events of every answer of a conversation; each question is asked after the answers before it.

    Without data, the answers before it come back as their text alone, as from a history kept before there was data.
    """
    settings = ReplySettings(SamplingSettings(seed=seed), max_tokens=2000)
    messages: list[Message] = []
    answers = []
    for question in questions:
        messages.append(Message(Role.USER, question))
        events = list(backend.reply(tuple(messages), settings))
        messages.append(Message(Role.ASSISTANT, text_of(events), data_of(events) if with_data else {}))
        answers.append(events)
    return answers


def text_of(events: Sequence[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Step))


def data_of(events: Sequence[Event]) -> Mapping[str, Any]:
    return next((event.values for event in events if isinstance(event, MessageData)), {})


def passages_of(events: Sequence[Event]) -> Passages:
    return next(event for event in events if isinstance(event, Passages))


def notices_of(events: Sequence[Event]) -> list[str]:
    return [event.key for event in events if isinstance(event, Notice)]
