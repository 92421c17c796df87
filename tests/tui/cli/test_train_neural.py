"""`genchat train gpt` as a person runs it."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from genchat.engine.claim import claimed
from genchat.engine.language import say
from genchat.engine.training.checkpoint import load_checkpoint, save_checkpoint
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
    assert "bits per byte" in done.stderr
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
        ("a" * 3000, (), "a single token"),
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
    assert duration(125) == "2 min 5 s"


def test_a_loss_alone_ends_a_run(genchat: Run, text: Path) -> None:
    done = genchat("train", "gpt", str(text), "--name", "soon", *SMALL[:-4], "--until-loss", "9", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["reason"] == "loss reached"


class TestRunsCutShort:
    """Training loses nothing: a checkpoint is never replaced unasked, and --resume needs no flag a second time."""

    def test_the_same_command_again_says_that_a_checkpoint_stands_there(self, genchat: Run, text: Path) -> None:
        home = cut_short(genchat, text, "cats")
        checkpoint = home / "data" / "training" / "cats" / "checkpoint.safetensors"
        before = checkpoint.read_bytes()
        again = genchat("train", "gpt", str(text), "--name", "cats", *SMALL)
        assert again.returncode == 2
        assert "--resume" in again.stderr
        assert "--replace" in again.stderr
        assert checkpoint.read_bytes() == before
        assert genchat("train", "gpt", str(text), "--name", "cats", *SMALL, "--replace").returncode == 0

    def test_going_on_needs_no_flag_a_second_time(self, genchat: Run, text: Path, tmp_path: Path) -> None:
        measured = tmp_path / "measured.txt"
        measured.write_text("the cat sat on the log. " * 20)
        flags = ("--held-out", str(measured), "--language", "en", "--licence", "CC0-1.0", "--seed", "7")
        home = cut_short(genchat, text, "cats", *flags)
        done = genchat("train", "gpt", str(text), "--name", "cats", "--resume", "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["steps"] == 8
        card = json.loads((home / "data" / "models" / "cats" / "card.json").read_text())
        assert (card["languages"], card["sources"][0]["licence"]) == (["en"], "CC0-1.0")
        assert (card["settings"]["recipe"]["seed"], card["settings"]["recipe"]["width"]) == (7, 16)

    @pytest.mark.parametrize("flags", [("--width", "24"), ("--seed", "9"), ("--batch", "4"), ("--optimizer", "sgd")])
    def test_what_contradicts_the_run_is_refused(self, genchat: Run, text: Path, flags: tuple[str, ...]) -> None:
        cut_short(genchat, text, "cats")
        refused = genchat("train", "gpt", str(text), "--name", "cats", "--resume", *flags)
        assert refused.returncode == 1
        assert flags[0].removeprefix("--") in refused.stderr

    def test_another_limit_takes_the_place_of_the_first(self, genchat: Run, text: Path) -> None:
        cut_short(genchat, text, "cats")
        done = genchat("train", "gpt", str(text), "--name", "cats", "--resume", "--steps", "11", "--json")
        assert json.loads(done.stdout)["steps"] == 11

    def test_a_removed_model_takes_its_checkpoint_along(self, genchat: Run, text: Path) -> None:
        home = cut_short(genchat, text, "cats")
        assert genchat("train", "gpt", str(text), "--name", "cats", "--resume").returncode == 0
        assert genchat("models", "rm", "cats").returncode == 0
        assert not (home / "data" / "training" / "cats").exists()
        cut_short(genchat, text, "cats")
        assert genchat("models", "rm", "cats").returncode == 0
        assert not (home / "data" / "training" / "cats").exists()

    @pytest.mark.parametrize("kind", ["gpt", "ngram"])
    def test_a_name_that_is_being_trained_is_refused_with_its_process(
        self, genchat: Run, text: Path, kind: str
    ) -> None:
        home = cut_short(genchat, text, "other")
        with claimed(home / "data" / "training", "cats"):
            refused = genchat("train", kind, str(text), "--name", "cats", *(SMALL if kind == "gpt" else ()))
            assert refused.returncode == 2
            assert str(os.getpid()) in refused.stderr
            assert genchat("models", "rm", "cats").returncode == 2
        assert genchat("train", kind, str(text), "--name", "cats", *(SMALL if kind == "gpt" else ())).returncode == 0


def cut_short(genchat: Run, text: Path, name: str, *flags: str) -> Path:
    """A run whose process was killed: it has a checkpoint and no model. The home of it all."""
    done = genchat(
        "train", "gpt", str(text), "--name", name, *SMALL[:-4], "--steps", "5", *SMALL[-2:], *flags, "--json"
    )
    assert done.returncode == 0, done.stderr
    folder = Path(json.loads(done.stdout)["folder"])
    shutil.rmtree(folder)
    home = folder.parents[2]
    path = home / "data" / "training" / name / "checkpoint.safetensors"
    tensors, header = load_checkpoint(path)
    recipe = {**header["recipe"], "steps": 8}
    save_checkpoint(path, tensors, {**header, "recipe": recipe})
    return home


def test_a_character_model_starts_from_nothing(genchat: Run, text: Path) -> None:
    assert genchat("train", "gpt", str(text), "--name", "cats", *SMALL).returncode == 0
    written = genchat("complete", "", "-m", "cats", "-n", "12", "--seed", "1")
    assert written.returncode == 0, written.stderr
    assert written.stdout.strip()
