"""Recipes in the forms people have them: headings, plain text, web pages, tables."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genchat.engine.answering.extractive import ExtractiveBackend
from genchat.engine.nutrition.recipe_tables import dish_columns
from genchat.engine.nutrition.recipes import MEALS, Recipe, find_recipes, recipes_of
from genchat.engine.retrieval.library import Library
from genchat.engine.retrieval.recipe_markup import recipes_as_text
from genchat.engine.retrieval.retriever import Retriever
from tests.engine.asking import talk, text_of
from tests.engine.document_fixtures import Add

MARKDOWN = """# Doces

## Bolo de cenoura

Uma receita de família.

**Ingredientes**

- 3 cenouras
- 2 xícaras de farinha de trigo

**Modo de preparo**

1. Bata.

## Salada

### Ingredients (serves 2)

* 1 lettuce
* 2 tomatoes

### Directions

Mix.
"""
PLAIN = """BOLO DE MILHO
Rende 8 porções - 45 min

Ingredientes:
2 espigas de milho
3 ovos
Cobertura:
coco ralado

Modo de preparo:
Bata tudo e asse.
Sirva frio.

Sopa de legumes

Ingredientes
- 2 cenouras
- 1 batata

Modo de fazer
Cozinhe.
"""
PAGE = (
    "<html><head><title>Blog</title><script type='application/ld+json'>{}</script></head><body><p>Oi.</p></body></html>"
)
MARKUP = {
    "@context": "https://schema.org",
    "@graph": [
        {"@type": "WebPage", "name": "x"},
        {
            "@type": ["Recipe"],
            "name": "Lentil curry",
            "recipeYield": ["4 servings"],
            "totalTime": "PT1H10M",
            "recipeCategory": "Dinner",
            "recipeIngredient": ["200 g red lentils", "1 onion", "400 ml coconut milk"],
            "recipeInstructions": [{"@type": "HowToStep", "text": "Cook the <b>lentils</b>."}],
            "nutrition": {"@type": "NutritionInformation", "calories": "420 calories", "proteinContent": "18 g"},
            "suitableForDiet": "https://schema.org/VeganDiet",
        },
    ],
}
_KEYS = "@type name recipeIngredient recipeInstructions nutrition recipeYield totalTime calories".split()  # noqa: SIM905
MARKUPS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_KEYS), inner | st.just("Recipe"), max_size=6)
    ),
    max_leaves=20,
)
TABLE = """prato;refeição;ingredientes;kcal;proteína (g);tempo
Arroz com ovo;almoço;arroz, 2 ovos, alho;450;16,5;20
Iogurte com mel;lanche;"iogurte natural, mel";200;8;5
Só arroz;jantar;;300;5;15
;almoço;nada;1;1;1
"""


def in_library(library: Library) -> dict[str, Recipe]:
    with library.reading() as connection:
        return {recipe.name: recipe for recipe in find_recipes(connection)}


def test_a_heading_with_ingredients_and_method_is_a_recipe(add: Add) -> None:
    found = in_library(add({"doces.md": MARKDOWN}))
    assert set(found) == {"Bolo de cenoura", "Salada"}
    assert found["Bolo de cenoura"].ingredients == ("3 cenouras", "2 xícaras de farinha de trigo")
    assert found["Bolo de cenoura"].meals == {"snack"}
    assert found["Salada"].ingredients == ("1 lettuce", "2 tomatoes")
    assert found["Salada"].method.strip() == "Mix."


def test_plain_text_with_recipes_one_after_another(add: Add) -> None:
    found = in_library(add({"receitas.txt": PLAIN}))
    assert set(found) == {"BOLO DE MILHO", "Sopa de legumes"}
    first = found["BOLO DE MILHO"]
    assert first.ingredients == ("2 espigas de milho", "3 ovos", "coco ralado")
    assert (first.servings, first.minutes) == (8, 45)
    assert found["Sopa de legumes"].meals == {"dinner"}


def test_the_chunk_of_a_long_recipe_is_where_its_list_stands(add: Add) -> None:
    steps = "\n".join(f"{number}. Mexa bem a panela por mais um minuto inteiro." for number in range(60))
    text = f"# Livro\n\n## Ensopado\n\nIngredientes\n- 1 batata\n- 2 tomates\n\nModo de preparo\n{steps}\n"
    library = add({"livro.md": text})
    (recipe,) = in_library(library).values()
    assert recipe.ingredients == ("1 batata", "2 tomates")
    document = library.documents()[0]
    assert len(list(library.chunks(document))) > 2
    with library.reading() as connection:
        (text,) = connection.execute("SELECT text FROM docs_chunk WHERE id = ?", (recipe.chunk,)).fetchone()
    assert "Ingredientes" in text[slice(*recipe.facts)]


def test_the_markup_of_a_web_page_is_read(add: Add) -> None:
    (recipe,) = in_library(add({"curry.html": PAGE.format(json.dumps(MARKUP))})).values()
    assert recipe.name == "Lentil curry"
    assert recipe.meals == {"dinner"}
    assert recipe.ingredients == ("200 g red lentils", "1 onion", "400 ml coconut milk")
    assert (recipe.kcal, recipe.protein, recipe.minutes, recipe.servings) == (420, 18, 70, 4)
    assert "vegan" in recipe.suits
    assert "Cook the lentils." in recipe.method


@pytest.mark.parametrize(
    "script", ["", "{", "[[[[", '{"@type": "Recipe"}', '{"@type": "Recipe", "name": 3}', "[" * 5000]
)
def test_markup_that_is_none_is_passed_over(script: str) -> None:
    assert recipes_as_text(script) == ""


@given(MARKUPS)
@settings(max_examples=80, deadline=None)
def test_any_markup_is_survived(value: object) -> None:
    assert isinstance(recipes_as_text(json.dumps(value)), str)


def test_a_table_of_dishes_is_read(add: Add) -> None:
    found = in_library(add({"pratos.csv": TABLE}))
    assert set(found) == {"Arroz com ovo", "Iogurte com mel", "Só arroz"}
    rice = found["Arroz com ovo"]
    assert rice.ingredients == ("arroz", "2 ovos", "alho")
    assert (rice.kcal, rice.protein, rice.minutes) == (450, 16.5, 20)
    assert rice.meals == {"lunch"}
    assert found["Só arroz"].ingredients == ()


def test_a_table_drawn_with_bars_is_read() -> None:
    text = "| Dish | Ingredients | kcal |\n|---|:-:|--:|\n| Rice and beans | rice; beans | 400 |\n"
    (recipe,) = recipes_of(1, [], text)
    assert (recipe.name, recipe.ingredients, recipe.kcal) == ("Rice and beans", ("rice", "beans"), 400)


@pytest.mark.parametrize(
    "columns", [["alimento", "porcao", "kcal"], ["nome", "ano"], ["name", "salary"], [], ["disciplina", "professor"]]
)
def test_other_tables_are_no_dishes(columns: list[str]) -> None:
    assert dish_columns(columns) is None


def test_dishes_of_every_form_are_offered_and_without_ingredients_only_without_restrictions(add: Add) -> None:
    files = {"pratos.csv": TABLE, "receitas.txt": PLAIN, "curry.html": PAGE.format(json.dumps(MARKUP))}
    backend = ExtractiveBackend(Retriever(add(files)))
    assert "Só arroz" in text_of(talk(backend, "sugira um jantar")[-1])
    text = text_of(talk(backend, "sugira um jantar sem leite")[-1])
    assert "Só arroz" not in text
    assert "Lentil curry" in text


def test_a_name_tells_the_meal_or_any_meal_will_do() -> None:
    def meals_of(name: str) -> frozenset[str]:
        return recipes_of(0, [], f"# {name}\n\nIngredientes\n- 1 ovo\n")[0].meals

    assert meals_of("Lanche da tarde") == {"snack"}
    assert meals_of("Sopa fria") == {"dinner"}
    assert meals_of("Maravilha") == set(MEALS)


@given(st.text(alphabet="Ingredientes:#*-| \n1ovMdprabc", max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_text_is_read_without_an_error(text: str) -> None:
    for recipe in recipes_of(1, ["x"], text):
        assert recipe.name
