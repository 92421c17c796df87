"""The classic optimisers, written out. Each turns a gradient g into a change of a weight w; lr is the learning rate.

    sgd        w -= lr g
    momentum   v = m v + g;            w -= lr v                          (Polyak 1964)
    adagrad    s += g^2;               w -= lr g / (sqrt(s) + e)          (Duchi et al. 2011)
    rmsprop    s = a s + (1-a) g^2;    w -= lr g / (sqrt(s) + e)          (Hinton 2012)
    adam       v and s as above, both corrected for their start at 0:
               w -= lr v' / (sqrt(s') + e)                                (Kingma & Ba 2015)
    adamw      adam, with weight decay beside the gradient, not in it     (Loshchilov & Hutter 2019)
    muon       v as momentum; w -= lr orthogonalised(v), matrices only    (Jordan et al. 2024)

Weight decay adds d*w to the gradient, except for adamw and muon, which shrink w by lr*d. Every one keeps its memory in
plain tensors, so that a checkpoint can hold all of it.
"""

import math
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

Memory = dict[str, Tensor]


class Optimiser(ABC):
    """One rule over some parameters. `learning_rate` is the peak; `step` takes the share of it to use."""

    slots: ClassVar[tuple[str, ...]] = ()  # names of what is remembered of each parameter

    def __init__(self, parameters: Sequence[nn.Parameter], learning_rate: float, weight_decay: float = 0.0) -> None:
        self.parameters = list(parameters)
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.steps = 0
        self.memory: list[Memory] = [
            {slot: torch.zeros_like(weight, requires_grad=False) for slot in self.slots} for weight in self.parameters
        ]

    def step(self, share: float = 1.0) -> None:
        """Change every parameter by its gradient at `share` of the learning rate."""
        self.steps += 1
        with torch.no_grad():
            self.move(self.learning_rate * share)

    @abstractmethod
    def move(self, rate: float) -> None:
        """Change every parameter that has a gradient, in place."""

    def state(self) -> dict[str, Tensor]:
        """Everything remembered, by name."""
        found = {f"{index}.{slot}": held for index, memory in enumerate(self.memory) for slot, held in memory.items()}
        return found | {"steps": torch.tensor(self.steps)}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from what `state` gave. Raises KeyError or RuntimeError if it is of other parameters."""
        self.steps = int(state["steps"])
        for index, memory in enumerate(self.memory):
            for slot, held in memory.items():
                held.copy_(state[f"{index}.{slot}"])


class Elementwise(Optimiser):
    """A rule in which every number moves by its own gradient."""

    decay_in_gradient: ClassVar[bool] = True

    def move(self, rate: float) -> None:
        for weight, memory in zip(self.parameters, self.memory, strict=True):
            if weight.grad is None:
                continue
            gradient = weight.grad
            if self.weight_decay and self.decay_in_gradient:
                gradient = gradient.add(weight, alpha=self.weight_decay)
            elif self.weight_decay:
                weight.mul_(1 - rate * self.weight_decay)
            self.update(weight, gradient, memory, rate)

    @abstractmethod
    def update(self, weight: Tensor, gradient: Tensor, memory: Memory, rate: float) -> None:
        """Change `weight` in place."""


class Sgd(Elementwise):
    """Downhill."""

    def update(self, weight: Tensor, gradient: Tensor, memory: Memory, rate: float) -> None:
        weight.add_(gradient, alpha=-rate)


class Momentum(Elementwise):
    """Downhill with inertia."""

    slots = ("velocity",)

    def __init__(
        self, parameters: Sequence[nn.Parameter], learning_rate: float, weight_decay: float = 0.0, momentum: float = 0.9
    ) -> None:
        super().__init__(parameters, learning_rate, weight_decay)
        self.momentum = momentum

    def update(self, weight: Tensor, gradient: Tensor, memory: Memory, rate: float) -> None:
        velocity = memory["velocity"].mul_(self.momentum).add_(gradient)
        weight.add_(velocity, alpha=-rate)


class Adagrad(Elementwise):
    """Small steps where gradients have been large, over the whole past."""

    slots = ("squares",)
    epsilon = 1e-10

    def update(self, weight: Tensor, gradient: Tensor, memory: Memory, rate: float) -> None:
        squares = memory["squares"].addcmul_(gradient, gradient)
        weight.addcdiv_(gradient, squares.sqrt().add_(self.epsilon), value=-rate)


class RmsProp(Elementwise):
    """Small steps where gradients have lately been large."""

    slots = ("squares",)
    epsilon = 1e-8

    def __init__(
        self, parameters: Sequence[nn.Parameter], learning_rate: float, weight_decay: float = 0.0, decay: float = 0.99
    ) -> None:
        super().__init__(parameters, learning_rate, weight_decay)
        self.decay = decay

    def update(self, weight: Tensor, gradient: Tensor, memory: Memory, rate: float) -> None:
        squares = memory["squares"].mul_(self.decay).addcmul_(gradient, gradient, value=1 - self.decay)
        weight.addcdiv_(gradient, squares.sqrt().add_(self.epsilon), value=-rate)


class Adam(Elementwise):
    """Momentum over the recent size of the gradient."""

    slots = ("mean", "squares")

    def __init__(
        self,
        parameters: Sequence[nn.Parameter],
        learning_rate: float,
        weight_decay: float = 0.0,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
    ) -> None:
        super().__init__(parameters, learning_rate, weight_decay)
        self.betas = betas
        self.epsilon = epsilon

    def update(self, weight: Tensor, gradient: Tensor, memory: Memory, rate: float) -> None:
        first, second = self.betas
        mean = memory["mean"].lerp_(gradient, 1 - first)
        squares = memory["squares"].mul_(second).addcmul_(gradient, gradient, value=1 - second)
        size = squares.sqrt().div_(math.sqrt(1 - second**self.steps)).add_(self.epsilon)
        weight.addcdiv_(mean, size, value=-rate / (1 - first**self.steps))


class AdamW(Adam):
    """Adam with decoupled weight decay."""

    decay_in_gradient = False


class Muon(Optimiser):
    """Momentum whose matrix is made orthogonal, so that every direction moves alike.

    `rows` gives, for each parameter, the heights of the matrices stacked in it (empty: it is one). Matrices of one
    shape are orthogonalised together.
    """

    slots = ("velocity",)

    def __init__(
        self,
        parameters: Sequence[nn.Parameter],
        learning_rate: float,
        weight_decay: float = 0.0,
        momentum: float = 0.95,
        rows: Sequence[tuple[int, ...]] = (),
        dtype: torch.dtype = torch.float32,
        iterations: int = 5,
    ) -> None:
        super().__init__(parameters, learning_rate, weight_decay)
        self.momentum, self.dtype, self.iterations = momentum, dtype, iterations
        self.rows = list(rows) or [()] * len(self.parameters)

    def move(self, rate: float) -> None:
        alike: dict[tuple[torch.Size, bool], list[tuple[Tensor, Tensor]]] = defaultdict(list)
        for weight, memory, rows in zip(self.parameters, self.memory, self.rows, strict=True):
            if weight.grad is None:
                continue
            velocity = memory["velocity"].lerp_(weight.grad, 1 - self.momentum)
            direction = weight.grad.lerp(velocity, self.momentum)  # Nesterov's look ahead
            heights = list(rows) or [len(weight)]
            for piece, wanted in zip(torch.split(weight, heights), torch.split(direction, heights), strict=True):
                tall = len(piece) > piece.shape[1]
                alike[piece.shape, tall].append((piece, wanted))
        for (shape, tall), pieces in alike.items():
            stacked = torch.stack([wanted.mT if tall else wanted for _, wanted in pieces])
            moved = orthogonalise(stacked, self.dtype, self.iterations)
            scale = math.sqrt(max(1.0, shape[0] / shape[1]))
            for (piece, _), change in zip(pieces, moved.to(torch.float32), strict=True):
                if self.weight_decay:
                    piece.mul_(1 - rate * self.weight_decay)
                piece.add_(change.mT if tall else change, alpha=-rate * scale)


def orthogonalise(matrices: Tensor, dtype: torch.dtype, iterations: int = 5) -> Tensor:
    """The nearest half-orthogonal matrices, roughly: singular values end between .7 and 1.2. [N, rows <= columns].

    Newton-Schulz iteration with the coefficients of Jordan et al. 2024, steepest at 0.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrices.to(dtype)
    x = x / x.norm(dim=(-2, -1), keepdim=True).clamp(min=1e-7)
    for _ in range(iterations):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x
