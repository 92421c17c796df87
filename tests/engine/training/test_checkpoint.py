"""A checkpoint survives whatever happens to the process that writes it."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from genchat.engine.errors import TrainingFailed
from genchat.engine.training import checkpoint as module
from genchat.engine.training.checkpoint import load_checkpoint, save_checkpoint
from tests.engine.training import toy

ROOT = Path(__file__).parents[3]
WRITER = """
import signal, sys, torch
from pathlib import Path
from typing import Any
from genchat.engine.training.checkpoint import save_checkpoint
number = 0
while True:
    number += 1
    save_checkpoint(Path(sys.argv[1]), {"w": torch.full((400_000,), float(number))}, {"number": number})
    print(number, flush=True)
    if number == 2:
        signal.setitimer(signal.ITIMER_REAL, float(sys.argv[2]))  # the alarm ends the process on the spot
"""


def test_what_is_saved_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "c.safetensors"
    save_checkpoint(path, {"a.b": torch.arange(3.0), "n": torch.tensor(7)}, {"step": 3, "text": "ação"})
    tensors, header = load_checkpoint(path)
    assert tensors["a.b"].tolist() == [0, 1, 2]
    assert int(tensors["n"]) == 7
    assert header == {"step": 3, "text": "ação"}


def test_a_full_disk_leaves_the_checkpoint_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "c.safetensors"
    save_checkpoint(path, {"a": torch.ones(2)}, {"step": 1})

    def full(part: Path, *rest: Any) -> None:
        part.write_bytes(b"half a file")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(module, "write_tensors", full)
    with pytest.raises(TrainingFailed) as caught:
        save_checkpoint(path, {"a": torch.zeros(2)}, {"step": 2})
    assert caught.value.key == "checkpoint_not_written"
    assert "No space left" in str(caught.value)
    assert load_checkpoint(path)[1] == {"step": 1}
    assert [found.name for found in tmp_path.iterdir()] == ["c.safetensors"]


def test_the_writer_itself_reports_that_there_is_no_room(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(TrainingFailed) as caught:
            save_checkpoint(tmp_path / "c.safetensors", {"a": torch.ones(100_000)}, {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.key == "checkpoint_not_written"
    assert not (tmp_path / "c.safetensors").exists()


@pytest.mark.slow
def test_killed_at_any_moment_the_file_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "c.safetensors"
    for delay in ("0.001", "0.004", "0.011", "0.019", "0.031", "0.047"):
        done = subprocess.run(
            [sys.executable, "-c", WRITER, str(path), delay], capture_output=True, cwd=ROOT, text=True, timeout=120
        )
        assert done.returncode == -signal.SIGALRM
        tensors, header = load_checkpoint(path)
        number = header["number"]
        assert number >= int(done.stdout.split()[-1])
        assert set(tensors["w"].tolist()) == {float(number)}


def test_an_unfinished_write_is_ignored_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "c.safetensors"
    run = toy.trainer(path, steps=2)
    list(run.run())
    path.with_name("c.safetensors.part").write_bytes(b"killed here")
    again = toy.trainer(path, steps=4)
    again.resume()
    list(again.run())
    assert again.place.step == 4
    assert [found.name for found in tmp_path.iterdir()] == ["c.safetensors"]
