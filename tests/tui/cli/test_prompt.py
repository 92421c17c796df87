"""`genchat "prompt"`: an answer on stdout."""

import json

import pytest

from tests.tui.cli.conftest import Run


def test_a_prompt_is_answered_on_stdout_and_nothing_else_is_said(process: Run) -> None:
    done = process("hello")
    assert (done.returncode, done.stdout, done.stderr) == (0, "Olá, mundo!\n", "")


@pytest.mark.parametrize("words", [("what", "is", "love"), ("--", "next"), ("prompt", "next")])
def test_words_that_are_no_command_are_a_prompt(genchat: Run, words: tuple[str, ...]) -> None:
    assert genchat(*words).stdout == "Olá, mundo!\n"


def test_piped_text_is_a_prompt(process: Run) -> None:
    assert process(stdin="hello\n").stdout == "Olá, mundo!\n"


def test_a_dash_stands_for_what_is_piped(process: Run) -> None:
    done = process("--json", "say:", "-", stdin="bom dia\n")
    assert json.loads(done.stdout)["prompt"] == "say: bom dia"


def test_jsonl_gives_a_line_a_token_and_one_for_the_whole(genchat: Run) -> None:
    lines = [json.loads(line) for line in genchat("hello", "--jsonl", "--top", "3").stdout.splitlines()]
    *steps, final = lines
    assert "".join(step["text"] for step in steps) == "Olá, mundo!" == final["text"]
    assert [step["position"] for step in steps] == list(range(len(steps)))
    assert all(len(step["top"]) == 3 and step["rank"] == 1 for step in steps)
    assert steps[-1]["special"]
    assert final["finish"] == "end"


def test_the_same_seed_gives_the_same_text(genchat: Run) -> None:
    options = ("-m", "hash", "-T", "1", "-n", "20", "--json")
    first = json.loads(genchat(*options, "--seed", "7", "x").stdout)
    again = json.loads(genchat(*options, "--seed", "7", "x").stdout)
    other = json.loads(genchat(*options, "--seed", "8", "x").stdout)
    assert first["seed"] == 7
    assert first["text"] == again["text"] != other["text"]


def test_a_system_prompt_is_kept_and_a_model_that_does_not_read_it_says_so(genchat: Run) -> None:
    done = genchat("hello", "--system", " Be kind. ")
    assert "does not read the system prompt" in done.stderr
    written = json.loads(genchat("history", "export", "--json").stdout)
    assert written["conversation"]["system"] == "Be kind."
    assert written["messages"][1]["run"]["system"] == "Be kind."
