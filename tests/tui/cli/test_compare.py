"""`genchat compare`: several models read one text."""

import json

import pytest

from tests.tui.cli.conftest import Run


def test_every_token_has_its_bits_by_every_model_and_the_totals_are_their_sum(genchat: Run) -> None:
    done = genchat("compare", "hash", "endless", "--text", "Olá, ab", "--json")
    assert done.returncode == 0, done.stderr
    values = json.loads(done.stdout)
    size = len("Olá, ab".encode())
    for place, model in enumerate(values["models"]):
        bits = sum(row["bits"][place] for row in values["tokens"])
        assert bits / size == pytest.approx(model["bits_per_byte"], abs=1e-3)
    for row in values["tokens"]:
        assert len(row["kl"]) == len(row["js"]) == 1
        assert 0 <= row["js"][0] <= 1
        assert 0 <= row["kl"][0] <= 31


def test_a_table_and_the_bits_per_byte_are_printed(genchat: Run) -> None:
    lines = genchat("compare", "hash", "endless", "--text", "-", stdin="ab").stdout.splitlines()
    assert lines[0].split() == ["token", "hash", "endless", "JS", "endless"]
    assert [line.split()[0] for line in lines[1:3]] == ["a", "b"]
    assert lines[-1].endswith("bits per byte")


@pytest.mark.parametrize("models", [("hash",), ("hash", "hash")])
def test_one_model_alone_is_refused(genchat: Run, models: tuple[str, ...]) -> None:
    done = genchat("compare", *models, "--text", "a")
    assert done.returncode == 2
    assert "2 to 4" in done.stderr
