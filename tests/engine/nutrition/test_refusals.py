"""No food that was refused is ever offered; no title names what did not filter; sums are right."""

import random
import re
from collections.abc import Sequence

import pytest

from genchat.engine.answering.extractive import ExtractiveBackend
from genchat.engine.nutrition.menu import compose
from genchat.engine.nutrition.recipes import Recipe, find_recipes
from genchat.engine.nutrition.restrictions import allowed
from genchat.engine.nutrition.wishes import heard_wish
from genchat.engine.retrieval.library import Library
from genchat.engine.retrieval.retriever import Retriever
from tests.engine.asking import talk, text_of
from tests.engine.document_fixtures import Add
from tests.engine.nutrition.wish_generator import (
    FOODS,
    Refusal,
    all_refusals,
    all_refusals_in_context,
    plain,
    some_refusals,
)

SAMPLE = 40  # wishes of the fast part, each with a seed of its own
IN_CONTEXT = 12_000  # of the wishes beside other foods, in the slow part
SEEDS = 20
OWN_RECIPES = """# Minhas receitas

## Espaguete ao pesto
Ingredientes
- 200 g de espaguete
- 3 colheres de sopa de molho pesto
- queijo parmesão ralado

Modo de preparo
Cozinhe e misture.

## Arroz frito oriental
Ingredientes
- 2 xícaras de arroz cozido
- 2 colheres de sopa de molho shoyu
- 100 g de camarão
- 1 colher de chá de óleo de gergelim

Modo de preparo
Refogue tudo.

## Sanduíche de presunto
Ingredientes
- 2 fatias de pão de forma
- 2 fatias de presunto
- 1 colher de chá de mostarda

Modo de preparo
Monte.

## Salada de frutas com mel
Ingredientes
- 1 banana
- 1 maçã
- 1 colher de sopa de mel

Modo de preparo
Misture.

## Chicken salad
Ingredients
- 200 g chicken breast
- 2 tbsp peanut butter
- 1 tbsp honey
- lettuce

Method
Mix.

## Frango da vovó
Ingredientes
- 500 g de frango
- 1 pacote de tempero pronto

Modo de preparo
Asse.

## Surpresa da casa

Modo de preparo
Leve ao forno com queijo e amendoim.
"""


@pytest.fixture
def recipes(fitness: Library, add: Add) -> list[Recipe]:
    add({"minhas.md": OWN_RECIPES}, "minhas")
    with fitness.reading() as connection:
        return find_recipes(connection)


@pytest.fixture
def backend(fitness: Library, recipes: list[Recipe]) -> ExtractiveBackend:
    return ExtractiveBackend(Retriever(fitness))


def offered(text: str, recipes: Sequence[Recipe]) -> list[Recipe]:
    lines = re.findall(r"^• (?:[^:\n]+: )?(.+?)(?: \(.*)? \[\d+\]$", text, re.MULTILINE)
    named = {recipe.name: recipe for recipe in recipes}
    return [named[name] for name in lines if name in named]


def assert_nothing_refused(refusal: Refusal, text: str, recipes: Sequence[Recipe]) -> None:
    for recipe in offered(text, recipes):
        assert not refusal.food.is_in("\n".join(recipe.ingredients)), (refusal.text, recipe.name)
        assert recipe.name not in ("Frango da vovó", "Surpresa da casa"), refusal.text


def check_sums(text: str) -> None:
    for block in text.split("\n\n"):
        total = re.search(r"(?:cerca de|about) ([\d.,]+) kcal", block)
        dishes = re.findall(r"^• .*?~([\d.,]+) kcal", block, re.MULTILINE)
        if total and len(dishes) > 1:
            assert sum(int(re.sub(r"\D", "", each)) for each in dishes) == int(re.sub(r"\D", "", total[1])), block


def check_title(text: str, recipes: Sequence[Recipe]) -> None:
    """What a title says the dishes are without keeps at least one dish out, and no dish has it by its plain name."""
    for food in re.findall(r"(?:sem|without) ([^,()]+)", text.partition("\n")[0]):
        alone = heard_wish([f"sem {food}"]).restrictions
        assert alone.items, text
        assert all(allowed(recipe, alone) for recipe in offered(text, recipes)), text


