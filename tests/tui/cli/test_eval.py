"""`genchat eval`: models side by side, in one unit."""

import json
from pathlib import Path

import pytest

from tests.tui.cli.conftest import Run

_TALK = "### One\nP: oi\nR: Olá, tudo bem?\n"


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    file = tmp_path / "talk.txt"
    file.write_text(_TALK, encoding="utf-8")
    return file


def test_two_models_on_a_text_and_a_file_of_dialogues(process: Run, talk: Path) -> None:
    done = process("eval", "bom dia", str(talk), "--models", "hash,script", "--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert [(row["model"], row["text"], row["scope"]) for row in rows] == [
        ("hash", "talk.txt", "replies"),
        ("hash", "TEXT", "text"),
        ("script", "talk.txt", "replies"),
        ("script", "TEXT", "text"),
    ]
    assert {row["bytes"] for row in rows} == {len("Olá, tudo bem?".encode()) + 1, len("bom dia")}
    assert all(row["bits_per_byte"] > 0 and row["read_tokens_per_second"] > 0 for row in rows)


def test_a_failing_model_leaves_the_others_standing(process: Run, talk: Path) -> None:
    done = process("eval", str(talk), "--models", "nobody,hash", "--turns", "all")
    assert done.returncode == 1
    assert "nobody" in done.stderr
    assert "hash" in done.stdout
    assert "all turns" in done.stderr
    assert process("eval", str(talk), "--models", "nobody").returncode == 2


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        (("eval", "oi", "--models", ","), None, "no model"),
        (("eval", "-", "--models", "hash"), "", "stdin is empty"),
        (("eval", "-", "--models", "hash"), b"\xff\xfe\x00", "binary"),
    ],
)
def test_bad_input_is_said(genchat: Run, arguments: tuple[str, ...], stdin: str | bytes | None, said: str) -> None:
    done = genchat(*arguments, stdin=stdin)
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_an_empty_file_is_named(genchat: Run, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("\n")
    done = genchat("eval", str(tmp_path / "empty.txt"), "--models", "hash")
    assert done.returncode != 0
    assert "empty.txt" in done.stderr
