"""The classics written out, step by step against torch's own."""

from collections.abc import Callable, Sequence

import pytest
import torch
from torch import nn

from genchat.engine.training.optimisers import (
    Adagrad,
    Adam,
    AdamW,
    Momentum,
    Muon,
    Optimiser,
    RmsProp,
    Sgd,
    orthogonalise,
)

Make = Callable[[Sequence[nn.Parameter]], Optimiser]
Peer = Callable[[Sequence[nn.Parameter]], torch.optim.Optimizer]
RATE, DECAY = 0.01, 0.1
CASES: dict[str, tuple[Make, Peer]] = {
    "sgd": (lambda p: Sgd(p, RATE), lambda p: torch.optim.SGD(p, RATE)),
    "sgd, decay": (lambda p: Sgd(p, RATE, DECAY), lambda p: torch.optim.SGD(p, RATE, weight_decay=DECAY)),
    "momentum": (lambda p: Momentum(p, RATE), lambda p: torch.optim.SGD(p, RATE, momentum=0.9)),
    "adagrad": (lambda p: Adagrad(p, RATE), lambda p: torch.optim.Adagrad(p, RATE)),
    "rmsprop": (
        lambda p: RmsProp(p, RATE, DECAY, decay=0.95),
        lambda p: torch.optim.RMSprop(p, RATE, alpha=0.95, weight_decay=DECAY),
    ),
    "adam": (lambda p: Adam(p, RATE, DECAY), lambda p: torch.optim.Adam(p, RATE, weight_decay=DECAY)),
    "adamw": (lambda p: AdamW(p, RATE, DECAY), lambda p: torch.optim.AdamW(p, RATE, weight_decay=DECAY)),
}


def parameters() -> list[nn.Parameter]:
    generator = torch.Generator().manual_seed(4)
    return [nn.Parameter(torch.randn(shape, generator=generator)) for shape in ((5, 3), (3, 8), (7,))]


def gradients(weights: Sequence[nn.Parameter], step: int) -> None:
    generator = torch.Generator().manual_seed(step)
    for weight in weights:
        weight.grad = torch.randn(weight.shape, generator=generator)


@pytest.mark.parametrize("name", CASES)
def test_every_step_is_that_of_torch(name: str) -> None:
    make, peer = CASES[name]
    ours, theirs = parameters(), parameters()
    own, other = make(ours), peer(theirs)
    for step in range(12):
        gradients(ours, step)
        gradients(theirs, step)
        own.step()
        other.step()
        for mine, its in zip(ours, theirs, strict=True):
            torch.testing.assert_close(mine, its, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("shape", [(24, 24), (16, 40), (40, 16)])
def test_muon_moves_as_torch_does(shape: tuple[int, int]) -> None:
    start = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    ours, theirs = [nn.Parameter(start.clone())], [nn.Parameter(start.clone())]
    own = Muon(ours, 0.02, DECAY, dtype=torch.bfloat16)
    other: torch.optim.Optimizer = torch.optim.Muon(theirs, 0.02, weight_decay=DECAY, momentum=0.95)
    for step in range(6):
        gradients(ours, step)
        gradients(theirs, step)
        own.step()
        other.step()
    # Both orthogonalise in 8-bit mantissas, ours several matrices at once: equal up to that rounding.
    assert float((ours[0] - theirs[0]).abs().max().detach()) < 0.02 * 6 * 0.02


def test_stacked_matrices_move_as_if_apart() -> None:
    generator = torch.Generator().manual_seed(2)
    stacked = nn.Parameter(torch.randn(12, 6, generator=generator))
    apart = [nn.Parameter(part.clone()) for part in torch.split(stacked.detach(), [6, 3, 3])]
    gradient = torch.randn(12, 6, generator=generator)
    stacked.grad = gradient
    for weight, part in zip(apart, torch.split(gradient, [6, 3, 3]), strict=True):
        weight.grad = part
    Muon([stacked], 0.02, rows=[(6, 3, 3)]).step()
    Muon(apart, 0.02).step()
    torch.testing.assert_close(stacked, torch.cat(list(apart)), atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 8, 20)])
def test_orthogonal_means_singular_values_near_one(shape: tuple[int, int, int]) -> None:
    matrices = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    values = torch.linalg.svdvals(orthogonalise(matrices, torch.float32, iterations=8))
    assert float(values.min()) > 0.6
    assert float(values.max()) < 1.3


def test_a_share_of_the_rate_is_a_share_of_the_step() -> None:
    whole, half = parameters(), parameters()
    before = [weight.detach().clone() for weight in whole]
    for weights, share in ((whole, 1.0), (half, 0.5)):
        gradients(weights, 0)
        Sgd(weights, RATE).step(share)
    for start, far, near in zip(before, whole, half, strict=True):
        torch.testing.assert_close(2 * (near - start), far - start)


@pytest.mark.parametrize("make", [*(case[0] for case in CASES.values()), lambda p: Muon(p[:2], RATE)])
def test_memory_restored_goes_on_as_if_never_stopped(make: Make) -> None:
    straight, stopped = parameters(), parameters()
    first, second = make(straight), make(stopped)
    for step in range(4):
        gradients(straight, step)
        first.step()
        gradients(stopped, step)
        second.step()
        again = make(stopped)
        again.restore(second.state())
        second = again
    assert all(torch.equal(a, b) for a, b in zip(straight, stopped, strict=True))


def test_a_parameter_without_gradient_stays() -> None:
    weights = parameters()
    before = [weight.detach().clone() for weight in weights]
    for optimiser in (AdamW(weights, RATE, DECAY), Muon(weights[:2], RATE, DECAY)):
        optimiser.step()
    assert all(torch.equal(a, b) for a, b in zip(before, weights, strict=True))


def test_decay_of_adamw_stands_beside_the_gradient_and_that_of_adam_in_it() -> None:
    # Adam's step has the size of the rate, whatever the gradient is; AdamW's is the rate times decay times weight.
    weights = [nn.Parameter(torch.tensor([20.0])) for _ in range(2)]
    for kind, weight in zip((Adam, AdamW), weights, strict=True):
        weight.grad = torch.tensor([0.0])
        kind([weight], 0.1, weight_decay=0.5).step()
    assert [weight.item() for weight in weights] == pytest.approx([19.9, 19.0], abs=1e-3)
