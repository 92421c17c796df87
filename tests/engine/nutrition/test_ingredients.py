"""What is in a line of ingredients, and whether a dish passes."""

import pytest

from genchat.corpora.loader import documents
from genchat.engine.nutrition.foods import food_table
from genchat.engine.nutrition.ingredients import contents_of
from genchat.engine.nutrition.lexicon import mistakes, nearest
from genchat.engine.nutrition.recipes import Recipe, recipes_of
from genchat.engine.nutrition.restrictions import allowed, forbidden_in, is_known
from genchat.engine.nutrition.wishes import heard_wish


def has(line: str, food: str, *, surely: bool = False) -> bool:
    contents = contents_of(line)
    return food in (contents.sure if surely else contents.all)


@pytest.mark.parametrize(
    ("line", "food"),
    [
        ("200 g de mussarela ralada", "leite"),
        ("2 colheres de sopa de requeijão", "lactose"),
        ("1 scoop de whey", "leite"),
        ("1 cup whole milk", "leite"),
        ("3 colheres de sopa de aveia em flocos", "glúten"),
        ("2 col. de sopa de molho shoyu", "trigo"),
        ("2 tbsp soy sauce", "soja"),
        ("80 g de granola", "amendoim"),
        ("1 pão de queijo", "ovo"),
        ("2 fatias de bolo", "leite"),
        ("200 g de camarões limpos", "crustáceo"),
        ("1 lata de atum em água", "peixe"),
        ("100 g de castanhas-do-pará picadas", "oleaginosa"),
        ("100 g de mix de castanhas", "amendoim"),
        ("1 colher de chá de mostarda em pó", "mostarda"),
        ("60 g de uva-passa", "sulfito"),
        ("1 talo de salsão", "aipo"),
        ("200 g peito de frango empanado", "trigo"),
        ("4 fatias de presunto", "porco"),
        ("2 ovos ou 1 banana", "ovo"),
    ],
)
def test_a_line_contains_what_its_foods_contain(line: str, food: str) -> None:
    assert has(line, food)
    assert contents_of(line).unknown == ()


@pytest.mark.parametrize(
    ("line", "food"),
    [
        ("200 ml de leite de coco", "leite"),
        ("1 xícara de leite de aveia", "leite"),
        ("1 colher de sopa de manteiga de amendoim", "leite"),
        ("sal e noz-moscada", "oleaginosa"),
        ("2 colheres de sopa de manteiga de cacau", "leite"),
        ("200 ml de leite sem lactose", "lactose"),
        ("1 xícara de aveia sem glúten", "glúten"),
        ("1 cup gluten-free oats", "glúten"),
        ("2 fatias de pão sem leite e sem ovo", "leite"),
        ("2 colheres de chá de fermento", "cafeína"),
        ("1 colher de sopa de azeite", "legume"),
        ("60 g de amêndoa torrada", "trigo"),
        ("50 g de queijo vegano", "leite"),
    ],
)
def test_names_that_sound_like_a_food_are_not_it(line: str, food: str) -> None:
    assert not has(line, food)


def test_milk_without_lactose_is_milk() -> None:
    assert has("200 ml de leite sem lactose", "leite")


@pytest.mark.parametrize("line", ["1 pacote de tempero pronto", "molho especial", "2 colheres de xyz", "caldo da casa"])
def test_what_nobody_knows_is_told(line: str) -> None:
    assert contents_of(line).unknown


def test_every_ingredient_that_ships_is_known() -> None:
    recipes = [recipe for each in documents("fitness") for recipe in recipes_of(0, [], each.text) if recipe.ingredients]
    assert len(recipes) > 50
    assert [
        (recipe.name, contents_of(line).unknown)
        for recipe in recipes
        for line in recipe.ingredients
        if contents_of(line).unknown
    ] == []
    assert all(map(is_known, recipes))


