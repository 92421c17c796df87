"""One process of a team: trains the toy, is stopped, resumes and writes its weights. Started by test_distributed.

The team is joined once: a second one on the same port could be sought where the first has not yet been left by all.
"""

import sys
from pathlib import Path

import torch

from genchat.engine.training.distributed import Team, join_team, leave_team
from genchat.engine.training.trainer import Machine
from genchat.engine.training.weights import write_tensors
from tests.engine.training import toy

_CPU = torch.device("cpu")


def main(folder: Path, optimizer: str, team: Team) -> None:
    machine = Machine(_CPU, torch.float32, team)
    path = folder / f"{optimizer}.checkpoint"
    first = toy.trainer(path if team.leads else folder / "none", machine=machine, optimizer=optimizer, steps=8)
    for _ in first.run(lambda: team.leads and first.place.step >= 5):
        pass
    run = toy.trainer(path, net=toy.network(seed=9), machine=machine, optimizer=optimizer, steps=8)
    run.resume()
    for _ in run.run():
        pass
    loss = torch.tensor([run.held_out_loss()])
    write_tensors(folder / f"{optimizer}-{team.rank}.safetensors", {**run.model.state_dict(), "loss": loss})


if __name__ == "__main__":
    torch.set_num_threads(1)
    joined = join_team(_CPU)
    for name in ("adamw", "muon"):
        main(Path(sys.argv[1]), name, joined)
    leave_team(joined)
