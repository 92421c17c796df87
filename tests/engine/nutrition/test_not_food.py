"""Questions about other things are none about food, however much a word of theirs looks like one."""

import pytest

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
