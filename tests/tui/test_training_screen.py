"""Training on the screen: the form and its errors, curves that grow, stopping, and chatting meanwhile and after."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from genchat.engine.language import use_language
from genchat.engine.paths import paths
from genchat.engine.text_store import TextStore
from genchat.engine.training.event_lines import event_from_line, event_to_json
from genchat.engine.training.events import Ended, Kept, Phase, Progress, Sample, Started, Validation
from genchat.tui.app import GenchatApp
from genchat.tui.keys import bindings_of, description
from genchat.tui.screens.ask import ConfirmScreen
from genchat.tui.screens.models import ModelsScreen
from genchat.tui.screens.training import TrainingScreen
from genchat.tui.screens.training_form import DEFAULTS, PathSuggester, TrainingForm
from genchat.tui.training.job import JobStatus, TrainingJob, genchat_program
from genchat.tui.training.order import known_texts, read_order
from genchat.tui.widgets.choice import Choice
from tests.tui.support import Source, chat, make_app, script, text_of, until
from tests.tui.support import say as speak

STARTED = Started(1_234_567, 9000, 1000, "fp32", "cpu", {}, unseen="żő\x1b")
SAMPLE = Sample(40, "era uma vez [b]\x1b]0;owned\x07 um gato")
ENDED = Ended("done", 80, 4.0, 1.5, 2.25)

# Says the events of the file named in the environment; then waits for the file "go" beside it, or for a signal.
FAKE = """
import os, pathlib, signal, sys, time
stopped = []
signal.signal(signal.SIGINT, lambda *_: stopped.append(1))
folder = pathlib.Path(os.environ["FAKE_TRAINER"])
(folder / "arguments").write_text("\\n".join(sys.argv[1:]))
print("not an event")
print((folder / "events").read_text(), flush=True)
while not stopped and not (folder / "go").exists():
    time.sleep(0.005)
if (folder / "error").exists():
    sys.exit((folder / "error").read_text())
name = sys.argv[sys.argv.index("--name") + 1]
print((folder / "last").read_text().replace("NAME", name), flush=True)
sys.exit(130 if stopped else 0)
"""


def lines(*events: object) -> str:
    return "\n".join(json.dumps(event_to_json(event)) for event in events)  # type: ignore[arg-type]


def progress(step: int, left: float | None = 4.0) -> Progress:
    return Progress(step, step / 10, 3 - step / 50, 12_345.6, step / 20, left, step / 80)


@pytest.fixture
def trainer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that steers a fake training process; every job ends with the test."""
    folder = tmp_path / "trainer"
    folder.mkdir()
    (folder / "fake.py").write_text(FAKE)
    seen = [event for step in range(1, 41) for event in (progress(step), Validation(step, step / 20, 2.5, 3.6, True))]
    (folder / "events").write_text(lines(STARTED, *seen, SAMPLE))
    (folder / "last").write_text(lines(ENDED, Kept("NAME", "", False)))
    monkeypatch.setenv("FAKE_TRAINER", str(folder))
    monkeypatch.setattr("genchat.tui.training.job.genchat_program", lambda: [sys.executable, str(folder / "fake.py")])
    jobs: list[TrainingJob] = []
    begin = TrainingJob.__init__

    def remember(job: TrainingJob, *given: object, **named: object) -> None:
        jobs.append(job)
        begin(job, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(TrainingJob, "__init__", remember)
    yield folder
    for job in jobs:
        job.discard()
        job.wait()


async def form(pilot: Pilot[int]) -> TrainingForm:
    """Open the form."""
    await pilot.press("ctrl+t")
    await until(pilot, lambda: isinstance(pilot.app.screen, TrainingForm) and pilot.app.screen.query(".error"))
    await pilot.pause()
    assert isinstance(pilot.app.screen, TrainingForm)
    return pilot.app.screen


async def begin(pilot: Pilot[int], **typed: str) -> TrainingScreen:
    """Fill in the form and begin."""
    screen = await form(pilot)
    fill(screen, **typed)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, TrainingScreen))
    await pilot.pause()
    assert isinstance(pilot.app.screen, TrainingScreen)
    return pilot.app.screen


def fill(screen: TrainingForm, **typed: str) -> None:
    for name, value in typed.items():
        part = screen.query_one(f"#{name}")
        assert isinstance(part, Input | Choice)
        part.value = value


