"""Answers put together from what documents hold in orderly form: what such an answer is, and who composes them.

A room that composes or guards answers stands in a table as text and knows this module; nothing here knows such a room.
"""

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from genchat.engine.contract import Notice, Passage, Passages
from genchat.engine.conversation import Message
from genchat.engine.retrieval.retriever import Retriever
from genchat.engine.retrieval.terms import Language

GUARDS: tuple[str, ...] = ("genchat.engine.nutrition.offers",)  # modules with a `guard_of`
# Modules with a `composed_answer`, in order.
COMPOSERS: tuple[str, ...] = ("genchat.engine.nutrition.composed", "genchat.engine.answering.tables.composed")


@dataclass(frozen=True)
class Composed:
    """An answer with its sources, numbered as the text cites them.

    `choice` are the sources a model is given to write the answer itself; `data` is what the composer wants to find
    beside this answer when the conversation goes on, as plain JSON values under the composer's own name. What is
    `final` is said as it stands, whoever answers.
    """

    items: tuple[Passage, ...]
    text: str
    retriever: str
    choice: tuple[int, ...]  # chunks
    data: Mapping[str, Any] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    final: bool = False

    @property
    def event(self) -> Passages:
        """As the contract wants it."""
        return Passages(self.items, self.retriever)


class Guard(Protocol):
    """What a conversation asks to be kept out of its answers, and how an answer is kept to that."""

    def passages(self, found: Sequence[Passage]) -> list[Passage]:
        """The passages that may be answered from, numbered anew."""
        ...

    def rule(self, language: Language) -> str:
        """What a model is told."""
        ...

    def remarks(self, text: str, given: Sequence[Passage]) -> list[Notice]:
        """What has to be said of a text that a model wrote from given passages."""
        ...


class Composer(Protocol):
    """What `composed_answer` of a composing module is."""

    def __call__(
        self, retriever: Retriever, messages: Sequence[Message], seed: int, remote: bool = False
    ) -> Composed | None:
        """The answer to the last of `messages`; None where it is not this composer's to give. Raises DocumentsError.

        With `remote`, nothing of a collection kept local is used.
        """
        ...


def guards_of(messages: Sequence[Message]) -> list[Guard]:
    """What the answer to the last of `messages` has to be kept to; mostly nothing."""
    found = (importlib.import_module(module).guard_of(messages) for module in GUARDS)
    return [guard for guard in found if guard is not None]


def compose_answer(
    retriever: Retriever, messages: Sequence[Message], seed: int, remote: bool = False
) -> Composed | None:
    """The answer of the first composer that has one; None where the documents have to be searched."""
    for module in COMPOSERS:
        composer: Composer = importlib.import_module(module).composed_answer
        composed = composer(retriever, messages, seed, remote)
        if composed is not None:
            return composed
    return None
