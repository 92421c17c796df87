"""The number of threads follows what they have taken of late."""

from collections.abc import Callable

import pytest
import torch

from genchat.engine.gpt.threads import Threads


def run(threads: Threads, positions: int, cost: Callable[[int], float]) -> list[int]:
    """The numbers of threads given when a position with n of them takes cost(n) seconds."""
    given = []
    for _ in range(positions):
        given.append(threads.next())
        threads.took(given[-1], cost(given[-1]))
    return given


def idle(threads: int) -> float:
    return 0.02 / threads


def crowded(threads: int) -> float:
    return 0.02 if threads == 1 else 0.3


@pytest.mark.parametrize(("cost", "best"), [(idle, 8), (crowded, 1), (lambda threads: abs(threads - 4) + 1, 4)])
def test_the_quickest_number_is_found_and_mostly_used(cost: Callable[[int], float], best: int) -> None:
    threads = Threads(8)
    run(threads, 40, cost)
    assert threads.chosen == best
    assert run(threads, 1000, cost).count(best) > 985


def test_a_core_that_is_taken_is_noticed_at_once_and_its_return_soon() -> None:
    threads = Threads(2)
    run(threads, 500, idle)
    assert run(threads, 20, crowded).count(2) <= 3
    assert threads.chosen == 1
    assert run(threads, 100, idle)[-50:].count(2) > 40


def test_tries_that_fail_grow_rare() -> None:
    threads = Threads(2)
    assert run(threads, 5000, crowded).count(2) < 16


def test_one_core_is_never_given_more() -> None:
    assert set(run(Threads(1), 100, idle)) == {1}


def test_torch_is_left_as_it_was_found() -> None:
    before = torch.get_num_threads()
    threads = Threads()
    for _ in range(4):
        with threads.position():
            assert torch.get_num_threads() <= before
    with pytest.raises(ValueError, match="no"), threads.position():
        raise ValueError("no")
    assert torch.get_num_threads() == before
