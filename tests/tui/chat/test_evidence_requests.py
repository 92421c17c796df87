"""Asking why: one question at a time, the newest next, none for tokens passed by, little while a reply runs."""

import threading

from genchat.engine.conversation import Message, Role
from genchat.engine.evidence import NoEvidence
from genchat.tui.chat.dialogue import Turn
from genchat.tui.chat.evidence_requests import EvidenceRequests, Question
from genchat.tui.chat.token_records import TokenRecord
from tests.tui.support import script


class _Desk:
    """Requests with a clock of their own; `asked` holds the indexes that were asked."""

    def __init__(self) -> None:
        self.now = 0.0
        self.asked: list[int] = []
        self.turn = Turn(Role.ASSISTANT)
        self.requests = EvidenceRequests(lambda question: self.asked.append(question.index), lambda: self.now)

    def want(self, index: int) -> None:
        prompt = (Message(Role.USER, "hi"),)
        self.requests.want(Question(self.turn, index, script("x")(), threading.Lock(), prompt))

    def answer(self, index: int, seconds: float = 0.0) -> None:
        self.requests.answered(self.turn, index, NoEvidence(), seconds)


def test_a_token_passed_by_is_not_asked_about() -> None:
    desk = _Desk()
    for index in range(5):
        desk.want(index)
        desk.now += 0.02
        desk.requests.poll(streaming=False)
    assert desk.asked == []
    desk.now += 0.1
    desk.requests.poll(streaming=False)
    assert desk.asked == [4]


def test_one_question_at_a_time_and_then_the_newest() -> None:
    desk = _Desk()
    desk.want(0)
    desk.now += 1
    desk.requests.poll(streaming=False)
    desk.want(1)
    desk.want(2)
    desk.now += 1
    desk.requests.poll(streaming=False)
    assert desk.asked == [0]
    desk.answer(0)
    desk.requests.poll(streaming=False)
    assert desk.asked == [0, 2]


def test_while_a_reply_runs_questions_take_a_tenth_of_the_time() -> None:
    desk = _Desk()
    desk.want(0)
    desk.requests.poll(streaming=True)
    desk.now += 0.5
    desk.answer(0, seconds=0.5)
    desk.want(1)
    desk.now += 4
    desk.requests.poll(streaming=True)
    assert desk.asked == [0]
    desk.now += 1
    desk.requests.poll(streaming=True)
    assert desk.asked == [0, 1]


def test_answers_are_remembered_until_another_conversation_is_shown() -> None:
    desk = _Desk()
    desk.answer(3)
    assert desk.requests.known(desk.turn, 3) == (True, NoEvidence())
    desk.requests.forget()
    assert desk.requests.known(desk.turn, 3) == (False, None)


def test_nothing_is_asked_where_a_token_before_is_unknown() -> None:
    turn = Turn(Role.ASSISTANT, records=[TokenRecord(0, None, "a", "a"), TokenRecord(1, 5, "b", "b")])
    question = Question(turn, 1, script("x")(), threading.Lock(), ())
    assert question.ask() is None
