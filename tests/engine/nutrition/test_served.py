"""What was served is remembered as data, across closing and opening; of older answers the text is read."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from genchat.engine.answering.extractive import ExtractiveBackend
from genchat.engine.answering.rag_backend import RagBackend
from genchat.engine.contract import Event, Finish, MessageData, ReplySettings
from genchat.engine.conversation import Message, Role
from genchat.engine.history import HistoryStore, RunStart
from genchat.engine.nutrition.menu import compose
from genchat.engine.nutrition.recipes import Recipe, find_recipes
from genchat.engine.nutrition.served import dishes_data, menu_data, served_dishes, served_menu
from genchat.engine.nutrition.wishes import heard_wish
from genchat.engine.retrieval.library import Library
from genchat.engine.retrieval.retriever import Retriever
from tests.engine.asking import SETTINGS, data_of, talk, text_of
from tests.engine.document_fakes import SayingBackend


@pytest.fixture
def backend(fitness: Library) -> ExtractiveBackend:
    return ExtractiveBackend(Retriever(fitness))


@pytest.fixture
def recipes(fitness: Library) -> list[Recipe]:
    with fitness.reading() as connection:
        return find_recipes(connection)


def answered(text: str = "", data: dict[str, Any] | None = None) -> Message:
    return Message(Role.ASSISTANT, text, data or {})


def menu_in(text: str) -> dict[str, str]:
    return dict(re.findall(r"^• ([^:]+): (.+?) \(", text, re.MULTILINE))


def test_a_menu_is_read_back_from_its_data(recipes: Sequence[Recipe]) -> None:
    menu = compose(heard_wish(["cardápio para segunda e terça"]), recipes, 1)
    (_, first), *_ = menu.days
    message = answered("another text altogether", menu_data(menu))
    assert served_menu(message, recipes, "pt") == first
    served = dict.fromkeys(recipe for _, dishes in menu.days for recipe in dishes.values())
    assert served_dishes(message, recipes) == list(served)


def test_an_answer_with_data_is_not_read_as_text(recipes: Sequence[Recipe]) -> None:
    message = answered(f"• Almoço: {recipes[0].name} (~1 kcal) [1]", dishes_data([recipes[1]]))
    assert served_dishes(message, recipes) == [recipes[1]]
    assert served_menu(message, recipes, "pt") == {}


def test_an_index_made_anew_does_not_lose_the_dish_and_of_two_of_a_name_the_same_is_meant(
    recipes: Sequence[Recipe],
) -> None:
    data = dishes_data([recipes[3]])
    moved = [replace(recipe, chunk=recipe.chunk + 1000) for recipe in recipes]
    assert served_dishes(answered(data=data), moved) == [moved[3]]
    twin = replace(recipes[3], chunk=recipes[3].chunk + 5000)
    assert served_dishes(answered(data=data), [twin, *recipes]) == [recipes[3]]
    assert served_dishes(answered(data=data), []) == []


@pytest.mark.parametrize(
    "ours",
    [
        {},
        {"dishes": 3, "menu": 3},
        {"dishes": [3, {}, {"name": ["x"]}], "menu": []},
        {"menu": [3]},
        {"menu": [{"meals": [1]}]},
        {"menu": [{"meals": {"lunch": 3, "supper": {"name": "x"}}}]},
    ],
)
def test_data_that_someone_else_wrote_serves_nothing(recipes: Sequence[Recipe], ours: dict[str, Any]) -> None:
    message = answered(data={"nutrition": ours})
    assert served_dishes(message, recipes) == []
    assert served_menu(message, recipes, "pt") == {}


@pytest.mark.parametrize("with_data", [True, False], ids=["data", "text of before"])
def test_one_dish_is_changed_and_the_rest_kept(backend: ExtractiveBackend, with_data: bool) -> None:
    answers = talk(backend, "Monte um cardápio para terça", "troque o almoço", with_data=with_data)
    old, new = (menu_in(text_of(events)) for events in answers)
    assert old.keys() == new.keys()
    assert {meal for meal in old if old[meal] != new[meal]} == {"Almoço"}


@pytest.mark.parametrize("with_data", [True, False], ids=["data", "text of before"])
def test_that_means_the_dishes_just_served(backend: ExtractiveBackend, with_data: bool) -> None:
    menu, figures = talk(backend, "Monte um cardápio para terça", "quantas calorias tem isso?", with_data=with_data)
    assert list(menu_in(text_of(menu)).values()) == re.findall(r"^• (.+?) \(", text_of(figures), re.MULTILINE)


def test_a_menu_survives_closing_and_opening_the_conversation(backend: ExtractiveBackend, tmp_path: Path) -> None:
    def say(question: str, name: str | None) -> tuple[str, str]:
        with HistoryStore.open(tmp_path / "history.db") as history:
            conversation = history.new_conversation() if name is None else history.conversation(name)
            past = history.shown(conversation.id)
            asked = history.add_message(conversation, Role.USER, question, past[-1].id if past else None)
            recorder = history.begin_reply(asked, RunStart.of(backend, SETTINGS))
            for event in backend.reply([message.as_message() for message in (*past, asked)], SETTINGS):
                recorder.add(event)
            return recorder.finish().text, conversation.id

    before, name = say("Monte um cardápio para terça", None)
    after, _ = say("troque o almoço", name)
    old, new = menu_in(before), menu_in(after)
    assert {meal for meal in old if old[meal] != new[meal]} == {"Almoço"}


def test_an_answer_that_is_cut_short_claims_nothing(backend: ExtractiveBackend) -> None:
    asked = [Message(Role.USER, "Monte um cardápio para terça")]
    assert data_of(list(backend.reply(asked, SETTINGS)))
    short = list(backend.reply(asked, ReplySettings(SETTINGS.sampling, max_tokens=2)))
    assert short[-1] == Finish("length")
    heard: list[Event] = []
    for event in backend.reply(asked, SETTINGS, lambda: len(heard) > 4):
        heard.append(event)
    for events in (short, heard):
        assert not [event for event in events if isinstance(event, MessageData)]


def test_a_model_that_writes_the_menu_itself_leaves_no_data(fitness: Library) -> None:
    backend = RagBackend(SayingBackend("Arroz e feijão [1]."), Retriever(fitness))
    (events,) = talk(backend, "Monte um cardápio para terça")
    assert data_of(events) == {}
