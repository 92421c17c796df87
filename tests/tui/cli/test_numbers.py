"""Numbers on the command line: either mark, and errors that say what to type."""

import pytest

from tests.tui.cli.conftest import Run


@pytest.mark.parametrize("typed", ["0,8", "0.8"])
def test_a_flag_takes_a_point_or_a_comma(genchat: Run, typed: str) -> None:
    done = genchat("oi", "--temperature", typed, "--min-p", typed)
    assert done.returncode == 0


def test_the_help_names_values_and_usage_in_the_readers_language(genchat: Run) -> None:
    shown = genchat("train", "gpt", "--help", env={"GENCHAT_LANGUAGE": "pt-br"}).stdout
    assert shown.startswith("uso: genchat train gpt [OPÇÕES] ARQUIVO…")
    assert "ARQUIVO.svg" in shown
    assert "FILE" not in shown
    shown = genchat("--help", env={"GENCHAT_LANGUAGE": "pt-br"}).stdout
    assert shown.splitlines()[:2] == ["uso: genchat [OPÇÕES] [PROMPT]", "     genchat COMANDO …"]
    shown = genchat("history", "--help", env={"GENCHAT_LANGUAGE": "en"}).stdout
    assert shown.startswith("usage: genchat history [OPTIONS] [COMMAND] …")


def test_one_and_many_are_told_apart(genchat: Run) -> None:
    genchat("oi")
    assert "1 conversation " in genchat("history", "check").stdout
    genchat("olá")
    assert "2 conversations " in genchat("history", "check").stdout
    assert "1 conversa apagada" in genchat(
        "history", "rm", genchat("history", "list", "--json").stdout.split('"id": "')[1][:8], "--yes",
        env={"GENCHAT_LANGUAGE": "pt-br"},
    ).stderr  # fmt: skip