def error_of(screen: TrainingForm) -> str:
    return str(screen.query_one(".error", Static).content)


def app_with_models() -> GenchatApp:
    return make_app(Source({name: script("Bom dia.", name) for name in ("script", "cats")}))


# ---- the form ----


async def test_the_form_gives_the_command_that_trains(trainer: Path) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await begin(
            pilot, family="lstm", text="genchat/stories", name="cats", length="2,5", optimizer="adam", layers="2"
        )
        await until(pilot, lambda: (trainer / "arguments").exists() and (trainer / "arguments").read_text())
        given = (trainer / "arguments").read_text().split("\n")
        assert given[:2] == ["train", "lstm"]
        assert all(Path(word).is_dir() for word in given[2:4])
        rest = " ".join(given[4:])
        assert rest.startswith("--name cats --minutes 2.5 --optimizer adam --layers 2 --licence CC0-1.0")
        assert rest.endswith("--events --quiet")
        app.exit()


WRONG = (
    ({"name": "no/slash"}, "no/slash"),
    ({"name": "taken"}, "already exists"),
    ({"name": "ngram"}, "ngram"),
    ({"length": "soon"}, "not a number"),
    ({"length": "-1"}, "minutes"),
    ({"batch": "0"}, "batch"),
    ({"layers": "1.5"}, "whole number"),
    ({"text": "", "file": ""}, "at least one text"),
    ({"text": "", "file": "/no/such/file.txt"}, "file.txt"),
    ({"text": "", "file": "{home}/binary.txt"}, "binary"),
    ({"text": "", "file": "~nobody-of-that-name/x.txt"}, "cannot be read"),
    ({"text": "", "file": "a\0b"}, "cannot be read"),
    ({"text": "", "file": "x" * 5000}, "cannot be read"),
    ({"text": "", "file": "\ud800"}, "cannot be read"),
    ({"text": "", "file": "/dev/zero"}, "not a file"),
    ({"text": "", "file": "{home}"}, "binary.txt"),
    ({"family": "ngram", "order": "13"}, "from 1 to 12"),
    ({"family": "ngram", "min_count": "0"}, "1 or more"),
)


async def test_the_engine_says_what_is_wrong(trainer: Path, tmp_path: Path) -> None:
    (paths().models / "taken").mkdir(parents=True)
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "binary.txt").write_bytes(b"a\0b")
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await form(pilot)
        for typed, said in WRONG:
            fill(screen, **{**DEFAULTS, "name": "cats", **typed, "file": typed.get("file", "").format(home=folder)})
            await pilot.press("enter")
            await until(pilot, lambda said=said: said in error_of(screen))  # type: ignore[misc]
            assert app.screen is screen
    assert not (trainer / "arguments").exists()


async def test_the_form_shows_the_fields_of_the_kind_and_fits_a_small_terminal() -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await form(pilot)
        shown = text_of(app)
        assert "layers" in shown
        assert "minimum count" not in shown
        assert screen.query_one("#train").region.bottom < 24
        await pilot.press("left")
        assert screen.query_one("#family", Choice).value == "ngram"
        await pilot.pause()
        shown = text_of(app)
        assert "layers" not in shown
        assert "minimum count" in shown
        assert screen.query_one("#name", Input).value == "my-ngram-1"


@pytest.mark.parametrize("tag", ["en", "pt-br"])
async def test_every_field_explains_itself(tag: str) -> None:
    use_language(tag)
    app = make_app()
    async with app.run_test(size=(80, 30)) as pilot:
        screen = await form(pilot)
        for family in ("gpt", "ngram"):
            fill(screen, family=family, text="")
            await pilot.pause()
            hints = set()
            fields = [row for row in screen.query(".field") if row.display]
            for row in fields:
                row.query(Choice).first().focus() if row.query(Choice) else row.query_one(Input).focus()
                await pilot.pause()
                hints.add(str(screen.query_one(".hint", Static).content))
            assert len(hints) == len(fields)


async def test_a_path_completes(tmp_path: Path) -> None:
    (tmp_path / "gatos.txt").touch()
    (tmp_path / ".hidden").touch()
    (tmp_path / "folder").mkdir()
    suggester = PathSuggester()
    assert await suggester.get_suggestion(f"{tmp_path}/ga") == f"{tmp_path}/gatos.txt"
    assert await suggester.get_suggestion(f"{tmp_path}/f") == f"{tmp_path}/folder/"
    assert await suggester.get_suggestion(f"{tmp_path}/x") is None
    assert await suggester.get_suggestion(f"{tmp_path}/nowhere/x") is None
    assert await suggester.get_suggestion("~nobody-of-that-name/x") is None


