"""Tables read as tables, numbers as people write them, and figures asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genchat.engine.answering.extractive import ExtractiveBackend
from genchat.engine.retrieval.phrases import listed, number, read_number
from genchat.engine.retrieval.retriever import Retriever
from genchat.engine.retrieval.tables import find_tables, members
from tests.engine.asking import passages_of, talk, text_of
from tests.engine.document_fixtures import Add

PRICES = "produto;preço (R$);peso;seção\nCaderno;12,50;300;papel\nLápis;1,20;8;escrita\nCaneta;3,00;10;escrita\n"


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("26.2", "", 26.2),
        ("26,2", "", 26.2),
        ("1.350", "", 1350),
        ("1,350", "", 1350),
        ("1.350,5", "", 1350.5),
        ("1.350", ".", 1.35),
        ("0.125", "", 0.125),
        ("-3,5", ",", -3.5),
        ("470", "", 470),
        ("nan", "", None),
        ("1e9", "", None),
        ("", "", None),
        ("4 colheres", "", None),
        ("1.2.3", ".", None),
    ],
)
def test_numbers_are_read_as_they_are_written(text: str, decimal: str, value: float | None) -> None:
    assert read_number(text, decimal) == value


@given(st.text(max_size=30), st.sampled_from(("", ".", ",")))
def test_any_text_may_be_taken_for_a_number(text: str, decimal: str) -> None:
    value = read_number(text, decimal)
    assert value is None or value == value  # never NaN


@pytest.mark.parametrize(
    ("value", "portuguese", "english"),
    [(26.2, "26,2", "26.2"), (32.0, "32", "32"), (1350.5, "1.350,5", "1,350.5"), (-0.5, "-0,5", "-0.5"), (0, "0", "0")],
)
def test_numbers_are_written_as_the_language_does(value: float, portuguese: str, english: str) -> None:
    assert (number(value, "pt"), number(value, "en")) == (portuguese, english)


def test_lists_end_with_and() -> None:
    assert listed(["a", "b", "c"], "pt") == "a, b e c"
    assert listed(["a", "b"], "en", "or") == "a or b"
    assert listed([], "pt") == ""


def test_columns_units_portions_and_kinds_are_told_apart(add: Add) -> None:
    library = add({"precos.csv": PRICES})
    with library.reading() as connection:
        (table,) = find_tables(connection)
    assert [(column.label, column.unit) for column in table.columns] == [
        ("produto", ""),
        ("preco", "R$"),
        ("peso", ""),
        ("secao", ""),
    ]
    assert table.decimal == ","
    assert [column.label for column in table.measured] == ["preco"]
    assert table.weight is not None
    assert [column.label for column in table.kinds] == ["secao"]
    assert len(members([table], "escrita")) == 2
    assert members([table], "comida") == frozenset()


def test_a_table_of_any_subject_answers_for_its_figures(add: Add) -> None:
    backend = ExtractiveBackend(Retriever(add({"precos.csv": PRICES})))
    answers = talk(backend, "quanto custa o caderno?", "e o lápis?")
    assert [text_of(events).split("\n")[1] for events in answers] == [
        "• Caderno: preço (R$) 12,50 [1]",
        "• Lápis: preço (R$) 1,20 [1]",
    ]
    item = passages_of(answers[0]).items[0]
    assert item.highlight is not None
    assert item.text[slice(*item.highlight)] == "preço (R$): 12,50"


def test_tables_of_a_local_collection_are_not_given_to_a_remote_model(add: Add) -> None:
    library = add({"precos.csv": PRICES}, "private")
    library.keep_local("private", True)
    with library.reading() as connection:
        assert find_tables(connection, remote=True) == []
        assert len(find_tables(connection)) == 1
