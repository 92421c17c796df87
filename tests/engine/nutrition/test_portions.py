"""Days brought to an amount of energy, and what a menu says of it."""

import re

import pytest

from genchat.engine.answering.extractive import ExtractiveBackend
from genchat.engine.nutrition.menu import compose
from genchat.engine.nutrition.portions import NEAR
from genchat.engine.nutrition.recipes import find_recipes
from genchat.engine.nutrition.wishes import heard_wish
from genchat.engine.retrieval.library import Library
from genchat.engine.retrieval.retriever import Retriever
from tests.engine.asking import talk, text_of


@pytest.mark.parametrize("kcal", range(1000, 3600, 200))
def test_an_energy_goal_is_met_within_five_in_a_hundred(fitness: Library, kcal: int) -> None:
    with fitness.reading() as connection:
        recipes = find_recipes(connection)
    for seed in range(5):
        (day,) = compose(heard_wish([f"cardápio de {kcal} kcal"]), recipes, seed).eaten
        assert day.kcal is not None
        assert abs(day.kcal - kcal) <= NEAR * kcal


def test_a_limit_is_kept_and_a_goal_of_protein_reached(fitness: Library) -> None:
    with fitness.reading() as connection:
        recipes = find_recipes(connection)
    for seed in range(5):
        (day,) = compose(heard_wish(["cardápio de até 1.300 kcal"]), recipes, seed).eaten
        assert day.kcal is not None
        assert day.kcal <= 1300
        (rich,) = compose(heard_wish(["cardápio com 130 g de proteína"]), recipes, seed).eaten
        assert rich.protein is not None
        assert rich.protein >= 130


@pytest.mark.parametrize(("count", "lines"), [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6)])
def test_as_many_meals_as_were_asked_for(fitness: Library, count: int, lines: int) -> None:
    text = text_of(talk(ExtractiveBackend(Retriever(fitness)), f"cardápio com {count} refeições por dia")[-1])
    assert len(re.findall("^• ", text, re.MULTILINE)) == lines


def test_by_how_much_a_goal_is_missed_is_said(fitness: Library) -> None:
    backend = ExtractiveBackend(Retriever(fitness))
    assert "Faltam" in text_of(talk(backend, "cardápio de 9000 kcal")[-1])
    assert "além das 300 kcal" in text_of(talk(backend, "cardápio de 300 kcal")[-1])
    text = text_of(talk(backend, "monte um cardápio de 2500 kcal para ganhar massa", seed=4)[-1])
    total = int(re.sub(r"\D", "", (re.search(r"cerca de ([\d.]+) kcal e", text) or [""])[1]))
    assert abs(total - 2500) <= 125
    assert "Você pediu 2.500 kcal" in text or "É o que você pediu" in text


def test_the_people_are_counted(fitness: Library) -> None:
    text = text_of(talk(ExtractiveBackend(Retriever(fitness)), "cardápio para 4 pessoas")[-1])
    assert "Para 4 pessoas" in text
