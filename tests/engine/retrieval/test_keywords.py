"""What a question finds, whatever is typed: mistakes, missing accents, operators, nothing."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genchat.engine.answering.follow_ups import asked_lines, standing_alone
from genchat.engine.conversation import Message, Role
from genchat.engine.retrieval.keywords import fts_expression, search
from genchat.engine.retrieval.library import Library
from genchat.engine.retrieval.questions import Question
from tests.engine.document_fixtures import Add

ANIMALS = {
    "gato.md": "O gato dorme no telhado da casa velha.",
    "peixe.md": "O peixe nada no aquário da sala.",
    "coelho.md": "O coelho come cenoura na horta.",
    "cavalo.md": "O cavalo corre no campo verde.",
}


def best(library: Library, question: str) -> str:
    """The name of the best document, or nothing."""
    with library.reading() as connection:
        hits = search(connection, question).hits
        if not hits:
            return ""
        row = connection.execute(
            "SELECT d.name FROM docs_chunk c JOIN docs_document d ON d.id = c.document WHERE c.id = ?", (hits[0].chunk,)
        ).fetchone()
        return str(row[0])


def understood(library: Library, question: str) -> Question:
    with library.reading() as connection:
        return search(connection, question).question


@pytest.mark.parametrize(
    "question",
    [
        "Onde o gato dorme?",
        "onde dormem os gatos",
        "GATO TELHADO",
        "gato que dorme",
        "telado",
        "o que há no telhados?",
        '"gato" AND (dorme OR NOT telhado)',
        "gato* NEAR telhado ^dorme : - +",
        "gato'; DROP TABLE docs_chunk; --",
        "{gato} [telhado] \\ \" ' %",
    ],
)
def test_the_right_document_is_found_however_it_is_asked(add: Add, question: str) -> None:
    assert best(add(ANIMALS), question) == "gato.md"


@given(question=st.text(max_size=80))
@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_question_is_a_fault(fitness: Library, question: str) -> None:
    with fitness.reading() as connection:
        for hit in search(connection, question).hits:
            assert hit.score > 0
            assert hit.matched


def test_a_question_of_common_words_alone_finds_nothing(add: Add) -> None:
    assert best(add(ANIMALS), "o que é que há?") == best(add(ANIMALS), "") == ""


def test_a_misspelt_word_is_taken_for_the_one_meant_and_this_is_told(add: Add) -> None:
    library = add(ANIMALS)
    for typed in ("coeljo", "coelo", "ceolho", "coelhho"):
        assert best(library, typed) == "coelho.md"
        word = understood(library, typed).words[0]
        assert (word.found, word.taken_for) == ("corrected", ("coelho",))
        assert 0 < word.certainty <= 1
    assert understood(library, "onde come o coeljo").corrected == "onde come o coelho"


def test_a_word_that_shares_most_of_its_letters_is_found_as_a_lookalike(add: Add) -> None:
    word = understood(add({"a.md": "um hipopótamozinho pequeno"}), "hipopotamo").words[0]
    assert (word.found, word.taken_for) == ("alike", ("hipopótamozinho",))


def test_a_known_word_is_not_corrected(add: Add) -> None:
    library = add({"a.md": "a casa caiu", "b.md": "a caça acabou no mato"})
    assert [word.found for word in understood(library, "casa mato").words] == ["exact", "exact"]
    assert best(library, "caca") == "b.md"


def test_words_found_nowhere_are_named(add: Add) -> None:
    question = understood(add(ANIMALS), "o gato e a xilogravura")
    assert question.missing == ("xilogravura",)
    assert [word.found for word in question.words] == ["exact", "missing"]


def test_rare_words_weigh_more_than_frequent_ones(fitness: Library) -> None:
    weights = {word.text: word.weight for word in understood(fitness, "proteína celíaca").words}
    assert weights["celíaca"] > weights["proteína"]


def test_words_that_stand_together_count_more_than_the_same_words_apart(add: Add) -> None:
    filler = "árvore pedra rio montanha nuvem estrada ponte cidade"
    library = add(
        {
            "apart.md": f"batata {filler} frita {filler} nada",
            "together.md": f"{filler} batata frita {filler} nada",
            **{f"{number}.md": f"batata cozida com {filler} {number}" for number in range(6)},
        }
    )
    assert best(library, "batata frita") == "together.md"


def test_a_heading_that_is_the_question_wins(add: Add) -> None:
    library = add(
        {
            "a.md": "# Bolo\n\nMisture tudo e asse.",
            "b.md": "# Festa\n\nNa festa tem bolo, e o bolo é bom; bolo de cenoura e bolo de milho.",
        }
    )
    assert best(library, "bolo") == "a.md"


def test_a_row_answers_for_its_columns(add: Add) -> None:
    library = add(
        {
            "foods.csv": "alimento,kcal,fibra_g\nArroz,128,1.6\nFeijão,76,8.5\n",
            "text.md": "O feijão fica bom com louro. A panela de pressão ajuda.",
        }
    )
    assert best(library, "quanta fibra tem o feijão") == "foods.csv"
    assert best(library, "calorias do arroz") == "foods.csv"


def test_only_the_collection_named_is_searched(library: Library, add: Add) -> None:
    add({"a.md": "gato preto"}, "one")
    add({"b.md": "gato branco"}, "two")
    with library.reading() as connection:
        for name in ("one", "two"):
            number = library.collection(name).id
            hits = search(connection, "gato", number).hits
            assert len(hits) == 1


def test_english_and_portuguese_stand_side_by_side(add: Add) -> None:
    library = add({"pt.md": "As meninas estavam correndo na praia.", "en.md": "The girls were running on the beach."})
    assert best(library, "who runs on a beach?") == "en.md"
    assert best(library, "quem corre na praia?") == "pt.md"


def test_an_expression_holds_no_operator_of_its_own() -> None:
    assert fts_expression(['a"b', "NEAR", 'a"b']) == '"a""b" OR "NEAR"'


@pytest.mark.parametrize(
    ("before", "asked", "leans"),
    [
        ("O que como no almoço?", "e no jantar?", True),
        ("Quem foi Ada Lovelace?", "Onde ela nasceu?", True),
        ("What is a token?", "and how many of them fit?", True),
        ("Monte um cardápio", "troque o almoço", True),
        ("Uma receita de jantar", "sem lactose", True),
        ("Qual tem mais fibra?", "Com o que troco o arroz?", False),
        ("O que como no almoço?", "Como faço mingau de aveia?", False),
        ("Como faço mingau?", "E qual é a receita completa do pão de queijo mineiro da fazenda antiga?", False),
    ],
)
def test_a_question_that_leans_on_the_one_before_is_looked_up_with_it(before: str, asked: str, leans: bool) -> None:
    talk = [Message(Role.USER, before), Message(Role.ASSISTANT, "…"), Message(Role.USER, asked)]
    assert standing_alone(talk) == (asked, before if leans else "")


def test_a_chain_of_follow_ups_leans_on_the_question_that_stands_by_itself() -> None:
    asked = ("Quanta proteína tem a tilápia?", "e o salmão?", "e o frango?")
    talk = [Message(Role.USER, each) for each in asked]
    assert asked_lines(talk) == asked
    assert standing_alone(talk) == ("e o frango?", "Quanta proteína tem a tilápia?")


def test_lost_accents_are_put_back_as_the_documents_write_them(add: Add) -> None:
    question = understood(add({"a.md": "A saúde do coração depende do São Francisco."}), "saude do coracao e Francisco")
    assert question.corrected == "saúde do coração e Francisco"


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("quem criou C++?", "cpp.md"),
        ("quem criou o C#?", "csharp.md"),
        ("quando saiu o .NET?", "net.md"),
        ("東京タワー", "tokyo.md"),
        ("大阪", "osaka.md"),
        ("o que quer dizer 🦊?", "fox.md"),
        ("🐢", "turtle.md"),
    ],
)
def test_names_with_signs_scripts_without_spaces_and_pictures_are_words(add: Add, question: str, wanted: str) -> None:
    library = add(
        {
            "cpp.md": "C++ foi criada por Bjarne Stroustrup.",
            "csharp.md": "C# foi criada por Anders Hejlsberg.",
            "c.md": "C foi criada por Dennis Ritchie.",
            "net.md": ".NET saiu em 2002.",
            "rede.md": "A rede net saiu do ar em 2010.",
            "tokyo.md": "東京タワーの高さは333メートルです。",
            "osaka.md": "大阪城は大阪にあります。",
            "fox.md": "🦊 quer dizer raposa.",
            "turtle.md": "🐢 quer dizer tartaruga.",
        }
    )
    assert best(library, question) == wanted
