"""A name is claimed by one process at a time, and no claim outlives its process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from genchat.engine.claim import claimed
from genchat.engine.errors import UsageError

ROOT = Path(__file__).parents[2]
HOLD = """
import sys
from pathlib import Path
from genchat.engine.claim import claimed
from genchat.engine.errors import UsageError
try:
    with claimed(Path(sys.argv[1]), "mine"):
        print("won", flush=True)
        sys.stdin.readline()
except UsageError as error:
    print(error.values["process"], flush=True)
"""


def holder(training: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(training)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def said(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_of_several_at_once_one_wins_and_the_others_are_told_of_it(tmp_path: Path) -> None:
    processes = [holder(tmp_path) for _ in range(4)]
    answers = [said(process) for process in processes]
    assert answers.count("won") == 1
    winner = processes[answers.index("won")]
    assert all(answer in ("won", str(winner.pid), "?") for answer in answers)
    for process in processes:
        process.communicate("\n")


def test_the_claim_of_a_killed_process_is_taken_over(tmp_path: Path) -> None:
    first = holder(tmp_path)
    assert said(first) == "won"
    with pytest.raises(UsageError) as caught, claimed(tmp_path, "mine"):
        pass
    assert caught.value.values["process"] == str(first.pid)
    first.kill()
    first.communicate()
    assert (tmp_path / ".mine.lock").exists()
    with claimed(tmp_path, "mine"):
        pass


def test_a_claim_leaves_nothing_behind_and_other_names_are_free(tmp_path: Path) -> None:
    with claimed(tmp_path, "mine"), claimed(tmp_path, "other"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_team_of_processes_claims_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with claimed(tmp_path, "mine"):
        monkeypatch.setenv("RANK", "1")
        with claimed(tmp_path, "mine"):
            pass
