"""`genchat train mixture`: two models of the person as one."""

import json
from pathlib import Path

import pytest

from genchat.engine.ngram.sources import plain_source
from genchat.engine.ngram.training import train_ngram
from genchat.engine.paths import paths
from tests.engine.lstm.models import TOKENIZER, network, write
from tests.tui.cli.conftest import Run


@pytest.fixture
def held_out(tmp_path: Path) -> Path:
    """Also installs the models "counting" and "letters"."""
    home = paths().models
    train_ngram([plain_source("x", "".join(TOKENIZER.pieces) * 9)], home / "counting", order=3, unit="char")
    write(home / "letters", network())
    file = tmp_path / "held.txt"
    file.write_text("abc abd\ncab\n")
    return file


def test_the_counting_model_comes_first_and_the_mixture_can_be_asked(genchat: Run, held_out: Path) -> None:
    done = genchat("train", "mixture", "letters", "counting", "--held-out", str(held_out), "--name", "both", "--json")
    assert done.returncode == 0, done.stderr
    card = json.loads(done.stdout)
    assert [part["name"] for part in card["settings"]["mixture"]["parts"]] == ["counting", "letters"]
    assert len(card["settings"]["mixture"]["shares"]) > 1
    assert card["results"]["held_out_loss"] <= min(card["results"]["held_out_loss_of_parts"]) + 1e-4
    assert json.loads(genchat("next", "abc", "-m", "both", "--json").stdout)["top"]


def test_dialogues_are_read_as_conversations(genchat: Run, held_out: Path) -> None:
    held_out.write_text("### One\nP: abc\nR: cab\n")
    done = genchat(
        "train", "mixture", "letters", "counting", "--held-out", str(held_out), "--name", "both", "--constant", "--json"
    )
    assert json.loads(done.stdout)["results"]["held_out_tokens"] == 10


@pytest.mark.parametrize(
    ("words", "said"),
    [(("letters", "ngram"), "ngram"), (("letters", "nobody"), "nobody"), (("letters",), "MODEL2")],
)
def test_parts_that_cannot_be_are_named(genchat: Run, held_out: Path, words: tuple[str, ...], said: str) -> None:
    done = genchat("train", "mixture", *words, "--held-out", str(held_out), "--name", "both")
    assert done.returncode == 2
    assert said in done.stderr
