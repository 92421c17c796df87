"""`next`, `score` and `complete`: tokens, probabilities and reasons."""

import json
import math
import re

import pytest

from tests.tui.cli.conftest import Run


def test_next_shows_the_likeliest_tokens_in_order(genchat: Run) -> None:
    done = genchat("next", "", "x", "--json", "--top", "4")
    values = json.loads(done.stdout)
    chances = [row["logprob"] for row in values["top"]]
    assert (values["top"][0]["id"], values["top"][0]["token"]) == (ord("O"), "O")
    assert chances == sorted(chances, reverse=True)
    assert math.isclose(sum(map(math.exp, chances)) + values["rest"], 1.0, abs_tol=1e-5)
    assert [row["rank"] for row in values["top"]] == [1, 2, 3, 4]


def test_next_as_a_table_has_a_row_a_token_and_the_rest(genchat: Run) -> None:
    lines = genchat("next", "x", "--top", "5").stdout.splitlines()
    assert len(lines) == 7
    assert "90.0" in lines[1]
    assert lines[-1].startswith("254 others")


def test_next_in_a_chat_begins_the_reply(genchat: Run) -> None:
    plain = json.loads(genchat("next", "oi", "-m", "hash", "--json").stdout)
    chat = json.loads(genchat("next", "oi", "-m", "hash", "--chat", "--json").stdout)
    assert chat["context_tokens"] == plain["context_tokens"] + 3
    assert chat["top"] != plain["top"]


def test_next_gives_the_reasons_of_the_counting_model(genchat: Run) -> None:
    done = genchat("next", "Eu gosto de", "-m", "ngram", "--why", "--json", "--top", "5")
    why = json.loads(done.stdout)["why"]
    assert why["kind"] == "ngram"
    assert why["levels"]
    assert why["places"][0]["line"] > 0
    shown = genchat("next", "Eu gosto de", "-m", "ngram", "--why", "--top", "5").stdout
    assert "why: order" in shown
    assert f"{why['places'][0]['source']}:{why['places'][0]['line']}" in shown


def test_score_prices_every_token_and_the_whole(genchat: Run) -> None:
    values = json.loads(genchat("score", "Olá", "--json").stdout)
    log_probs = [row["logprob"] for row in values["scored"]]
    assert values["bytes"] == values["tokens"] == len(log_probs) == 4
    assert values["bits"] == pytest.approx(-sum(log_probs) / math.log(2))
    assert values["bits_per_byte"] == pytest.approx(values["bits"] / 4)
    assert values["perplexity"] == pytest.approx(math.exp(-sum(log_probs) / 4))


def test_score_reads_stdin_and_gives_only_the_totals_when_asked(genchat: Run) -> None:
    done = genchat("score", "-", "--summary", stdin="Olá, mundo!\n")
    assert done.stdout.startswith("12 tokens   12 bytes   0.1520 bits per byte")
    assert done.stdout.count("\n") == 1


def test_score_says_what_the_model_never_saw(genchat: Run) -> None:
    done = genchat("score", "日本", "-m", "ngram", "--summary")
    assert done.returncode == 0
    assert "日" in done.stderr


def test_complete_goes_on_with_a_text(genchat: Run) -> None:
    assert genchat("complete", "x").stdout == "Olá, mundo!\n"
    assert genchat("complete", "x: ", "--echo").stdout == "x:  Olá, mundo!\n".replace("  ", " ")
    assert genchat("complete", "x", "-n", "4").stdout == "Olá\n"


def test_complete_says_when_the_reply_was_as_long_as_allowed(genchat: Run) -> None:
    assert "4 tokens" in genchat("complete", "x", "-n", "4").stderr
    assert genchat("complete", "x", "-n", "4", "-q").stderr == ""


@pytest.mark.parametrize("command", ["next", "score", "complete", "prompt"])
@pytest.mark.parametrize(
    ("content", "said"), [(b"", "is empty"), (b" \n", "is empty"), (b"a\0b", "not text"), (b"caf\xe9\n", "line 1")]
)
def test_texts_that_cannot_be_used_are_named_in_one_line(genchat: Run, command: str, content: bytes, said: str) -> None:
    done = genchat(command, "-", stdin=content)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_an_argument_that_is_not_utf8_is_refused(genchat: Run) -> None:
    done = genchat("next", b"caf\xe9")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "UTF-8" in done.stderr


@pytest.mark.parametrize("command", [("next", "a", "--top", "3"), ("score", "a b")])
def test_numbers_are_written_as_the_language_does_and_json_as_json(genchat: Run, command: tuple[str, ...]) -> None:
    in_portuguese = {"GENCHAT_LANGUAGE": "pt-br"}
    table = genchat(*command, "-m", "hash", env=in_portuguese).stdout
    assert re.search(r"\d,\d", table)
    assert not re.search(r"\d\.(?!\d{3}\b)\d", table)  # a point stands before thousands only
    assert json.loads(genchat(*command, "-m", "hash", "--json", env=in_portuguese).stdout)
