"""Questions about other things are none about food, however much a word of theirs looks like one."""

import pytest

from genchat.engine.conversation import Message, Role
from genchat.engine.nutrition.offers import restrictions_of
from genchat.engine.nutrition.requests import is_about_food


@pytest.mark.parametrize(
    "line",
    [
        "learning rate",
        "early stopping",
        "which tool option asks again when the page has moved?",
        "dados da Ana Lima",
        "explain padding briefly, please",
        "função de ativação",
    ],
)
def test_a_word_that_looks_like_food_is_no_wish(line: str) -> None:
    assert not is_about_food([line])


@pytest.mark.parametrize(
    "line", ["sem latose", "vegetarino", "fujo de amendoim", "sem xyz", "monte um cardápio", "what can I eat?"]
)
def test_food_is_heard_as_it_is_typed(line: str) -> None:
    assert is_about_food([line])


@pytest.mark.parametrize(
    ("wish", "foods"),
    [("hold the onions. and garlic. both hurt", {"cebola", "alho"}), ("glutenfree bread please", {"glúten"})],
)
def test_a_refusal_goes_on_past_a_full_stop_and_without_a_hyphen(wish: str, foods: set[str]) -> None:
    refused = restrictions_of([Message(Role.USER, wish)])
    keys = {key for item in refused.items for key in item.kinds}
    assert foods <= keys, refused
