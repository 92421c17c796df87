"""Adding a stage: one file, its words and its test. What it brings everywhere is tried in a program of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]

STAGE = '''
"""Keeps the middle of the list sorted by probability: a cut that is not a beginning of it."""

from genchat.engine.sampling.definition import Outcome, StageDefinition, StageInput, StageSetting


def _apply(now: StageInput) -> Outcome:
    return Outcome(kept=now.candidates.likeliest(2 * now.settings.middle)[now.settings.middle :])


STAGE = StageDefinition("middle", 300, (StageSetting("middle", 0, off=0, low=0, high=9, metavar="N"),), _apply)
'''

# What the files of texts would say, and then what a person sees of the stage.
PROGRAM = """
import io, json, sys
from contextlib import redirect_stdout

from genchat.engine.sampling import stages
stages.__path__.append(sys.argv[1])
from genchat.engine.language import texts
for tag in ("en", "pt-br"):
    texts(tag, "sampling").update({
        "sampling.stage.middle": "middle", "sampling.name.middle": "middle of the list",
        "sampling.help.middle": "leave out the N likeliest", "sampling.hint.middle": "Leaves out the N likeliest.",
    })

from genchat.engine.contract import ReplySettings, Step
from genchat.engine.gemini.requests import unheeded
from genchat.engine.history.trace import StoredTrace
from genchat.engine.history.trace_builder import CODEC, TraceBuilder
from genchat.engine.local_backend import LocalBackend
from genchat.engine.sampling import SamplingSettings
from genchat.engine.settings import known_settings
from genchat.tui.chat.token_records import Recorder
from genchat.tui.cli.program import run
from genchat.tui.screens.sampling import Choices, SamplingScreen, read_choices
from genchat.tui.widgets.header import Header
from tests.fakes import HashModel

def printed(*words):
    out = io.StringIO()
    with redirect_stdout(out):
        assert run(list(words)) == 0
    return out.getvalue()

sampling = SamplingSettings(temperature=1, top_p=1, middle=3, seed=1)
backend = LocalBackend(HashModel())
(step,) = [event for event in backend.complete("ab", ReplySettings(sampling, 1)) if isinstance(event, Step)]
record = Recorder(backend.tokenizer).record(step)
builder = TraceBuilder(1)
builder.add(step)
(stored,) = StoredTrace(builder.encode([len(step.text)]), CODEC, step.text)
header = Header()
header.show_settings(ReplySettings(sampling), False)
screen = SamplingScreen(Choices(ReplySettings(sampling)))
best = [row.token for row in step.raw.top(7)]
report = json.loads(printed("complete", "bom dia", "-m", "ngram", "--middle", "3", "-T", "1", "--top-p", "1",
                          "-n", "1", "--json", "--seed", "1"))
print(json.dumps({
    "setting": known_settings()["sampling.middle"].variable,
    "config": json.loads(printed("config", "--json"))["sampling.middle"],
    "help": printed("prompt", "--help"),
    "draw": [step.draw.cut_by(token) for token in best],
    "possible": [step.drawn_from.log_prob(token) > -1e9 for token in best],
    "panel": [row.cut_by for row in record.rows(7)],
    "panel_drawn": [row.drawn for row in record.rows(7)],
    "history": [stored.cut_by(token) for token in best],
    "history_possible": [(stored.drawn_from.log_prob(token) or 0) > -1e9 for token in best],
    "interval": record.interval,
    "uniform": record.uniform,
    "header": header._settings_text(),
    "screen": "middle" in screen._fields,
    "gemini": [notice.values["names"] for notice in unheeded(ReplySettings(sampling))],
    "json": [row["cut_by"] for row in report["tokens"][0]["top"][:7]],
    "json_stages": [stage["name"] for stage in report["tokens"][0]["stages"]],
}))
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("stages")
    (folder / "middle.py").write_text(STAGE, encoding="utf-8")
    home = tmp_path_factory.mktemp("home")
    variables = {
        "PYTHONPATH": str(ROOT),
        "GENCHAT_HOME": str(home),
        "GENCHAT_PLUGINS": "none",
        "GENCHAT_LANGUAGE": "en",
        "GENCHAT_SAMPLING_MIDDLE": "2",
    }
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM, str(folder)],
        capture_output=True,
        text=True,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    output: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return output


CUT = ["middle"] * 3 + [None] * 3 + ["middle"]


def test_it_is_a_setting_a_variable_and_a_flag(report: dict[str, Any]) -> None:
    assert report["setting"] == "GENCHAT_SAMPLING_MIDDLE"
    assert (report["config"]["value"], report["config"]["where"]) == (2, "GENCHAT_SAMPLING_MIDDLE")
    assert "--middle N" in report["help"]
    assert "leave out the N likeliest" in report["help"]


def test_draw_panel_history_and_json_name_the_same_tokens_as_cut(report: dict[str, Any]) -> None:
    assert report["draw"] == report["panel"] == report["history"] == report["json"] == CUT
    assert report["possible"] == report["history_possible"] == [name is None for name in CUT]
    assert [drawn > 0 for drawn in report["panel_drawn"]] == [name is None for name in CUT]
    assert report["json_stages"] == ["middle"]
    low, high = report["interval"]
    assert low <= report["uniform"] < high


def test_header_screen_and_gemini_know_it(report: dict[str, Any]) -> None:
    assert "middle 3" in report["header"]
    assert report["screen"]
    assert report["gemini"] == ["middle of the list"]