def test_no_refused_food_is_offered(backend: ExtractiveBackend, recipes: list[Recipe]) -> None:
    for seed, refusal in enumerate(some_refusals(0, SAMPLE)):
        text = text_of(talk(backend, refusal.text, seed=seed)[-1])
        assert_nothing_refused(refusal, text, recipes)
        check_sums(text)
        check_title(text, recipes)


def test_allergies_hold_on_over_a_conversation(backend: ExtractiveBackend, recipes: list[Recipe]) -> None:
    for seed, refusal in enumerate(some_refusals(99, 60)):
        if "alérg" in refusal.text or "allerg" in refusal.text:
            for events in talk(backend, refusal.text, "monte um cardápio para a semana", "troque o almoço", seed=seed):
                assert_nothing_refused(refusal, text_of(events), recipes)


@pytest.mark.slow
def test_no_refused_food_passes_in_any_form_or_spelling(recipes: list[Recipe]) -> None:
    """Whatever seed draws the menu, it draws from dishes that pass."""
    betrayed = {food: [recipe for recipe in recipes if food.is_in("\n".join(recipe.ingredients))] for food in FOODS}
    in_context = random.Random(1).sample(list(all_refusals_in_context()), IN_CONTEXT)
    for refusal in (*all_refusals(), *in_context):
        restrictions = heard_wish([refusal.text]).restrictions
        for recipe in betrayed[refusal.food]:
            assert not allowed(recipe, restrictions), (refusal.text, recipe.name)


@pytest.mark.slow
def test_no_refused_food_is_offered_with_any_seed(backend: ExtractiveBackend, recipes: list[Recipe]) -> None:
    for refusal in some_refusals(7, 150):
        text = text_of(talk(backend, refusal.text, seed=1)[-1])
        assert_nothing_refused(refusal, text, recipes)
        check_sums(text)
        check_title(text, recipes)
    for refusal in some_refusals(8, 40):
        wish = heard_wish([refusal.text])
        for seed in range(SEEDS):
            for recipe in compose(wish, recipes, seed).dishes:
                assert not refusal.food.is_in("\n".join(recipe.ingredients)), (refusal.text, recipe.name)


def test_the_oracle_sees_what_it_is_for(recipes: list[Recipe]) -> None:
    """A test that could not fail would be worth nothing: every food stands in a recipe that is offered without it."""
    for refusal in {each.food.portuguese: each for each in all_refusals()}.values():
        assert any(refusal.food.is_in("\n".join(recipe.ingredients)) for recipe in recipes), refusal.food
    assert plain("Açaí") == "acai"


def test_an_unknown_ingredient_keeps_its_dish_out_and_is_named(backend: ExtractiveBackend) -> None:
    text = text_of(talk(backend, "receitas sem glúten com frango")[-1])
    assert "Frango da vovó" not in text
    assert "tempero" in text.rpartition("Não sei o que há em:")[2]


def test_what_was_not_understood_gets_words_and_no_dish(backend: ExtractiveBackend, recipes: list[Recipe]) -> None:
    for question in ("cardápio sem xyz", "receitas sem leite nem blorbo", "a menu without qwerty", "cardápio halal"):
        text = text_of(talk(backend, question)[-1])
        assert offered(text, recipes) == []
    assert "xyz" in text_of(talk(backend, "cardápio sem xyz")[-1])


def test_a_contradiction_is_told_and_the_restriction_counts(backend: ExtractiveBackend, recipes: list[Recipe]) -> None:
    text = text_of(talk(backend, "cardápio vegano com frango")[-1])
    assert "Você pediu frango" in text
    assert all("frango" not in plain(" ".join(recipe.ingredients)) for recipe in offered(text, recipes))


def test_where_all_is_excluded_it_is_said_by_what(backend: ExtractiveBackend, recipes: list[Recipe]) -> None:
    text = text_of(talk(backend, "cardápio vegano sem legumes, sem frutas, sem leguminosas e sem glúten")[-1])
    assert offered(text, recipes) == []
    assert "O que mais exclui:" in text


def test_a_state_of_health_gets_the_documents_words_and_no_menu(
    backend: ExtractiveBackend, recipes: list[Recipe]
) -> None:
    text = text_of(talk(backend, "monte um cardápio para diabéticos")[-1])
    assert offered(text, recipes) == []
    assert re.search("“[^”]*diabetes[^”]*” \\[1\\]", text)
    assert "médico" in text
    assert "não dizem nada sobre ácido úrico" in text_of(talk(backend, "cardápio para quem tem ácido úrico")[-1])
