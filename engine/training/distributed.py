"""One process or several (torchrun): the same code, with gradients averaged where there are several."""

import os
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from genchat.engine.errors import GenchatError

Value = TypeVar("Value")


class Team:
    """`rank` of `world` processes that train one model together; alone, every method does nothing."""

    def __init__(self, rank: int = 0, world: int = 1) -> None:
        self.rank, self.world = rank, world

    @property
    def leads(self) -> bool:
        """Whether this process writes files and talks."""
        return self.rank == 0

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Every process ends with the mean of all gradients, sent as one row of numbers."""
        if self.world == 1:
            return
        gradients = [weight.grad for weight in parameters if weight.grad is not None]
        row = torch.cat([gradient.flatten() for gradient in gradients])
        self.mean_(row)
        for gradient, part in zip(
            gradients, torch.split(row, [gradient.numel() for gradient in gradients]), strict=True
        ):
            gradient.copy_(part.view_as(gradient))

    def mean_(self, values: Tensor) -> Tensor:
        """`values` replaced, in place, by their mean over all processes."""
        if self.world > 1:
            torch.distributed.all_reduce(values)
            values /= self.world
        return values

    def from_leader(self, read: Callable[[], Value]) -> Value:
        """What `read` gives the leading process (or the error it raises), in all of them."""
        if self.world == 1:
            return read()
        found: list[Any] = [None, None]
        if self.leads:
            try:
                found[0] = read()
            except GenchatError as error:
                found[1] = (type(error), error.key, error.values)
        torch.distributed.broadcast_object_list(found, 0)
        if found[1] is not None:
            kind, key, values = found[1]
            raise kind(key, **{name: str(value) for name, value in values.items()})
        value: Value = found[0]
        return value

    def agree(self, values: Tensor) -> Tensor:
        """`values` of the leading process, in all of them."""
        if self.world > 1:
            torch.distributed.broadcast(values, 0)
        return values


def join_team(device: torch.device) -> Team:
    """The team that torchrun started, by its environment variables; a team of one without them."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        return Team()
    if not torch.distributed.is_initialized():
        torch.distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return Team(torch.distributed.get_rank(), torch.distributed.get_world_size())


def leave_team(team: Team) -> None:
    """Take leave of the others."""
    if team.world > 1 and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
