"""What is heard of a wish for food, and what is honestly not."""

import pytest

from genchat.engine.nutrition.amounts import NO_AMOUNTS, Amounts
from genchat.engine.nutrition.recipes import MEALS
from genchat.engine.nutrition.requests import wants_dishes, wants_menu
from genchat.engine.nutrition.wishes import Wish, heard_wish


def refused(wish: Wish) -> list[str]:
    return [each.text for each in wish.restrictions.items]


def wanted(wish: Wish) -> list[str]:
    return [each.text for each in wish.wanted]


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
        ("cardápio da semana, menos domingo", (0, 1, 2, 3, 4, 5)),
        ("cardápio do dia", ()),
    ],
)
def test_days_are_heard_alone_in_lists_and_in_ranges(question: str, days: tuple[int, ...]) -> None:
    assert heard_wish([question]).days == days


@pytest.mark.parametrize(
    ("question", "amounts"),
    [
        ("cardápio com muita proteína", Amounts(degrees=frozenset({"rich_in_protein"}))),
        ("cardápio para ganhar massa muscular", Amounts(degrees=frozenset({"rich_in_protein"}))),
        ("cardápio com pouco carboidrato", Amounts(degrees=frozenset({"low_carbohydrate"}))),
        ("cardápio low carb", Amounts(degrees=frozenset({"low_carbohydrate"}))),
        ("jantar com pouca gordura", Amounts(degrees=frozenset({"low_fat"}))),
        ("cardápio leve", Amounts(degrees=frozenset({"light"}))),
        ("receitas rápidas", Amounts(degrees=frozenset({"quick"}))),
        ("cardápio de até 1.500 kcal", Amounts(most_kcal=1500)),
        ("cardápio de 2.500 kcal", Amounts(goal_kcal=2500)),
        ("cardápio de 2 mil calorias", Amounts(goal_kcal=2000)),
        ("pratos de 400 kcal por refeição", Amounts(each_kcal=400)),
        ("menu with 2,200 calories a day", Amounts(goal_kcal=2200)),
        ("cardápio com 120 g de proteína", Amounts(goal_protein=120)),
        ("at least 30 g of protein per meal", Amounts(each_protein=30)),
        ("receita de 10 minutos", Amounts(most_minutes=10)),
        ("5 refeições por dia", Amounts(meal_count=5)),
        ("cardápio para quatro pessoas", Amounts(people=4)),
        ("a menu for two people", Amounts(people=2)),
        ("um jantar que não leve ovo", NO_AMOUNTS),
        ("alergia à proteína do leite", NO_AMOUNTS),
        ("no milk protein, please", NO_AMOUNTS),
    ],
)
def test_numbers_and_degrees_are_heard(question: str, amounts: Amounts) -> None:
    assert heard_wish([question]).amounts == amounts


@pytest.mark.parametrize(
    ("question", "foods", "diets"),
    [
        ("cardápio vegano sem glúten", ["vegano", "glúten"], {"vegano"}),
        ("cardápio sem peixe e ovo", ["peixe", "ovo"], set()),
        ("cardápio sem feijão-preto", ["feijão-preto"], set()),
        ("a menu without eggs or milk", ["eggs", "milk"], set()),
        ("vegetarino sem latose", ["lactose", "vegetariano"], {"vegetariano"}),
        ("coeliac and dairy-free", ["dairy", "celiac"], {"celíaco"}),
        ("sou alérgica a queijo", ["queijo (leite)"], set()),
        ("meu filho tem APLV", ["APLV"], {"APLV"}),
        ("alergia à proteína do leite de vaca", ["APLV"], {"APLV"}),
        ("não sou vegano", [], set()),
        ("não tenho alergia a leite", [], set()),
    ],
)
def test_foods_and_diets_are_left_out(question: str, foods: list[str], diets: set[str]) -> None:
    wish = heard_wish([question])
    assert sorted(refused(wish)) == sorted(foods)
    assert {each.diet for each in wish.restrictions.items} - {""} == diets
    assert wish.unheard == ()


@pytest.mark.parametrize(
    ("question", "foods"),
    [
        ("receita com batata-doce", ["batata-doce"]),
        ("receita de massa", ["massa"]),
        ("não pode faltar queijo", ["queijo"]),
        ("leite não, frango sim", ["frango"]),
        ("quero frango mas sem leite", ["frango"]),
        ("I am allergic to nuts. Suggest a lunch with chicken", ["chicken"]),
        ("troque o frango por peixe", ["peixe"]),
        ("nothing but vegetables", ["vegetables"]),
    ],
)
def test_foods_are_wanted(question: str, foods: list[str]) -> None:
    assert wanted(heard_wish([question])) == foods


@pytest.mark.parametrize(
    ("question", "food", "words"),
    [
        ("tenho ojeriza a ovo", "ovo", "ojeriza"),
        ("amendoim me mata", "amendoim", "mata"),
        ("steer clear of dairy", "dairy", "steer"),
        ("quero frango da Sadia", "frango", "Sadia"),
    ],
)
def test_a_food_beside_words_not_understood_is_left_out_and_told(question: str, food: str, words: str) -> None:
    wish = heard_wish([question])
    assert wish.restrictions.doubted == (food,)
    assert words in wish.restrictions.beside
    assert wish.wanted == ()


@pytest.mark.parametrize("question", ["sem xyz", "sem leite nem tempero pronto", "without foobar", "alérgico a zórbia"])
def test_a_refusal_of_what_nobody_knows_forbids_all_dishes(question: str) -> None:
    assert heard_wish([question]).restrictions.blocked


