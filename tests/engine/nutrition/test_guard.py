"""What a model is told, given and checked for where a food is to be left out."""

import pytest

from genchat.engine.answering.extractive import ExtractiveBackend
from genchat.engine.answering.rag_backend import RagBackend
from genchat.engine.conversation import Message, Role
from genchat.engine.nutrition.offers import guard_of, restrictions_of
from genchat.engine.nutrition.recipes import find_recipes
from genchat.engine.nutrition.restrictions import allowed
from genchat.engine.nutrition.wishes import heard_wish
from genchat.engine.retrieval.library import Library
from genchat.engine.retrieval.retriever import Retriever
from tests.engine.asking import notices_of, passages_of, talk, text_of
from tests.engine.document_fakes import SayingBackend
from tests.engine.document_fixtures import Add


def asked(*texts: str) -> list[Message]:
    return [Message(Role.USER, text) for text in texts]


def test_the_restrictions_stand_in_the_prompt_and_only_dishes_that_pass_are_given(fitness: Library) -> None:
    model = SayingBackend("Moqueca [1].")
    question = "monte um cardápio, sou alérgico a amendoim e vegano"
    (events,) = talk(RagBackend(model, Retriever(fitness)), question)
    assert "sem amendoim" in model.heard[0][0].text
    assert "vegano" in model.heard[0][0].text
    restrictions = heard_wish([question]).restrictions
    with fitness.reading() as connection:
        recipes = {recipe.name: recipe for recipe in find_recipes(connection)}
    given = [name for item in passages_of(events).items for name in recipes if f"## {name}\n" in item.text]
    assert len(given) >= 5
    assert all(allowed(recipes[name], restrictions) for name in given)


@pytest.mark.parametrize(
    ("said", "marked"), [("Coma banana com paçoca.", True), ("Experimente granola.", True), ("Coma arroz.", False)]
)
def test_a_forbidden_food_in_what_a_model_wrote_is_marked(fitness: Library, said: str, marked: bool) -> None:
    model = RagBackend(SayingBackend(said), Retriever(fitness))
    (events,) = talk(model, "sugira um lanche, sou alérgico a amendoim")
    assert ("retrieval.forbidden_food" in notices_of(events)) == marked


def test_the_name_of_a_dish_that_passed_is_not_marked(fitness: Library) -> None:
    model = RagBackend(SayingBackend("Panqueca verde com ricota [1]."), Retriever(fitness))
    (events,) = talk(model, "sugira um jantar sem amendoim")
    assert "retrieval.forbidden_food" not in notices_of(events)


@pytest.mark.parametrize("question", ["cardápio sem xyz", "cardápio halal", "cardápio para diabéticos"])
def test_a_model_is_not_asked_where_no_dish_may_be_offered(fitness: Library, question: str) -> None:
    model = SayingBackend("Bife.")
    (events,) = talk(RagBackend(model, Retriever(fitness)), question)
    assert model.heard == []
    assert "Bife" not in text_of(events)


def test_quotations_leave_out_what_was_refused(add: Add) -> None:
    library = add(
        {
            "antes.md": "# Antes do treino\n\nAntes do treino coma banana com pasta de amendoim.",
            "depois.md": "# Água\n\nBeba água antes do treino e coma uma banana.",
        }
    )
    backend = ExtractiveBackend(Retriever(library))
    text = text_of(talk(backend, "O que como antes do treino? Sou alérgico a amendoim.")[-1])
    assert "amendoim" not in text
    assert "banana" in text


def test_without_recipes_or_documents_no_dish_is_made_up(add: Add, library: Library) -> None:
    empty = text_of(talk(ExtractiveBackend(Retriever(library)), "cardápio sem leite")[-1])
    assert empty.startswith("Não há receitas")
    backend = ExtractiveBackend(Retriever(add({"a.md": "# Leite\n\nO cardápio leva leite no lanche."})))
    assert "lanche" not in text_of(talk(backend, "cardápio sem leite")[-1])


def test_a_question_about_an_allergy_is_not_guarded() -> None:
    assert guard_of(asked("Quem tem alergia à proteína do leite pode usar leite sem lactose?")) is None
    assert guard_of(asked("O que é lactose?")) is None
    assert [each.text for each in restrictions_of(asked("sou celíaca", "o que posso comer?")).items] == ["celíaco"]
