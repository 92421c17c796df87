"""Questions to tables of any subject, in both languages, and to tables as people leave them."""

import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genchat.engine.answering.extractive import ExtractiveBackend
from genchat.engine.answering.rag_backend import RagBackend
from genchat.engine.answering.tables.cells import as_date, decimal_mark, quantity
from genchat.engine.answering.tables.hearing import heard
from genchat.engine.answering.tables.sheet import Sheet
from genchat.engine.retrieval.library import Library
from genchat.engine.retrieval.retriever import Retriever
from genchat.engine.retrieval.tables import find_tables
from tests.engine.asking import passages_of, talk, text_of
from tests.engine.document_fakes import SayingBackend
from tests.engine.document_fixtures import Add

COURSES = (
    "codigo,disciplina,professor,vagas,inicio\n"
    "MAT101,Cálculo I,Ana Souza,60,2026-02-10\n"
    "FIS102,Física Geral,Bruno Lima,45,2026-02-12\n"
    "IA201,Inteligência Artificial,Carla Dias,80,2026-03-01\n"
    "IA202,Aprendizado de Máquina,Carla Dias,35,2026-02-09\n"
)
PRICES = (
    "produto;preço (R$);peso;seção\nCaderno;12,50;300;papel\nLápis;1,20;8;escrita\n"
    "Caneta;3,00;10;escrita\nNotebook;1.234,50;1400;informática\n"
)
STAFF = (
    'name,role,salary,age,city\nMary Jones,engineer,"$85,000",41,London\n'
    'John Smith,designer,"$62,500",29,Leeds\nPriya Patel,engineer,"$91,000",35,London\n'
)
WEATHER = (
    "cidade;temperatura;chuva (mm);umidade\nNatal;28,5;120;78%\nCuritiba;17,2;90,5;85%\n"
    "Manaus;27,0;300;88%\nBrasília;21,4;;45%\n"
)
FILMS = (
    "title,director,year,minutes,rating\nAlpha,Kim Lee,1999,121,7.8\nBeta,Rosa Cruz,2015,95,8.4\n"
    "Gamma,Kim Lee,2021,140,6.1\n"
)
TABLES = {"cursos.csv": COURSES, "precos.csv": PRICES, "staff.csv": STAFF, "clima.csv": WEATHER, "films.csv": FILMS}


@pytest.fixture
def backend(add: Add) -> ExtractiveBackend:
    return ExtractiveBackend(Retriever(add(TABLES)))


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("qual disciplina tem mais vagas?", "• Inteligência Artificial: vagas 80 [1]"),
        ("qual disciplina tem menos vagas?", "• Aprendizado de Máquina: vagas 35 [1]"),
        ("quantas vagas tem Cálculo I?", "• Cálculo I: vagas 60 [1]"),
        ("quantas vaga tem calculo I", "• Cálculo I: vagas 60 [1]"),
        ("qual disciplina começa primeiro?", "• Aprendizado de Máquina: inicio 2026-02-09 [1]"),
        ("qual o produto mais caro?", "• Notebook: preço (R$) 1.234,50 [1]"),
        ("qual o mais barato?", "• Lápis: preço (R$) 1,20 [1]"),
        ("qual é o produto menos caro?", "• Lápis: preço (R$) 1,20 [1]"),
        ("quanto custa a caneta?", "• Caneta: preço (R$) 3,00 [1]"),
        ("qual é mais caro, o caderno ou a caneta?", "• Caderno: preço (R$) 12,50 [1]"),
        ("qual produto pesa mais?", "• Notebook: peso 1400 [1]"),
        ("which product is the cheapest?", "• Lápis: preço (R$) 1,20 [1]"),
        ("quem ganha mais?", "• Priya Patel: salary $91,000 [1]"),
        ("who earns the most?", "• Priya Patel: salary $91,000 [1]"),
        ("who has the lowest salary?", "• John Smith: salary $62,500 [1]"),
        ("who is the oldest?", "• Mary Jones: age 41 [1]"),
        ("how old is Priya Patel?", "• Priya Patel: age 35 [1]"),
        ("qual a cidade mais quente?", "• Natal: temperatura 28,5 [1]"),
        ("onde chove mais?", "• Manaus: chuva (mm) 300 [1]"),
        ("qual cidade tem a menor umidade?", "• Brasília: umidade 45% [1]"),
        ("qual a temperatura de Curitiba?", "• Curitiba: temperatura 17,2 [1]"),
        ("which film has the highest rating?", "• Beta: rating 8.4 [1]"),
        ("what is the longest film?", "• Gamma: minutes 140 [1]"),
        ("how long is Beta?", "• Beta: minutes 95 [1]"),
        ("which is the newest of the films?", "• Gamma: year 2021 [1]"),
    ],
)
def test_a_cell_or_an_extreme_is_read_as_the_table_has_it(
    backend: ExtractiveBackend, question: str, first: str
) -> None:
    (events,) = talk(backend, question)
    assert text_of(events).split("\n")[1] == first
    item = passages_of(events).items[0]
    assert item.highlight is not None
    assert item.text[slice(*item.highlight)].replace(": ", " ", 1) in first


