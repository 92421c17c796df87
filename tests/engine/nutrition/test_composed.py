"""Answers put together from recipes and tables, asked of the shipped collection as people ask."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genchat.engine.answering.courtesy import courtesy
from genchat.engine.answering.extractive import ExtractiveBackend
from genchat.engine.answering.rag_backend import RagBackend
from genchat.engine.contract import Finish, Passages
from genchat.engine.nutrition.recipes import recipes_of
from genchat.engine.retrieval.library import Library
from genchat.engine.retrieval.retriever import Retriever
from genchat.engine.retrieval.vectors import embed_missing
from tests.engine.asking import notices_of, passages_of, talk, text_of
from tests.engine.document_fakes import BagEmbedder, SayingBackend
from tests.engine.document_fixtures import Add


@pytest.fixture
def backend(fitness: Library) -> ExtractiveBackend:
    return ExtractiveBackend(Retriever(fitness))


def answer(backend: ExtractiveBackend, *questions: str, seed: int = 1) -> str:
    return text_of(talk(backend, *questions, seed=seed)[-1])


# -- figures ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("quantas calorias tem a tapioca?", "Goma de tapioca hidratada (4 colheres de sopa, 60 g): 144 kcal"),
        (
            "Quantas calorias tem o arroz integral cozido?",
            "Arroz integral cozido (4 colheres de sopa, 100 g): 124 kcal",
        ),
        ("quanta proteína tem um ovo?", "Ovo de galinha cozido (1 unidade, 50 g): 6,7 g de proteína"),
        ("quanta protena tem o ovo", "Ovo de galinha cozido (1 unidade, 50 g): 6,7 g de proteína"),
        ("calorias do pao frances", "Pão francês (1 unidade, 50 g): 150 kcal"),
        ("gordura do abacate", "Abacate (4 colheres de sopa, 100 g): 8,4 g de gordura"),
        ("quantas calorias tem 1 copo de leite?", "Leite integral (1 copo, 200 g): 122 kcal"),
        ("quantas calorias tem 200 g de arroz branco?", "Arroz branco cozido (200 g): 256 kcal"),
        ("quantas calorias tem um prato de arroz e feijão?", "Feijão-carioca cozido (1 concha média, 100 g): 76 kcal"),
        ("Quantas calorias tem a moqueca de tilápia?", "Moqueca leve de tilápia (por porção): ~410 kcal"),
        ("tempo de preparo do escondidinho", "Escondidinho de mandioca com frango: 60 min"),
        ("quantas porções rende o escondidinho?", "Escondidinho de mandioca com frango: rende 4"),
        ("how many calories in tapioca?", "Goma de tapioca hidratada (4 colheres de sopa, 60 g): 144 kcal"),
        ("how much protein in an egg?", "Ovo de galinha cozido (1 unidade, 50 g): 6.7 g protein"),
    ],
)
def test_a_figure_is_read_from_its_table_or_recipe(backend: ExtractiveBackend, question: str, expected: str) -> None:
    (events,) = talk(backend, question)
    lines = {line.rpartition(" [")[0]: int(line[-2]) for line in text_of(events).split("\n") if line.startswith("• ")}
    assert f"• {expected}" in lines
    item = passages_of(events).items[lines[f"• {expected}"] - 1]
    assert item.highlight is not None
    assert expected.split(" (")[0].split(":")[0] in item.text


@pytest.mark.parametrize(
    ("question", "first", "title"),
    [
        ("qual alimento tem mais fibra?", "Goiaba vermelha", "Com mais fibra"),
        ("qual fruta tem menos calorias?", "Maracujá (polpa)", "Com menos calorias"),
        ("quais leguminosas têm mais fibra?", "Feijão-carioca cozido", "Com mais fibra"),
        ("qual queijo tem menos gordura?", "Queijo cottage", "Com menos gordura"),
        ("qual tem mais proteína: ovo ou frango?", "Peito de frango grelhado sem pele", "Com mais proteína"),
        ("which fruit has the most fiber?", "Goiaba vermelha", "Most fibre"),
    ],
)
def test_extremes_are_ranked(backend: ExtractiveBackend, question: str, first: str, title: str) -> None:
    lines = answer(backend, question).split("\n")
    assert lines[0].startswith(title)
    assert lines[1].startswith(f"• {first} (")
    values = [float(found[1].replace(",", ".")) for line in lines[1:] if (found := re.search(r": ([\d.,]+) ", line))]
    assert values == sorted(values, reverse="menos" not in question)


def test_a_follow_up_names_another_thing_and_two_can_be_compared(backend: ExtractiveBackend) -> None:
    assert answer(backend, "Quanta proteína tem a tilápia?", "e o salmão?").startswith(
        "Nos documentos:\n• Salmão grelhado (1 posta pequena, 100 g): 23,9 g de proteína [1]"
    )
    compared = answer(backend, "Quanta proteína tem a tilápia?", "e o salmão?", "qual dos dois tem mais?")
    assert re.findall(r"• (\w+)", compared) == ["Tilápia", "Salmão"]


def test_that_means_the_dishes_just_named_and_they_are_added_up(backend: ExtractiveBackend) -> None:
    menu, figures = map(text_of, talk(backend, "Monte um cardápio para terça", "quantas calorias tem isso?"))
    total = re.search(r"cerca de ([\d.]+) kcal", menu)
    assert total is not None
    assert figures.endswith(f"Ao todo: ~{total[1]} kcal.")
    assert len(re.findall("^• ", figures, re.MULTILINE)) == 4


@pytest.mark.parametrize(
    "question",
    [
        "Quanta proteína devo comer por dia?",
        "Carboidrato à noite engorda?",
        "proteína para quem não come carne",
        "A proteína ajuda a ter menos fome?",
        "posso comer gordura antes do treino?",
        "quantas calorias tem um hambúrguer?",
        "Quantas kcal tem um grama de proteína?",
        "Energético hidrata?",
    ],
)
def test_what_asks_for_more_than_a_figure_is_left_to_the_search(backend: ExtractiveBackend, question: str) -> None:
    assert "• " not in answer(backend, question)


# -- recipes ----------------------------------------------------------------------------------------------------


def dishes(text: str) -> list[str]:
    return re.findall(r"^• (.+?) \(~", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("question", "title", "word"),
    [
        ("receitas com atum", "Receitas nos documentos (com atum):", "atum"),
        ("sugira um almoço com peixe", "Receitas nos documentos (almoço, com peixe):", ""),
        ("receita de sopa", "Receitas nos documentos (com sopa):", ""),
        ("o que dá para fazer com ovo e tomate?", "Receitas nos documentos (com ovo e tomate):", ""),
        ("quero um jantar leve", "Receitas nos documentos (jantar, leve):", ""),
        ("receitas vegetarianas", "Receitas nos documentos (vegetariano):", ""),
        ("o que posso comer no café da manhã?", "Receitas nos documentos (café da manhã):", ""),
        ("jantar rápido", "Receitas nos documentos (jantar, rápido):", ""),
        (
            "almoço em até 10 minutos",
            "Nenhuma receita dos documentos tem tudo isso (almoço, até 10 min); chegam mais perto:",
            "",
        ),
        ("jantar com até 300 kcal e sem lactose", "Receitas nos documentos (jantar, sem lactose, até 300 kcal):", ""),
        ("chicken recipes", "Recipes in the documents (with chicken):", "frango"),
    ],
)
def test_recipes_that_fit_are_listed_and_cited(
    backend: ExtractiveBackend, question: str, title: str, word: str
) -> None:
    (events,) = talk(backend, question)
    text = text_of(events)
    assert text.split("\n")[0] == title
    found = dishes(text)
    assert found
    items = passages_of(events).items
    assert len(items) == len(found)
    for number, (dish, item) in enumerate(zip(found, items, strict=True), 1):
        assert word.casefold() in dish.casefold()
        assert dish in item.locator
        assert f"[{number}]" in text


def test_fish_is_every_fish_of_the_table(backend: ExtractiveBackend) -> None:
    found = " ".join(dishes(answer(backend, "sugira um almoço com peixe"))).casefold()
    assert "tilápia" in found
    assert "atum" in found
    for seed in range(6):
        events = talk(backend, "monte um cardápio sem peixe", seed=seed)[0]
        assert not re.search("tilápia|salmão|sardinha|atum", text_of(events).casefold())


def test_the_lightest_come_first(backend: ExtractiveBackend) -> None:
    energies = [int(kcal) for kcal in re.findall(r"~(\d+) kcal", answer(backend, "qual o lanche com menos calorias?"))]
    assert len(energies) == 5
    assert energies == sorted(energies)


def test_a_recipe_called_by_its_name_is_quoted_whole_or_in_the_part_asked_for(backend: ExtractiveBackend) -> None:
    assert "Modo de preparo" in answer(backend, "qual a receita da panqueca de banana?")
    ingredients = answer(backend, "ingredientes da moqueca")
    assert "leite de coco" in ingredients
    assert "Tempere" not in ingredients


def test_a_food_that_no_recipe_has_is_not_found(backend: ExtractiveBackend) -> None:
    assert answer(backend, "receita de lasanha").startswith("Não encontrei isso nos documentos.")


def test_wishes_add_up_over_a_conversation(backend: ExtractiveBackend) -> None:
    text = answer(backend, "o que comer no almoço?", "e no jantar?", "sem carne", "com menos calorias")
    assert text.startswith("Receitas nos documentos (jantar, leve, sem carne):")


def test_two_recipes_in_one_passage_are_two_recipes() -> None:
    text = (
        "# Almoços\n\n## Arroz doce\nRefeição: lanche · Por porção: ~300 kcal\n\n### Ingredientes\n- arroz\n\n"
        "## Sopa\nRefeição: jantar · Rende 2 porções · Tempo: 20 min · Por porção: ~120 kcal, 9 g proteína\n\nCozinhe."
    )
    first, second = recipes_of(7, ["Almoços"], text)
    assert (first.name, list(first.meals), first.kcal) == ("Arroz doce", ["snack"], 300)
    assert (second.name, second.minutes, second.servings, second.protein) == ("Sopa", 20, 2, 9)
    assert "Cozinhe" not in first.text
    assert text[slice(*second.facts)].startswith("Refeição: jantar")


# -- menus ------------------------------------------------------------------------------------------------------


def menu_of(text: str) -> dict[str, str]:
    return dict(re.findall(r"^• ([^:]+): (.+?) \(", text, re.MULTILINE))


def test_one_dish_can_be_changed_and_the_others_stay(backend: ExtractiveBackend) -> None:
    before, after = map(text_of, talk(backend, "Monte um cardápio para terça", "troque o almoço"))
    old, new = menu_of(before), menu_of(after)
    assert old.keys() == new.keys()
    assert {meal for meal in old if old[meal] != new[meal]} == {"Almoço"}


def test_a_meal_of_a_day_is_the_same_alone(backend: ExtractiveBackend) -> None:
    day, dinner = map(text_of, talk(backend, "Monte um cardápio para terça", "e no jantar?"))
    assert menu_of(dinner) == {"Jantar": menu_of(day)["Jantar"]}


def test_foods_that_are_asked_for_are_in_the_menu(backend: ExtractiveBackend) -> None:
    for seed in range(4):
        text = answer(backend, "monte um cardápio com batata-doce e frango", seed=seed).casefold()
        assert "batata-doce" in text
        assert re.search("frango|canja", text)


def test_what_cannot_be_heeded_is_said(backend: ExtractiveBackend) -> None:
    text = answer(backend, "cardápio para marcianos")
    assert text.endswith("Não foi levado em conta: marcianos.")


def test_the_same_recipes_in_two_collections_are_served_once(fitness: Library, add: Add) -> None:
    recipe = next(
        chunk.text
        for each in fitness.documents()
        if each.name == "receitas_almoco.md"
        for chunk in fitness.chunks(each)
    )
    add({"copia.md": recipe}, "minhas")
    text = answer(ExtractiveBackend(Retriever(fitness)), "cardápio para a semana")
    lunches = re.findall(r"^• Almoço: (.+?) \(", text, re.MULTILINE)
    assert len(set(lunches)) == 7


@pytest.mark.parametrize("question", ["quantas calorias tem uma cerveja?", "quantas calorias tem a coxinha?"])
def test_a_word_that_is_one_is_not_taken_for_another(backend: ExtractiveBackend, question: str) -> None:
    """Beer is a letter from cherry, and a snack a letter from kitchen."""
    (events,) = talk(backend, question)
    assert text_of(events).startswith("Não encontrei isso nos documentos.")


WORDS = st.sampled_from(
    """
    quantas calorias proteína tem o ovo e a cardápio para segunda sem com receita de frango mais menos isso troque
    almoço kcal 1500 ٣ 10 min g ? , - ou dos dois menu without the most e no jantar \x00 « » 𝕏
    """.split()  # noqa: SIM905
)


@given(st.lists(st.lists(WORDS | st.text(max_size=8), max_size=12).map(" ".join), min_size=1, max_size=4))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_conversation_gets_an_answer(backend: ExtractiveBackend, questions: list[str]) -> None:
    for events in talk(backend, *questions):
        cited = {int(number) for number in re.findall(r"\[(\d+)\]$", text_of(events), re.MULTILINE)}
        supplied = [event for event in events if isinstance(event, Passages)]
        assert cited <= {item.number for event in supplied for item in event.items}
        assert isinstance(events[-1], Finish)


def test_a_very_long_question_is_answered(backend: ExtractiveBackend) -> None:
    assert answer(backend, "cardápio sem " + "ovo e frango, " * 4000)


# -- courtesies -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "language"),
    [
        ("Bom dia!", "greeting", "pt"),
        ("Olá, tudo bem?", "greeting", "pt"),
        ("hello there", "greeting", "en"),
        ("Muito obrigada!", "thanks", "pt"),
        ("thanks a lot", "thanks", "en"),
        ("tchau", "goodbye", "pt"),
        ("O que você sabe fazer?", "about", "pt"),
        ("help", "about", "en"),
    ],
)
def test_courtesies_are_answered_in_kind(backend: ExtractiveBackend, text: str, kind: str, language: str) -> None:
    assert courtesy(text) == (kind, language)
    (events,) = talk(backend, text)
    assert text_of(events)
    assert "retrieval.abstained" not in notices_of(events)


@pytest.mark.parametrize("text", ["Bom dia, quantas calorias tem o ovo?", "oi " * 60, "", "obrigado por comer?"])
def test_a_question_after_a_greeting_is_a_question(text: str) -> None:
    assert courtesy(text) is None


def test_a_greeting_names_what_can_be_asked(backend: ExtractiveBackend) -> None:
    text = answer(backend, "oi")
    assert "fitness" in text
    assert text.endswith("?")


def test_the_nearest_miss_is_quoted_even_where_no_word_of_it_was_asked_for(add: Add) -> None:
    library = add(
        {"casa.md": "# Casa\n\nO felino repousa na cobertura. Fim.", "rua.md": "# Rua\n\nA padaria fecha às oito."}
    )

    class Doubting(BagEmbedder):
        unrelated = 1.0

    embedder = Doubting(synonyms={"gato": "felino", "dorme": "repousa"})
    for _ in embed_missing(library, embedder):
        pass
    text = answer(ExtractiveBackend(Retriever(library, embedder)), "gato dorme")
    assert text.startswith("Não encontrei isso nos documentos.")
    assert text.endswith("“O felino repousa na cobertura.”")


# -- the same for a model ---------------------------------------------------------------------------------------


def test_a_model_is_given_what_the_answer_is_composed_of(fitness: Library) -> None:
    model = SayingBackend("A goiaba [1].")
    (events,) = talk(RagBackend(model, Retriever(fitness)), "qual alimento tem mais fibra?")
    assert "Goiaba vermelha" in passages_of(events).items[0].text
    assert "fibra_g: 9.3" in model.heard[0][-1].text


def test_a_greeting_goes_to_the_model_without_documents(fitness: Library) -> None:
    model = SayingBackend("Bom dia! Como posso ajudar?")
    (events,) = talk(RagBackend(model, Retriever(fitness)), "Bom dia!")
    assert text_of(events) == model.text
    assert [message.text for message in model.heard[0]] == ["Bom dia!"]
