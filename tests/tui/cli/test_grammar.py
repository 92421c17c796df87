"""Grammars on the command line: a pattern, a file, and each mistake by its name."""

import json
from pathlib import Path

import pytest

from tests.tui.cli.conftest import Run

pytest.importorskip("llguidance")


def test_a_reply_follows_the_pattern(genchat: Run) -> None:
    done = genchat("complete", "oi", "-m", "ngram", "--regex", "[0-9]{2}/[0-9]{2}", "--seed", "3", "--json")
    assert done.returncode == 0
    answer = json.loads(done.stdout)
    text = answer["text"]
    assert len(text) == 5
    assert text[2] == "/"
    assert text.replace("/", "").isdigit()
    assert answer["finish"] == "end"


def test_a_schema_is_read_from_a_file(genchat: Run, tmp_path: Path) -> None:
    schema = tmp_path / "schema.json"
    schema.write_text('{"type": "object", "properties": {"a": {"enum": ["x", "y"]}}, "required": ["a"]}')
    done = genchat("complete", "oi", "-m", "ngram", "--json-schema", str(schema), "--seed", "3", "-n", "80")
    assert json.loads(done.stdout)["a"] in ("x", "y")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--regex", "(a"), "the regular expression cannot be used"),
        (("--json-schema", "/there/is/no.json"), "/there/is/no.json cannot be read"),
        (("--json-schema", '{"type": "strin"}'), "the JSON schema cannot be used"),
        (("--json-schema", '{"type"'), "is not a JSON object"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_written(genchat: Run, words: tuple[str, str], said: str) -> None:
    done = genchat("complete", "oi", "-m", "ngram", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