@pytest.mark.parametrize(
    ("question", "figure"),
    [
        ("quantas disciplinas há?", "4"),
        ("quantas disciplinas a Carla Dias dá?", "2"),
        ("total de vagas", "220"),
        ("qual a média de vagas das disciplinas?", "55"),
        ("quantos produtos há na seção escrita?", "2"),
        ("how many engineers are there?", "2"),
        ("what is the average salary of engineers?", "88,000"),
        ("what is the total salary?", "238,500"),
        ("média da chuva", "170,17"),
        ("how many films did Kim Lee direct?", "2"),
        ("how many different directors are there?", "2"),
        ("sum of the minutes of the films", "356"),
    ],
)
def test_counts_totals_and_means_are_worked_out(backend: ExtractiveBackend, question: str, figure: str) -> None:
    title = text_of(talk(backend, question)[0]).split("\n")[0]
    assert re.search(rf": {re.escape(figure)}\.( |$)", title), title


def test_what_a_mean_leaves_out_is_said(backend: ExtractiveBackend) -> None:
    assert "3 linhas" in text_of(talk(backend, "média da chuva")[0])
    assert "Linhas sem esse valor: 1" in text_of(talk(backend, "média da chuva")[0])


@pytest.mark.parametrize(
    "question",
    [
        "How many eggs does Kim Lee eat?",
        "qual produto não é caro?",
        "quais produtos custam menos de 5 reais?",
        "qual disciplina tem mais alunos reprovados?",
        "who earns more than Mary Jones?",
        "qual o preço da borracha?",
        "what is the salary of the president?",
    ],
)
def test_what_a_table_does_not_say_is_no_figure(backend: ExtractiveBackend, question: str) -> None:
    assert "• " not in text_of(talk(backend, question)[0])


def test_another_row_or_another_figure_may_be_asked_for_next(backend: ExtractiveBackend) -> None:
    answers = [text_of(events) for events in talk(backend, "quanto custa o caderno?", "e o lápis?")]
    assert "• Lápis: preço (R$) 1,20 [1]" in answers[1]


def test_a_row_competes_with_a_sentence(add: Add) -> None:
    library = add(
        {"cursos.csv": COURSES, "regras.md": "Quem faltar a mais de 25 % das aulas de uma disciplina é reprovado."}
    )
    text = text_of(talk(ExtractiveBackend(Retriever(library)), "quem dá aula de Inteligência Artificial?")[0])
    assert "professor: Carla Dias" in text.split("\n\n")[1]
    text = text_of(talk(ExtractiveBackend(Retriever(library)), "com quantas faltas sou reprovado na disciplina?")[0])
    assert "25 %" in text.split("\n\n")[1]


def test_records_of_json_are_a_table_too(add: Add) -> None:
    records = '[{"planet": "Mars", "moons": 2}, {"planet": "Earth", "moons": 1}, {"planet": "Saturn", "moons": 146}]'
    backend = ExtractiveBackend(Retriever(add({"planets.json": records})))
    assert "• Saturn: moons 146 [1]" in text_of(talk(backend, "which planet has the most moons?")[0])
    assert ": 149." in text_of(talk(backend, "total moons of the planets")[0])