@pytest.mark.parametrize("question", ["cardápio halal", "kosher menu", "sem conservantes", "alergia a látex"])
def test_what_ingredients_cannot_tell_is_not_claimed(question: str) -> None:
    assert heard_wish([question]).restrictions.untold


def test_meals_can_be_left_out() -> None:
    assert heard_wish(["cardápio sem lanche"]).meals == ("breakfast", "lunch", "dinner")
    assert heard_wish(["jantar e café da manhã"]).meals == ("breakfast", "dinner")
    assert heard_wish(["sem leite no jantar"]).meals == ("dinner",)


def test_states_of_health_are_heard_and_denied_ones_are_not() -> None:
    assert heard_wish(["sou diabética"]).conditions == ("diabetes",)
    assert heard_wish(["a menu for kidney disease"]).conditions == ("doença nos rins",)
    assert heard_wish(["não sou diabético"]).conditions == ()


def test_in_portuguese_no_is_no_refusal() -> None:
    assert refused(heard_wish(["monte um cardápio e no jantar quero sopa"])) == []


def test_follow_ups_change_days_and_meals_and_add_the_rest() -> None:
    wish = heard_wish(["cardápio vegetariano para segunda", "e para terça?", "sem lactose", "e no jantar?"])
    assert (wish.days, wish.meals) == ((1,), ("dinner",))
    assert refused(wish) == ["vegetariano", "lactose"]


def test_an_allergy_told_earlier_holds_and_a_single_wish_does_not() -> None:
    earlier = ["sou alérgico a amendoim", "um cardápio sem ovo", "celíaco pode comer aveia?"]
    assert refused(heard_wish(["monte um cardápio"], earlier=earlier)) == ["amendoim"]
    assert refused(heard_wish(["monte um cardápio"], earlier=["sou vegana", "não como peixe"])) == ["vegano", "peixe"]


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
        "2500 kcal para ganhar massa",
        "quero 5 refeições por dia",
    ],
)
def test_a_menu_is_wanted(question: str) -> None:
    assert wants_menu([question], heard_wish([question]))


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
        "Monte um treino",
        "create a workout plan",
    ],
)
def test_other_questions_are_no_wish_for_a_menu(question: str) -> None:
    assert not wants_menu([question], heard_wish([question]))


@pytest.mark.parametrize("question", ["sem lactose", "não como ovo", "evite soja", "receitas com atum", "jantar leve"])
def test_dishes_are_wanted_even_where_only_a_restriction_is_told(question: str) -> None:
    assert wants_dishes([question], heard_wish([question]))


@pytest.mark.parametrize(
    "question",
    [
        "Monte um treino",
        "proteína para quem não come carne",
        "Celíaco pode comer aveia?",
        "O que usar no lugar do leite?",
        "história do queijo no Brasil",
        "convolution without padding",
        "me fala sobre chocolate",
    ],
)
def test_questions_about_food_are_no_wish_for_dishes(question: str) -> None:
    assert not wants_dishes([question], heard_wish([question]))


@pytest.mark.parametrize("part", ["ovo e frango, ", "frango, ojeriza ", "leite, não ", "sem ", "a"])
def test_a_wish_of_any_length_is_heard(part: str) -> None:
    assert heard_wish([f"quero {part * 5000}"]).language in ("pt", "en")


def test_a_meal_that_is_asked_for_after_a_refusal_is_wanted() -> None:
    assert heard_wish(["nada frito; quero almoço"]).meals == ("lunch",)
    assert "dinner" not in heard_wish(["não quero jantar"]).meals


@pytest.mark.parametrize(
    "question",
    [
        "I'm lactose intolerant and I hate tuna, what's for dinner?",
        "my daughter can't tolerate eggs: breakfast?",
        "I don't eat meat. Any lunch?",
        "não como ovo. E o jantar?",
    ],
)
def test_who_tells_what_they_leave_out_and_names_a_meal_asks_for_dishes(question: str) -> None:
    assert wants_dishes([question], heard_wish([question]))


def test_small_words_cut_short_are_portuguese() -> None:
    assert heard_wish(["cardapio s/ gluten"]).language == "pt"
    assert heard_wish(["menu w/o gluten"]).language == "en"


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("tenho zumbido, monte um cardápio", "zumbido"),
        ("cardápio para quem tem hemofilia", "hemofilia"),
        ("I am haemophilic, suggest a dinner", "haemophilic"),
        ("my son has tinnitus: lunch?", "tinnitus"),
    ],
)
def test_what_somebody_is_or_has_and_nobody_understands_gets_no_dish(question: str, word: str) -> None:
    restrictions = heard_wish([question]).restrictions
    assert restrictions.states == (word,)
    assert restrictions.blocked


@pytest.mark.parametrize(
    "question",
    ["tem alguma receita bacana?", "sou estudante, um almoço", "tenho pressa, quero um jantar", "quero algo crocante"],
)
def test_other_words_that_are_not_understood_do_not_stop_a_wish(question: str) -> None:
    assert not heard_wish([question]).restrictions.blocked


@pytest.mark.parametrize("question", ["sou intolerante, um cardápio", "tenho alergia alimentar, um almoço"])
def test_an_allergy_to_nothing_named_gets_no_dish(question: str) -> None:
    wish = heard_wish([question])
    assert wish.restrictions.blocked
    assert not heard_wish(["sem restrições, um almoço"]).restrictions


def test_for_whom_something_is_good_is_a_question_and_for_whom_a_meal_is_wanted_a_wish() -> None:
    wanted = "sugestão de café da manhã pra quem não pode glúten"
    assert wants_dishes([wanted], heard_wish([wanted]))
    asked = "leite sem lactose é indicado para quem?"
    assert not wants_dishes([asked], heard_wish([asked]))
