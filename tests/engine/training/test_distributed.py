"""Several processes train as one."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from genchat.engine.errors import UsageError
from genchat.engine.training.data import Source
from genchat.engine.training.distributed import Team, join_team
from genchat.engine.training.run import plan
from tests.engine.training import toy

ROOT = Path(__file__).parents[3]


def test_alone_a_team_does_nothing() -> None:
    team = join_team(torch.device("cpu"))
    assert (team.rank, team.world, team.leads) == (0, 1, True)
    values = torch.tensor([1.0, 2.0])
    assert torch.equal(team.mean_(values), torch.tensor([1.0, 2.0]))


@pytest.mark.slow
def test_two_processes_learn_what_one_learns(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {**os.environ, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2"}
    members = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.engine.training.distributed_member", str(tmp_path)],
            env={**shared, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            cwd=ROOT,
        )
        for rank in range(2)
    ]
    assert [member.wait(timeout=240) for member in members] == [0, 0]
    for optimizer in ("adamw", "muon"):
        alone = toy.trainer(optimizer=optimizer, steps=8)
        list(alone.run())
        first, second = (load_file(tmp_path / f"{optimizer}-{rank}.safetensors") for rank in range(2))
        assert float(first.pop("loss")) == pytest.approx(alone.held_out_loss(), abs=1e-5)
        for name, held in alone.model.state_dict().items():
            torch.testing.assert_close(first[name], held, atol=2e-5, rtol=1e-4)
            assert torch.equal(first[name], second[name])


def test_a_batch_that_cannot_be_shared_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("genchat.engine.training.run.join_team", lambda device: Team(0, 2))
    with pytest.raises(UsageError) as caught:
        plan([Source("t", toy.TEXT)], toy.recipe(batch=7), tmp_path / "m", None, "test")
    assert caught.value.key == "batch_not_divisible"
