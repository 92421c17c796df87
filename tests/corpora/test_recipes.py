"""Files of a catalogue entry become the one text whose checksum the catalogue knows."""

import json

import pytest

from genchat.corpora.catalogue import CatalogueEntry
from genchat.corpora.recipes import BadFiles, assemble


def entry(files: tuple[str, ...], recipe: str, language: str = "en") -> CatalogueEntry:
    return CatalogueEntry("sample", "A sample", language, "CC0", "us", 1, "0" * 64, "", files, recipe, "none")


def with_cuts(files: tuple[str, ...], cuts: dict[str, tuple[int, int]], untitled: tuple[str, ...]) -> CatalogueEntry:
    return CatalogueEntry(
        "sample", "A sample", "en", "CC0", "us", 1, "0" * 64, "", files, "join", "none", cuts, untitled
    )


def table(conversations: object) -> bytes:
    return json.dumps({"categories": ["x"], "conversations": conversations}).encode()  # JSON is YAML


def rows(text: str) -> list[tuple[object, ...]]:
    return [tuple(json.loads(line).values()) for line in text.splitlines()]


def test_joined_files_end_in_one_newline_and_stand_apart() -> None:
    assert assemble(entry(("a", "b"), "join"), [b"A\n\none\n\n\n", b"B\n\ntwo"]) == "A\n\none\n\nB\n\ntwo\n"


def test_a_cut_leaves_out_its_first_and_last_line_and_those_between() -> None:
    files = [b"A\n\none\nNOTE\nnote\n", b"B\n\ntwo\n"]
    assert assemble(with_cuts(("a", "b"), {"a": (4, 5)}, ()), files) == "A\n\none\n\nB\n\ntwo\n"
    assert assemble(with_cuts(("a", "b"), {"a": (4, 4)}, ()), files) == "A\n\none\nnote\n\nB\n\ntwo\n"


def test_a_blank_line_after_the_title_does_not_move_the_cut() -> None:
    assert assemble(with_cuts(("a",), {"a": (3, 4)}, ("a",)), [b"A\none\nNOTE\nnote\ntwo\n"]) == "A\n\none\ntwo\n"


def test_conversations_become_pairs_of_neighbouring_turns() -> None:
    text = assemble(entry(("talk.yml",), "chatterbot-tables", "pt-BR"), [table([["oi ", "ol\u00e1", "tudo?"]])])
    assert rows(text) == [("pt", "talk", 0, 0, "oi", "ol\u00e1", 1), ("pt", "talk", 0, 1, "ol\u00e1", "tudo?", 1)]
    assert "ol\u00e1" in text


@pytest.mark.parametrize("chosen", [(), (1,)])
def test_answers_to_choose_from_are_all_paired_with_the_question(chosen: tuple[int, ...]) -> None:
    entry = CatalogueEntry(
        "sample", "", "en", "", "", 1, "", "", ("e.yml",), "chatterbot-tables", "none", {}, (), {"e.yml": chosen}
    )
    table_rows = rows(assemble(entry, [table([["a", "b"], ["q", "one", "two"]])]))
    assert table_rows[1:] == [("en", "e", 1, 0, "q", "one", 1), ("en", "e", 1, 0, "q", "two", 1)]


def test_pairs_that_recur_within_a_file_are_counted_once() -> None:
    text = assemble(
        entry(("a.yml", "b.yml"), "chatterbot-tables"), [table([["q", "a"], ["q", "a "]]), table([["q", "a"]])]
    )
    assert rows(text) == [("en", "a", 0, 0, "q", "a", 2), ("en", "b", 0, 0, "q", "a", 1)]


def test_a_conversation_that_is_a_bare_string_holds_no_pair_but_keeps_its_number() -> None:
    assert rows(assemble(entry(("t.yml",), "chatterbot-tables"), [table(["bingo", ["q", "a"]])])) == [
        ("en", "t", 1, 0, "q", "a", 1)
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"just words",
        b"a: [",
        b"conversations: 3",
        b"\xff\xfe",
        table([["q", 3]]),
        table([["q", ["nested"]]]),
        b"!!python/object/apply:os.getcwd []",
        b"[" * 5000,
    ],
)
def test_tables_that_are_none_are_refused(content: bytes) -> None:
    with pytest.raises(BadFiles):
        assemble(entry(("a.yml",), "chatterbot-tables"), [content])


@pytest.mark.parametrize("recipe", ["self-dialogue-archive", "as-is", "join"])
def test_bytes_that_are_no_text_and_no_archive_are_refused(recipe: str) -> None:
    with pytest.raises(BadFiles):
        assemble(entry(("a",), recipe), [b"\xff\xfe"])
