"""Quotations are word for word: of any document, whatever is asked of it."""

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genchat.engine.answering.extractive import ExtractiveBackend
from genchat.engine.answering.quoting import GAP, chosen_quotations
from genchat.engine.retrieval.layout import units_of
from genchat.engine.retrieval.library import Library
from genchat.engine.retrieval.retriever import Retriever
from genchat.engine.retrieval.tables import is_record
from tests.engine.asking import passages_of, talk, text_of
from tests.engine.document_fixtures import Add

WORDS = [
    "arroz",
    "feijão",
    "ponte",
    "rio",
    "museu",
    "2007",
    "39.90",
    "1.4",
    "123.456.789-09",
    "vermelho",
    "escola",
    "Ana",
    "peso",
    "preço",
    "verde",
    "horas",
    "abre",
    "fecha",
    "option",
    "file",
    "--all",
    "-x",
    "the",
    "open",
    "gate",
    "12,5",
    "%",
    "R$",
    "kg",
]
WORD = st.sampled_from(WORDS)
SENTENCE = st.lists(WORD, min_size=2, max_size=9).map(lambda words: " ".join(words).capitalize() + ".")
LINE = st.one_of(
    SENTENCE,
    st.lists(SENTENCE, min_size=2, max_size=6).map(" ".join),
    SENTENCE.map("- {}".format),
    st.tuples(WORD, SENTENCE).map(lambda pair: f"--{pair[0]}\n      {pair[1]}\n      {pair[1]}"),
    st.tuples(WORD, WORD).map(lambda pair: f"{pair[0]:20}{pair[1]}"),
    WORD.map("{}:".format),
    st.sampled_from(["", "```\n$ abre --all  porta\n```", "| a | b |\n|---|---|\n| rio | 2007 |", "Museu\n====="]),
)
PROSE = st.lists(LINE, min_size=1, max_size=12).map("\n\n".join)
CSV = st.lists(st.tuples(WORD, WORD, WORD), min_size=1, max_size=8).map(
    lambda rows: "nome;ano;peso (kg)\n" + "".join(f"{';'.join(row)}\n" for row in rows)
)
JSON = st.lists(st.dictionaries(WORD, WORD, min_size=1, max_size=4), min_size=1, max_size=6).map(
    lambda records: json.dumps(records, ensure_ascii=False, indent=1)
)
RECIPES = st.lists(st.lists(WORD, min_size=2, max_size=8), min_size=1, max_size=5).map(
    lambda dishes: (
        "# Receitas\n\n"
        + "\n\n".join(
            f"## Prato {number}\n\n### Ingredientes\n\n"
            + "\n".join(f"- {word} de{number}" for word in words)
            + f"\n\n### Modo de preparo\n\nMisture {' e '.join(words)} no passo{number}."
            for number, words in enumerate(dishes)
        )
    )
)
DOCUMENTS = st.fixed_dictionaries({"a.txt": PROSE, "b.md": PROSE, "c.csv": CSV, "d.json": JSON, "e.md": RECIPES})
QUESTION = st.lists(WORD | st.sampled_from("quanto qual o a what is Prato 1".split()), min_size=1, max_size=6).map(  # noqa: SIM905
    " ".join
)


def plain(text: str) -> str:
    """White space that holds a line break as one blank: all that a quotation may change."""
    return re.sub(r"[^\S\n]*\n\s*", " ", text)


@given(DOCUMENTS, st.lists(QUESTION, min_size=1, max_size=4))
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_what_stands_between_quotation_marks_stands_in_the_document(
    documents: dict[str, str], questions: list[str]
) -> None:
    with TemporaryDirectory() as folder:
        for name, text in documents.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        with Library(Path(folder) / "library.db") as library:
            list(library.add([Path(folder) / name for name in documents]))
            backend = ExtractiveBackend(Retriever(library))
            for question in questions:
                for events in talk(backend, question):
                    items = {item.number: item for item in passages_of(events).items}
                    text = text_of(events)
                    for quoted, number in re.findall(r"“([^“”]*)” \[(\d+)\]", text):
                        passage = items[int(number)]
                        assert not is_record(passage.source)
                        whole = plain(documents[passage.source])
                        for piece in quoted.split(GAP):
                            assert plain(piece) in whole
                    assert text.count("“") == text.count("”")


@given(RECIPES, QUESTION)
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
def test_parts_that_do_not_follow_each_other_are_of_one_recipe(recipes: str, question: str) -> None:
    with TemporaryDirectory() as folder:
        (Path(folder) / "r.md").write_text(recipes, encoding="utf-8")
        with Library(Path(folder) / "library.db") as library:
            list(library.add([Path(folder) / "r.md"]))
            found = Retriever(library).retrieve(question)
            if not found.passages:
                return
            for quotation in chosen_quotations(found):
                assert list(quotation.spans) == sorted(quotation.spans)
                pieces = [quotation.passage.text[slice(*span)] for span in quotation.spans]
                if len(pieces) > 1:
                    assert len(set(re.findall(r"(?:de|passo)(\d)", "\n".join(pieces)))) <= 1


