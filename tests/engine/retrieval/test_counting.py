"""What a question counts has to stand near the answer."""

import pytest

from genchat.engine.retrieval.expectation import counted
from genchat.engine.retrieval.retriever import Retriever
from tests.engine.document_fixtures import Add


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("How many children use it?", ("how", "many", "children", "use", "it")),
        ("De quantas salas a escola precisa?", ("quantas", "salas", "a", "escola", "precisa")),
        ("Who founded it?", ()),
        ("museu de pontes", ()),
    ],
)
def test_what_is_counted_follows_the_asking(question: str, words: tuple[str, ...]) -> None:
    assert counted(question) == words


def test_a_number_of_something_else_is_weaker_evidence(add: Add) -> None:
    text = "O museu da ponte abriu em 1984 e tem 12 salas. O museu da ponte fica perto do rio, a 300 metros da praça."
    retriever = Retriever(add({"museu.txt": text, "outro.txt": "As crianças gostam de jogar bola na rua da escola."}))
    rooms, children = (
        retriever.retrieve(f"Quantas {things} tem o museu da ponte?") for things in ("salas", "crianças")
    )
    assert next(answer.counted for answer in rooms.answers_in(rooms.passages[0])) == 1.0
    museum = next(each for each in children.passages if each.source == "museu.txt")
    assert all(answer.counted == 0.0 for answer in children.answers_in(museum))
    assert children.evidence < rooms.evidence
