"""What a text's margins and marks say: what leads what, where sections are, what kind of thing is asked for."""

import pytest

from genchat.engine.retrieval.chunking import LIMIT, chunk_plain
from genchat.engine.retrieval.expectation import expected, holds
from genchat.engine.retrieval.layout import Unit, units_of

MANUAL = """NAME
       tool - does things

OPTIONS
       -a, --all
              Shows everything.  Hidden things
              are shown too.

       -q     Says nothing.

       The options can be combined.
"""


def told(text: str) -> list[tuple[str, str]]:
    """The units with the last line that leads each."""
    return [
        (" ".join(text[u.start : u.end].split()), text[slice(*u.leads[-1])] if u.leads else "") for u in units_of(text)
    ]


def test_an_option_leads_its_explanation_and_a_section_its_options() -> None:
    assert told(MANUAL) == [
        ("tool - does things", ""),
        ("Shows everything.", "-a, --all"),
        ("Hidden things are shown too.", "-a, --all"),
        ("-q Says nothing.", ""),
        ("The options can be combined.", ""),
    ]
    sections = [MANUAL[slice(*unit.headings[-1])] for unit in units_of(MANUAL)]
    assert sections == ["NAME", *["OPTIONS"] * 4]


def test_a_passage_that_lost_its_first_margin_reads_the_same() -> None:
    start = MANUAL.index("-a, --all")
    assert told(MANUAL[start:].strip()) == told(MANUAL)[1:]


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("Título\n======\n\nUma frase.", ["Uma frase."]),
        ("[![x](a.svg)](b) ![y](c.svg)\n\nTexto.", ["Texto."]),
        ("|Logo| |Build|\n\nTexto.", ["Texto."]),
        ("- um\n- dois\n  segue", ["- um", "- dois\n  segue"]),
        (":Autor: Ana\n:Ano: 1990", [":Autor: Ana", ":Ano: 1990"]),
        ("| a | b |\n|---|---|\n| 1 | 2 |", ["| 1 | 2 |"]),
        ("Rode:\n\n```sh\na\n\nb\n```\nFim.", ["Rode:", "a\n\nb", "Fim."]),
        ("", []),
    ],
)
def test_titles_badges_and_rules_are_no_content(text: str, units: list[str]) -> None:
    assert [text[unit.start : unit.end] for unit in units_of(text)] == units


def test_a_list_belongs_to_the_line_that_opens_it() -> None:
    text = "Leve consigo:\n\n- água\n- pão\n\nDepois volte para casa. E descanse."
    units = units_of(text)
    assert [text[slice(*unit.leads[-1])] if unit.leads else "" for unit in units][1:3] == ["Leve consigo:"] * 2
    assert not units[-1].leads
    assert isinstance(units[0], Unit)


def test_options_stay_with_their_explanations_and_pieces_of_long_ones_under_them() -> None:
    entries = [f"       --opcao{n}\n              {'Faz algo útil. ' * 20}" for n in range(6)]
    long = "       --longa\n" + "\n\n".join(f"              {'Explica muito bem. ' * 20}" for _ in range(5))
    text = "OPÇÕES\n" + "\n\n".join([*entries, long])
    chunks = chunk_plain(text)
    assert all(chunk.end - chunk.start <= LIMIT for chunk in chunks)
    assert all(chunk.heading[0] == "OPÇÕES" for chunk in chunks)
    for number in range(6):
        holding = [
            text[chunk.start : chunk.end] for chunk in chunks if f"--opcao{number}\n" in text[chunk.start : chunk.end]
        ]
        assert len(holding) == 1
        assert holding[0].count("Faz algo útil.") >= 20
    assert sum(chunk.heading[-1] == "--longa" for chunk in chunks) > 1


@pytest.mark.parametrize(
    ("question", "kind", "text", "other"),
    [
        ("Quantos alunos há?", "number", "São 42 alunos.", "São muitos alunos."),
        ("how many tries?", "number", "It tries twice.", "It tries."),
        ("Quando começou?", "date", "Foi em 1996.", "Foi bom."),
        ("Quem escreveu?", "person", "O autor é Ian Murdock.", "O autor é desconhecido."),
        ("which option lists files?", "option", "-t, --list\nList the contents.", "List the contents."),
        ("em que pasta fica?", "path", "Fica em /usr/share.", "Fica longe."),
        ("which command runs it?", "command", "$ task test", "Run it."),
        ("por que o céu é azul?", "reason", "Porque a luz se espalha.", "O céu é azul."),
        ("o que é um roteador?", "definition", "Um roteador é um aparelho.", "Ligue o aparelho."),
    ],
)
def test_the_kind_of_thing_asked_for_is_known_by_its_form(question: str, kind: str, text: str, other: str) -> None:
    assert expected(question)[0] == kind
    assert holds(expected(question)[0], text)
    assert not holds(expected(question)[0], other)


def test_what_the_question_says_itself_is_no_answer_to_it() -> None:
    assert not holds("number", "Debian 1.1 é bom.", frozenset(("1.1",)))
    assert holds("number", "Debian 1.1 tem 474 pacotes.", frozenset(("1.1",)))