def test_counting_names_files_and_leaves_out_what_is_for_measuring() -> None:
    texts = known_texts(paths())
    own = {
        "family": "ngram", "text": "genchat/dialogues/pt", "file": "", "name": "x",
        "order": "4", "unit": "word", "min_count": "",
    }  # fmt: skip
    order = read_order(own, texts, paths())
    assert len(order.files) > 5
    assert all(file.suffix == ".txt" and not file.name.startswith("heldout_") for file in order.files)
    assert "--order 4" in " ".join(order.arguments())


def test_a_text_that_was_added_can_be_chosen_and_brings_its_licence(tmp_path: Path) -> None:
    (tmp_path / "gatos.txt").write_text("o gato dorme")
    TextStore(paths().data / "texts").add(tmp_path / "gatos.txt", licence="CC-BY-4.0", language="pt")
    own = {**DEFAULTS, "text": "gatos", "name": "x", "length": "", "until_loss": "1,5"}
    words = " ".join(read_order(own, known_texts(paths()), paths()).arguments())
    assert "gatos.txt --name x --until-loss 1.5 --licence CC-BY-4.0 --language pt" in words


# ---- watching ----


async def test_curves_figures_and_a_safe_sample(trainer: Path) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await begin(pilot, name="cats")
        await until(pilot, lambda: "sample at step 40" in text_of(app))
        shown = text_of(app)
        assert "era uma vez [b]␛]0;owned␇ um gato" in shown
        assert "validation 2.500" in shown
        assert "12,346" in shown
        assert "1.23M" in shown
        assert "4 s left" in shown
        assert "spelled in bytes: żő␛" in shown
        assert "50" in shown
        assert "stop and keep" in shown
        dots = [line for line in shown.split("\n") if any("\u2801" <= character <= "\u28ff" for character in line)]
        assert len(dots) > 4


async def test_the_chat_goes_on_meanwhile_and_hears_of_the_end(trainer: Path) -> None:
    app = app_with_models()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        screen = await begin(pilot, name="cats")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is chat(app))
        await speak(pilot, "oi")
        assert "Bom dia." in text_of(app)
        await pilot.press("ctrl+t")
        await until(pilot, lambda: isinstance(app.screen, TrainingScreen) and app.screen.job is screen.job)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is chat(app))
        (trainer / "go").touch()
        await until(pilot, lambda: "cats is trained" in text_of(app))
        await pilot.press("ctrl+t")
        await until(pilot, lambda: "cats is ready" in text_of(app))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is chat(app))
        assert app.training is None


async def test_the_new_model_is_listed_and_can_be_talked_to_at_once(trainer: Path) -> None:
    app = app_with_models()
    async with app.run_test(size=(80, 24)) as pilot:
        await begin(pilot, name="cats")
        (trainer / "go").touch()
        await until(pilot, lambda: "cats is ready" in text_of(app))
        assert "100%" in text_of(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is chat(app))
        session = chat(app).session
        assert (session.model, session.free_text) == ("cats", True)
        await speak(pilot, "oi")
        assert session.dialogue.last_reply is not None
        assert session.dialogue.last_reply.speaker == "cats"
        await pilot.press("f2")
        await until(pilot, lambda: isinstance(app.screen, ModelsScreen))


async def test_stop_and_keep(trainer: Path) -> None:
    (trainer / "last").write_text(lines(Ended("stopped", 41, 2.0, 2.5, 3.6), Kept("NAME", "", True)))
    app = app_with_models()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await begin(pilot, name="cats")
        await until(pilot, lambda: screen.job.status is JobStatus.RUNNING)
        await pilot.press("s")
        await until(pilot, lambda: screen.job.status is JobStatus.KEPT)
        await until(pilot, lambda: "kept as it was" in text_of(app))
        assert screen.check_action("talk", ())
        assert not screen.check_action("keep", ())


