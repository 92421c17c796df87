"""What is heard of a wish for food, and what is honestly not."""

import pytest

from genchat.engine.nutrition.menu import menu_wish
from genchat.engine.nutrition.recipes import MEALS
from genchat.engine.nutrition.wishes import Wish, heard_wish


@pytest.mark.parametrize(
    ("question", "days"),
    [
        ("cardápio para segunda-feira", (0,)),
        ("cardápio para sábado e domingo", (5, 6)),
        ("cardápio para o fim de semana", (5, 6)),
        ("cardápio de segunda a sexta", (0, 1, 2, 3, 4)),
        ("cardápio de sexta a domingo", (4, 5, 6)),
        ("cardápio dos dias úteis", (0, 1, 2, 3, 4)),
        ("cardápio para a semana toda", (0, 1, 2, 3, 4, 5, 6)),
        ("cardápio para três dias", (0, 1, 2)),
        ("a menu from Monday to Wednesday", (0, 1, 2)),
        ("a weekend menu", (5, 6)),
        ("cardápio do dia", ()),
    ],
)
def test_days_are_heard_alone_in_lists_and_in_ranges(question: str, days: tuple[int, ...]) -> None:
    assert heard_wish([question]).days == days


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("cardápio vegano sem glúten", Wish("pt", tags=("vegano", "sem gluten"))),
        ("cardápio sem peixe e ovo", Wish("pt", without=("peixe", "ovo"))),
        ("cardápio sem feijão-preto", Wish("pt", without=("feijão-preto",))),
        ("a menu without eggs or milk", Wish("en", without=("eggs", "milk"))),
        ("cardápio com muita proteína", Wish("pt", rich_in_protein=True)),
        ("cardápio para ganhar massa muscular", Wish("pt", rich_in_protein=True)),
        ("cardápio com pouco carboidrato", Wish("pt", low_carbohydrate=True)),
        ("cardápio low carb", Wish("pt", low_carbohydrate=True)),
        ("cardápio leve", Wish("pt", light=True)),
        ("cardápio de até 1.500 kcal", Wish("pt", most_kcal=1500)),
        ("receitas rápidas", Wish("pt", quick=True)),
        ("receita de 10 minutos", Wish("pt", most_minutes=10)),
        ("o que comer no almoço", Wish("pt", meals=("lunch",))),
        ("jantar e café da manhã", Wish("pt", meals=("breakfast", "dinner"))),
        ("receita com batata-doce", Wish("pt", unheard=("batata-doce",))),
        ("cardápio para diabéticos", Wish("pt", unheard=("diabéticos",))),
        ("receita de massa", Wish("pt", unheard=("massa",))),
    ],
)
def test_every_part_of_a_wish_is_heard_and_the_rest_is_kept_as_unheard(question: str, expected: Wish) -> None:
    assert heard_wish([question]) == expected


def test_in_portuguese_no_is_no_refusal() -> None:
    assert heard_wish(["monte um cardápio e no jantar quero sopa"]).without == ()


def test_follow_ups_change_days_and_meals_and_add_the_rest() -> None:
    wish = heard_wish(["cardápio vegetariano para segunda", "e para terça?", "sem lactose", "e no jantar?"])
    assert wish == Wish("pt", days=(1,), meals=("dinner",), tags=("vegetariano", "sem lactose"))


def test_a_dish_that_was_changed_is_no_longer_the_only_meal() -> None:
    assert heard_wish(["cardápio para terça", "troque o jantar"]).meals == ("dinner",)
    assert heard_wish(["cardápio para terça", "troque o jantar", "sem lactose"]).meals == MEALS


@pytest.mark.parametrize(
    "question",
    [
        "Monte um cardápio fitness para segunda-feira",
        "cardápio vegetariano para a semana",
        "o que comer na segunda-feira?",
        "monte uma dieta",
        "me dá um cardápio do plano iniciante",
        "give me a weekly meal plan",
    ],
)
def test_a_menu_is_wanted(question: str) -> None:
    assert menu_wish([question]) is not None


@pytest.mark.parametrize(
    "question",
    [
        "O que é um cardápio fitness?",
        "Furei a dieta, e agora?",
        "grávida pode fazer dieta?",
        "qual o cardápio de quarta do plano iniciante?",
        "o que comer antes do treino?",
        "quanta proteína tem o ovo?",
        "posso seguir o cardápio doente?",
    ],
)
def test_a_question_about_menus_is_no_wish_for_one(question: str) -> None:
    assert menu_wish([question]) is None
