"""One process of a team: trains the toy, is stopped, resumes and writes its weights. Started by test_team."""

import sys
from pathlib import Path

import torch

from genchat.engine.training.distributed import join_team, leave_team
from genchat.engine.training.trainer import Machine
from genchat.engine.training.weights import write_tensors
from tests.engine.training import toy


def main(folder: Path, optimizer: str) -> None:
    torch.set_num_threads(1)
    device = torch.device("cpu")
    team = join_team(device)
    machine = Machine(device, torch.float32, team)
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
    leave_team(team)


if __name__ == "__main__":
    for name in ("adamw", "muon"):
        main(Path(sys.argv[1]), name)
