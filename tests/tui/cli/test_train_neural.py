"""`genchat train gpt` as a person runs it."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from genchat.engine.language import say
from genchat.tui.cli.commands.train_neural import duration

Run = Callable[..., "CompletedProcess[str]"]
TEXT = "the cat sat on the mat. the dog sat on the log. " * 60
SMALL = ("--layers", "1", "--width", "16", "--window", "8", "--batch", "8", "--steps", "8", "--precision", "fp32")


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "cats.txt"
    path.write_text(TEXT)
    return path


def test_train_draw_and_talk(genchat: Run, text: Path, tmp_path: Path) -> None:
    done = genchat("train", "gpt", str(text), "--name", "cats", *SMALL, "--plot", str(tmp_path / "loss.svg"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("cats: ")
    assert "8 steps" in done.stdout
    assert "bits a byte" in done.stderr
    assert (tmp_path / "loss.svg").read_text().startswith("<svg")
    again = genchat("train", "gpt", str(text), "--name", "cats", *SMALL)
    assert again.returncode == 2
    assert "--replace" in again.stderr
    talked = genchat("complete", "the cat", "-m", "cats", "-n", "12", "--seed", "1")
    assert talked.returncode == 0, talked.stderr
    assert talked.stdout.strip()


def test_flags_and_recipe_meet_in_the_card(genchat: Run, text: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('optimizer = "sgd"\nlearning_rate = 0.1\nseed = 4\nlayers = 3\n')
    done = genchat("train", "gpt", str(text), "--name", "r", *SMALL, "--recipe", str(recipe), "--seed", "9", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    card = json.loads((Path(found["folder"]) / "card.json").read_text())
    used = card["settings"]["recipe"]
    assert (used["optimizer"], used["learning_rate"], used["seed"], used["layers"]) == ("sgd", 0.1, 9, 1)
    assert found["steps"] == 8
    assert card["command"].startswith("genchat train gpt")


def test_a_finished_run_can_go_on(genchat: Run, text: Path) -> None:
    assert genchat("train", "gpt", str(text), "--name", "more", *SMALL).returncode == 0
    longer = [*SMALL[:-4], "--steps", "12", *SMALL[-2:]]
    done = genchat("train", "gpt", str(text), "--name", "more", *longer, "--resume", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["steps"] == 12
    other = text.with_name("other.txt")
    other.write_text(TEXT + "and more")
    refused = genchat("train", "gpt", str(other), "--name", "more", *longer, "--resume")
    assert refused.returncode == 1
    assert "another text" in refused.stderr


@pytest.mark.parametrize(
    ("content", "flags", "said"),
    [
        ("a" * 3000, (), "one token"),
        ("short", (), "tokens"),
        ("", (), "empty"),
        (TEXT, ("--device", "tpu"), "tpu"),
        (TEXT, ("--layers", "0"), "layers"),
        (TEXT, ("--recipe", "missing.toml"), "missing.toml"),
    ],
)
def test_bad_input_gets_one_line(genchat: Run, text: Path, content: str, flags: tuple[str, ...], said: str) -> None:
    text.write_text(content)
    done = genchat("train", "gpt", str(text), "--name", "bad", *SMALL, *flags)
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_lengths_of_time_read_well() -> None:
    assert duration(None) == duration(float("inf")) == say("training.unknown_length")
    assert duration(42.4) == "42 s"
    assert duration(125) == "2 min 05 s"


def test_a_loss_alone_ends_a_run(genchat: Run, text: Path) -> None:
    done = genchat("train", "gpt", str(text), "--name", "soon", *SMALL[:-4], "--until-loss", "9", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["reason"] == "loss reached"
