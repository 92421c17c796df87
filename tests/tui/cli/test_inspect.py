"""`genchat inspect`: a text that exists, token by token, without writing anything."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from tests.fakes import HashModel
from tests.tui.cli.conftest import Run


def test_a_file_is_priced_with_the_rank_of_every_token(genchat: Run, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("Olá\n")
    values = json.loads(genchat("inspect", str(tmp_path / "text.txt"), "-m", "hash", "--json").stdout)
    assert [row["id"] for row in values["inspected"]] == list("Olá".encode())
    cursor = HashModel().start([])
    for row in values["inspected"]:
        believed = cursor.log_probs()
        assert row["logprob"] == pytest.approx(float(believed[row["id"]]), abs=1e-5)
        assert row["rank"] == 1 + int(np.count_nonzero(believed > believed[row["id"]]))
        assert row["bits"] == pytest.approx(-row["logprob"] / math.log(2))
        cursor.advance(row["id"])
    assert values["bits"] == pytest.approx(sum(row["bits"] for row in values["inspected"]), rel=1e-5)


def test_stdin_is_read_and_a_table_is_printed_without_a_terminal(genchat: Run) -> None:
    done = genchat("inspect", "-", "-m", "hash", stdin="ab\n")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["token", "p", "(%)", "rank", "bits"]
    assert [line.split()[0] for line in lines[1:3]] == ["a", "b"]
    assert lines[-1].startswith("2 tokens   2 bytes")


def test_nothing_of_a_hostile_text_reaches_the_terminal(genchat: Run) -> None:
    done = genchat("inspect", "-", "-m", "hash", stdin="a\x1b[2Jb\n")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "is empty"), (b" \n", "is empty"), (b"a\0b", "not text"), (b"caf\xe9\n", "line 1")]
)
def test_texts_that_cannot_be_used_are_named_in_one_line(
    genchat: Run, tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "text.txt").write_bytes(content)
    done = genchat("inspect", str(tmp_path / "text.txt"), "-m", "hash")
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_file_that_is_not_there_is_told(genchat: Run) -> None:
    done = genchat("inspect", "no-such-file.txt", "-m", "hash")
    assert done.returncode == 2
    assert "no-such-file.txt" in done.stderr