@pytest.mark.parametrize(
    ("wish", "tag"),
    [
        ("vegano", "vegano"),
        ("vegetariano", "vegetariano"),
        ("sem lactose", "sem lactose"),
        ("sem glúten", "sem gluten"),
    ],
)
def test_the_tables_agree_with_what_the_shipped_recipes_state(wish: str, tag: str) -> None:
    """No dish passes that does not state it, and nearly all that state it pass."""
    recipes = [recipe for each in documents("fitness") for recipe in recipes_of(0, [], each.text)]
    restrictions = heard_wish([wish]).restrictions
    stated = {recipe.name for recipe in recipes if tag in recipe.suits}
    passed = {recipe.name for recipe in recipes if allowed(recipe, restrictions)}
    assert passed <= stated
    assert len(stated - passed) <= 1


ALLERGENS = """
trigo centeio cevada aveia crustáceo ovo peixe amendoim soja leite amêndoa avelã castanha-de-caju castanha-do-pará
macadâmia noz noz-pecã pistache pinoli castanha
""".split()  # noqa: SIM905
EUROPEAN = """
glúten crustáceo ovo peixe amendoim soja leite oleaginosa aipo mostarda gergelim sulfito tremoço molusco
""".split()  # noqa: SIM905


@pytest.mark.parametrize(("code", "keys"), [("br", ALLERGENS), ("eu", EUROPEAN)])
def test_all_allergens_of_the_labelling_lists_are_kinds(code: str, keys: list[str]) -> None:
    assert set(keys) <= {row.names.key for row in food_table().allergens if code in row.lists}
    for key in keys:
        assert heard_wish([f"alergia a {key}"]).restrictions.items
        assert heard_wish([f"allergic to {food_table().name(key, 'en')}"]).restrictions.items


def test_no_name_of_a_food_is_a_word_that_is_passed_over() -> None:
    from genchat.engine.nutrition.tokens import tokens_of

    passed_over = ("refusal.words", "refusal.allergy", "inclusion.openers", "inclusion.wanting", "inclusion.contrast")
    for name in passed_over:
        for word in food_table().words(name):
            assert food_table().foods.at(tokens_of(word), 0) is None, word


def dish(ingredients: tuple[str, ...], name: str = "Prato", method: str = "") -> Recipe:
    return Recipe(
        1,
        name,
        frozenset({"lunch"}),
        frozenset(),
        None,
        None,
        None,
        None,
        None,
        name,
        (0, 1),
        ingredients,
        None,
        method,
    )


def test_a_dish_without_ingredients_passes_no_restriction() -> None:
    restrictions = heard_wish(["sem leite"]).restrictions
    assert not allowed(dish(()), restrictions)
    assert allowed(dish(()), heard_wish(["com frango"]).restrictions)


def test_what_only_the_method_names_keeps_a_dish_out_too() -> None:
    restrictions = heard_wish(["sem leite"]).restrictions
    assert not allowed(dish(("1 tomate",), method="Polvilhe queijo ralado."), restrictions)
    assert allowed(dish(("1 tomate",), method="Sirva sem queijo."), restrictions)


def test_a_written_answer_is_searched_for_what_was_refused() -> None:
    restrictions = heard_wish(["sou alérgico a amendoim e vegano"]).restrictions
    assert forbidden_in("Que tal uma paçoca com queijo?", restrictions) == ("amendoim", "vegano")
    assert forbidden_in("Arroz com feijão.", restrictions) == ()


@pytest.mark.parametrize(
    ("first", "second", "distance"),
    [("latose", "lactose", 1), ("glutem", "gluten", 1), ("elite", "leite", 1), ("a", "b", 1), ("ovo", "ovo", 0)],
)
def test_mistakes_are_counted(first: str, second: str, distance: int) -> None:
    assert mistakes(first, second, 3) == distance


def test_the_nearest_word_is_near_and_begins_alike() -> None:
    assert nearest("vegetarino", {"vegetariano", "veterano"}) == {"vegetariano"}
    assert nearest("dread", {"bread"}) == frozenset()
    assert nearest("sem", {"sam"}) == frozenset()