def test_figures_are_said_as_they_are_whoever_answers(add: Add) -> None:
    model = SayingBackend("Cerca de cem.")
    text = text_of(talk(RagBackend(model, Retriever(add(TABLES))), "total de vagas")[0])
    assert "220" in text
    assert model.heard == []


def test_merged_and_empty_cells(add: Add) -> None:
    table = 'região,cidade,,vendas\nSul,Curitiba,a,10\n,Porto Alegre,,20\nNorte,Manaus,,\n,Belém,b,"1.005,5"\n'
    backend = ExtractiveBackend(Retriever(add({"vendas.csv": table})))
    assert ": 30." in text_of(talk(backend, "total de vendas no Sul")[0])
    assert "• Belém: vendas 1.005,5 [1]" in text_of(talk(backend, "vendas de Belém")[0])


def sheet_of(library: Library) -> Sheet:
    with library.reading() as connection:
        return Sheet(find_tables(connection)[0])


def test_codes_in_the_first_column_are_no_names(add: Add) -> None:
    sheet = sheet_of(add({"cursos.csv": COURSES}))
    assert sheet.name_column.title == "disciplina"
    assert [column.title for column in sheet.figures] == ["vagas", "inicio"]
    assert sheet.sorts[sheet.table.columns[4]] == "dates"


def test_a_table_of_many_columns_is_searched_but_not_read(add: Add) -> None:
    names = ",".join(f"coluna{number}" for number in range(5000))
    library = add({"larga.csv": names + "\n" + ",".join(["1"] * 5000) + "\n" + ",".join(["2"] * 5000) + "\n"})
    with library.reading() as connection:
        assert find_tables(connection) == []
    assert "coluna7:" not in text_of(talk(ExtractiveBackend(Retriever(library)), "coluna7")[0])


@pytest.mark.parametrize(
    ("cell", "mark", "value"),
    [
        ("R$ 1.234,50", "", 1234.5),
        ("$1,234.50", "", 1234.5),
        ("12.5%", "", 12.5),
        ("-3,5", ",", -3.5),
        ("1,200", "", 1200),
        ("1,200", ",", 1.2),
        ("1 234 567", "", 1234567),
        ("60 kg", "", 60),
        ("28 °C", "", 28),
        ("0,125", "", 0.125),
        ("IA201", "", None),
        ("2026-02-10", "", None),
        ("1,2,3", "", None),
        ("dois", "", None),
        ("", "", None),
    ],
)
def test_quantities_are_read_however_they_are_written(cell: str, mark: str, value: float | None) -> None:
    assert quantity(cell, mark) == value


def test_the_mark_before_decimals_is_told_by_the_column() -> None:
    assert decimal_mark(["1,5", "2,25", "1.200"]) == ","
    assert decimal_mark(["1.5", "1,200"]) == "."
    assert decimal_mark(["1,5", "2.5"]) == ""


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2026-02-10", date(2026, 2, 10)),
        ("31/12/2024", date(2024, 12, 31)),
        ("12/31/2024", date(2024, 12, 31)),
        ("10 de março de 2020", date(2020, 3, 10)),
        ("March 10, 2020", date(2020, 3, 10)),
        ("maio 2019", date(2019, 5, 1)),
        ("2026-13-40", None),
        ("2007", None),
        ("texto", None),
    ],
)
def test_dates_are_read_day_first(cell: str, day: date | None) -> None:
    assert as_date(cell) == day


@given(st.text(max_size=40))
@settings(deadline=None)
def test_any_cell_and_any_question_can_be_read(text: str) -> None:
    quantity(text)
    as_date(text)


@given(st.lists(st.sampled_from("qual quantos o mais menos vagas disciplina Ana total média de ou , ? ٣ C++".split())))  # noqa: SIM905
@settings(deadline=None, max_examples=60)
def test_any_question_is_heard(words: list[str]) -> None:
    from genchat.engine.retrieval.tables import Column, Row, Table

    columns = tuple(Column(place, name, name, "", name) for place, name in enumerate(("disciplina", "vagas")))
    rows = (Row(1, ("Ana", "3")), Row(2, ("Bia", "")), Row(3, ("Caio",)))
    asked = heard(Sheet(Table("t.csv", "pt", columns, rows, "", ())), " ".join(words))
    assert asked is None or asked.rows
