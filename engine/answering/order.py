"""The order in which an answer from documents is tried, for whoever gives it.

1. What is no question (a courtesy, an empty message) is answered without looking anything up.
2. What documents hold in orderly form is composed: menus, recipes, figures.
3. What a search finds is answered from: quoted where it is enough, or given to a model, which judges it itself.
4. Where nothing was found, or what is to be quoted is only the nearest miss, the documents do not hold it.
"""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from genchat.engine.answering.answers import not_found
from genchat.engine.answering.composing import Composed, compose_answer, guards_of
from genchat.engine.answering.courtesy import courtesy
from genchat.engine.answering.follow_ups import standing_alone
from genchat.engine.contract import Event, Notice, ReplySettings, StopSignal
from genchat.engine.conversation import Message
from genchat.engine.retrieval.retriever import Retrieval, Retriever
from genchat.engine.retrieval.terms import Language, detect_language


@dataclass(frozen=True)
class Asked:
    """What a backend was asked, as `Backend.reply` gets it."""

    messages: Sequence[Message]
    settings: ReplySettings
    should_stop: StopSignal | None = None

    @property
    def seed(self) -> int:
        """The seed of the settings, or a fresh one."""
        wanted = self.settings.sampling.seed
        return secrets.randbits(32) if wanted is None else wanted


class Answerer(Protocol):
    """How one backend gives each kind of answer; all of them end with a Finish.

    One that `judges` reads the passages and says itself where they do not answer.
    """

    judges: bool

    def courteous(self, asked: Asked, kind: str, language: Language) -> Iterator[Event]:
        """Answer what is no question; `kind` is one of `answering.courtesy`."""
        ...

    def composed(self, asked: Asked, composed: Composed) -> Iterator[Event]:
        """Give an answer that was put together, or have a model write it from the same sources."""
        ...

    def found(self, asked: Asked, retrieval: Retrieval) -> Iterator[Event]:
        """Answer from passages: enough of them, unless it judges."""
        ...


def answer(
    answerer: Answerer, asked: Asked, retriever: Retriever, passages: int, *, remote: bool = False
) -> Iterator[Event]:
    """Answer the last question from at most so many passages. Raises DocumentsError, and what `answerer` raises.

    With `remote`, nothing of a collection kept local is used.
    """
    question, before = standing_alone(asked.messages)
    polite = courtesy(asked.messages[-1].text) if question.strip() else ("about", detect_language(question))
    if polite is not None:
        yield from answerer.courteous(asked, *polite)
        return
    composed = compose_answer(retriever, asked.messages, asked.seed, remote)
    if composed is not None:
        yield from answerer.composed(asked, composed)
        return
    retrieval = _guarded(retriever.retrieve(question, passages, remote, before), asked.messages)
    if retrieval.passages and (retrieval.enough or answerer.judges):
        yield from answerer.found(asked, retrieval)
        return
    yield retrieval.nearest_miss
    yield from retrieval.notices
    yield from not_found(retrieval, asked.settings, asked.should_stop)


def _guarded(retrieval: Retrieval, messages: Sequence[Message]) -> Retrieval:
    """Without the passages that name what the person asked to leave out."""
    for guard in guards_of(messages):
        kept = guard.passages(retrieval.passages)
        left_out = len(retrieval.passages) - len(kept)
        if left_out:
            told = Notice("retrieval.passages_left_out", {"count": left_out})
            retrieval = replace(retrieval, passages=tuple(kept), notices=(*retrieval.notices, told))
    return retrieval
