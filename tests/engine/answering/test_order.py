"""One order in which an answer is tried, whoever gives it."""

from collections.abc import Iterator, Sequence

import pytest

from genchat.engine.answering.composing import COMPOSERS, Composed
from genchat.engine.answering.extractive import ExtractiveBackend
from genchat.engine.answering.order import Asked, answer
from genchat.engine.answering.rag_backend import RagBackend
from genchat.engine.contract import Backend, Event, Finish, Notice, Passages, ReplySettings, Step
from genchat.engine.conversation import Message, Role
from genchat.engine.retrieval.library import Library
from genchat.engine.retrieval.retriever import Retrieval, Retriever
from genchat.engine.retrieval.terms import Language
from genchat.engine.sampling import SamplingSettings
from tests.engine.asking import notices_of
from tests.engine.document_fakes import SayingBackend


class Telling:
    """An Answerer that tells which of its answers was asked for."""

    judges = False

    def __init__(self) -> None:
        self.asked_for = "nothing"

    def courteous(self, asked: Asked, kind: str, language: Language) -> Iterator[Event]:
        self.asked_for = kind
        yield Finish("end")

    def composed(self, asked: Asked, composed: Composed) -> Iterator[Event]:
        self.asked_for = "composed"
        yield Finish("end")

    def found(self, asked: Asked, retrieval: Retrieval) -> Iterator[Event]:
        self.asked_for = "found"
        yield Finish("end")


def said(*questions: str) -> list[Message]:
    return [Message(Role.USER, question) for question in questions]


@pytest.mark.parametrize(
    ("question", "way"),
    [
        ("obrigado!", "thanks"),
        ("", "about"),
        (" \n", "about"),
        ("Monte um cardápio para segunda", "composed"),
        ("quantas calorias tem a tapioca?", "composed"),
        ("Carboidrato à noite engorda?", "found"),
        ("Onde fica a biblioteca municipal de Xanxerê?", "nothing"),
    ],
)
def test_courtesies_come_first_then_what_is_composed_then_what_is_found(
    fitness: Library, question: str, way: str
) -> None:
    telling = Telling()
    events = list(answer(telling, Asked(said(question), ReplySettings()), Retriever(fitness), 5))
    assert telling.asked_for == way
    assert isinstance(events[-1], Finish)
    assert ("retrieval.abstained" in notices_of(events)) == (way == "nothing")


def test_a_conversation_without_messages_is_answered(fitness: Library) -> None:
    telling = Telling()
    assert list(answer(telling, Asked((), ReplySettings()), Retriever(fitness), 5)) == [Finish("end")]
    assert telling.asked_for == "about"


def test_the_first_composer_that_has_an_answer_gives_it(fitness: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("genchat.engine.answering.composing.COMPOSERS", (__name__, *COMPOSERS))
    for question, way in (("toque um samba", "composed"), ("obrigado", "thanks"), ("Posso treinar em jejum?", "found")):
        telling = Telling()
        list(answer(telling, Asked(said(question), ReplySettings()), Retriever(fitness), 5))
        assert telling.asked_for == way


def composed_answer(
    retriever: Retriever, messages: Sequence[Message], seed: int, remote: bool = False
) -> Composed | None:
    """A composer, as the table finds it: by this name in a module."""
    return Composed((), "Pam-pam.", "ear", ()) if "samba" in messages[-1].text else None


def test_a_seed_is_drawn_where_the_settings_have_none() -> None:
    assert Asked((), ReplySettings(SamplingSettings(seed=7))).seed == 7
    drawn = Asked((), ReplySettings())
    assert len({drawn.seed for _ in range(8)}) > 1


@pytest.mark.parametrize("question", ["quantas calorias tem a tapoica?", "Posso treinar em jejun?", "xyzzy plugh"])
@pytest.mark.parametrize("model", [True, False])
def test_sources_come_before_notices_and_both_before_the_text(fitness: Library, question: str, model: bool) -> None:
    quoting: Backend = ExtractiveBackend(Retriever(fitness))
    backend = RagBackend(SayingBackend("Sim [1]."), Retriever(fitness)) if model else quoting
    kinds = [type(event) for event in backend.reply(said(question), ReplySettings())]
    assert kinds[0] is Passages
    text = kinds.index(Step)
    assert all(kind is Notice for kind in kinds[1:text])