@pytest.mark.parametrize(
    ("name", "document", "question", "cells"),
    [
        (
            "notebooks.csv",
            "nome,ano,ramal,peso (kg)\nNotebook Atlas,2007,4100,1.4\n",
            "de que ano é o Notebook Atlas?",
            ("2007",),
        ),
        (
            "pessoas.csv",
            "nome,cpf,preço\nAna Lima,123.456.789-09,39.90\n",
            "dados da Ana Lima",
            ("123.456.789-09", "39.90"),
        ),
        ("item.json", '[{"nome": "Atlas", "ano": 2007, "preço": 39.90}]', "quem é Atlas?", ("2007", "39.9")),
    ],
)
def test_cells_are_shown_as_they_are_written(
    add: Add, name: str, document: str, question: str, cells: tuple[str, ...]
) -> None:
    text = text_of(talk(ExtractiveBackend(Retriever(add({name: document}))), question)[0])
    for cell in cells:
        assert cell in text
    for invented in ("2,007", "2.007", "4.100", "1,4 g", "1.4 g", "R$"):
        assert invented not in text


MANUAL = """TOOL(1)                 User Commands                 TOOL(1)

NAME
       tool - fetches pages

OPTIONS
       -q, --quiet
              Says nothing at all.

       -L, --location
              If the server answers that the page has moved, the request is made
              again at the new place.

              Example:
               tool --location https://example.com

       --retry <num>
              Tries again. The default is 0 times, which means that it gives up
              after the first failure.
"""


def test_an_option_comes_with_its_explanation(add: Add) -> None:
    backend = ExtractiveBackend(Retriever(add({"tool.txt": MANUAL})))
    (events,) = talk(backend, "which tool option asks again when the page has moved?")
    first = re.findall(r"“([^”]*)” \[1\]", text_of(events))[0]
    assert first.startswith("-L, --location\nIf the server answers that the page has moved, the request is made again")
    item = passages_of(events).items[0]
    assert item.highlight is not None
    assert "new place" in item.text[slice(*item.highlight)]


def test_code_comes_whole_and_badges_not_at_all(add: Add) -> None:
    readme = (
        "# Ferramenta\n\n[![build](https://x.test/b.svg)](https://x.test) ![testes](https://x.test/t.svg)\n\n"
        "Uma ferramenta de teste.\n\n## Testes\n\nPara rodar os testes:\n\n"
        "```sh\npython -m venv ambiente\n./ambiente/bin/pytest  tests\n```\n"
    )
    text = text_of(talk(ExtractiveBackend(Retriever(add({"LEIA.md": readme}))), "como rodar os testes?")[0])
    assert "python -m venv ambiente\n./ambiente/bin/pytest  tests" in text
    assert "svg" not in text


def test_a_title_is_no_answer(add: Add) -> None:
    text = (
        "Conjunto de dados de vinhos\n---------------------------\n\n"
        ":Número de amostras: 178\n:Autor: Ana Maria Lima\n\n"
        "Os vinhos vêm de três produtores da mesma região.\n"
    )
    backend = ExtractiveBackend(Retriever(add({"vinhos.txt": text})))
    for question, wanted in (
        ("quantas amostras tem o conjunto de dados de vinhos?", "178"),
        ("quem é o autor do conjunto de dados de vinhos?", "Ana Maria Lima"),
    ):
        (events,) = talk(backend, question)
        item = passages_of(events).items[0]
        assert item.highlight is not None
        assert wanted in item.text[slice(*item.highlight)]


@given(st.text(alphabet="ab .:-=#|\n\t`>$*1", max_size=200))
@settings(deadline=None)
def test_any_text_falls_into_units_in_order(text: str) -> None:
    at = 0
    for unit in units_of(text):
        assert at <= unit.start < unit.end <= len(text)
        assert text[unit.start : unit.end].strip()
        at = unit.end


def test_the_name_of_the_function_is_quoted_with_what_it_does(add: Add) -> None:
    text = (
        "# Utilitários\n\n## remove_marks\n\nTira os sinais de um texto.\n\nRetorna o texto sem sinais.\n\n"
        "## count_marks\n\nConta os sinais de um texto.\n\nRetorna quantos são.\n"
    )
    backend = ExtractiveBackend(Retriever(add({"ferramentas.md": text})))
    (events,) = talk(backend, "como tirar os sinais de um texto?")
    assert "remove_marks" in text_of(events)