async def test_stop_and_discard_asks_first_and_leaves_nothing(trainer: Path) -> None:
    app = make_app()
    left = paths().data / "training" / "cats" / "checkpoint.safetensors"
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await begin(pilot, name="cats")
        left.parent.mkdir(parents=True)
        left.touch()
        await until(pilot, lambda: screen.job.status is JobStatus.RUNNING)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is screen)
        assert screen.job.status is JobStatus.RUNNING
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: screen.job.status is JobStatus.DISCARDED)
        await until(pilot, lambda: "Nothing of cats was kept" in text_of(app))
        assert not left.exists()


async def test_a_failure_is_told_and_the_form_comes_back_as_it_was(trainer: Path) -> None:
    (trainer / "events").write_text("")
    (trainer / "error").write_text("genchat: short.txt holds 5 tokens [/] \x1b[2J")
    (trainer / "go").touch()
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await begin(pilot, name="cats", layers="3")
        await until(pilot, lambda: "short.txt holds 5 tokens [/] ␛[2J" in text_of(app))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, TrainingForm) and app.screen.query(".error"))
        assert isinstance(app.screen, TrainingForm)
        assert app.screen.query_one("#layers", Input).value == "3"
        assert app.screen.query_one("#name", Input).value == "cats"


async def test_counting_shows_its_phases(trainer: Path) -> None:
    (trainer / "events").write_text(lines(Phase("counting", 0.25)))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await begin(pilot, family="ngram", name="cats")
        await until(pilot, lambda: "25.0%" in text_of(app))
        shown = text_of(app)
        assert "counting n-grams" in shown
        assert "stop and keep" not in shown
        assert not screen.check_action("keep", ())


async def test_a_run_without_an_end_shows_seconds(trainer: Path) -> None:
    (trainer / "events").write_text(lines(STARTED, *(progress(step, None) for step in range(1, 41))))
    app = make_app()
    async with app.run_test(size=(60, 20)) as pilot:
        await begin(pilot, name="cats", length="", until_loss="1.2")
        await until(pilot, lambda: "12,346" in text_of(app))
        assert "%" not in text_of(app)


async def test_a_killed_process_is_no_riddle(trainer: Path) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await begin(pilot, name="cats")
        await until(pilot, lambda: screen.job.status is JobStatus.RUNNING)
        os.kill(screen.job._process.pid, 9)
        await until(pilot, lambda: "out of memory" in text_of(app))


async def test_the_palette_offers_what_the_keys_do(trainer: Path) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await begin(pilot, name="cats")
        await pilot.press("ctrl+p")
        await until(pilot, lambda: "stop and discard" in text_of(app) and "talk to it" not in text_of(app))
        await pilot.press("escape")


@pytest.mark.parametrize("tag", ["en", "pt-br"])
def test_every_key_says_what_it_does(tag: str) -> None:
    use_language(tag)
    for owner in (TrainingScreen, TrainingForm, Choice):
        assert all(description(binding) for binding in bindings_of(owner))


# ---- the real thing ----


@pytest.mark.slow
async def test_a_real_training_appears_among_the_models(tmp_path: Path) -> None:
    text = tmp_path / "gatos.txt"
    text.write_text("o gato dorme na cama. o rato come o pão. " * 60)
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await begin(
            pilot, family="lstm", text="", file=str(text), name="gatos",
            length="12", length_unit="steps", batch="4", layers="1", width="16",
        )  # fmt: skip
        await until(pilot, lambda: screen.job.status.over, tries=12_000)
        assert screen.job.status is JobStatus.KEPT, screen.job.error
        await until(pilot, lambda: "gatos is ready" in text_of(app))
        assert (paths().models / "gatos" / "card.json").exists()


@pytest.mark.slow
def test_when_genchat_is_killed_the_run_stops_by_itself_and_keeps_what_was_learned(tmp_path: Path) -> None:
    text = tmp_path / "gatos.txt"
    text.write_text("o gato dorme na cama. o rato come o pão. " * 60)
    small = ("--minutes", "60", "--batch", "4", "--layers", "1", "--width", "16", "--precision", "fp32")
    command = [*genchat_program(), "train", "lstm", str(text), "--name", "gatos", *small, "--events", "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = (event_from_line(line) for line in process.stdout)
        assert any(isinstance(event, Progress) for event in told)
        process.stdout.close()
        process.wait(120)
    card = json.loads((paths().models / "gatos" / "card.json").read_text())
    assert card["results"]["steps"] > 0
    assert "--events" not in card["command"]
