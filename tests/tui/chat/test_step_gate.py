"""The gate between tokens: one at a time, or all of them; never a wait that nothing can end."""

import threading

from genchat.tui.chat.step_gate import StepGate


def passing(gate: StepGate, given_up: threading.Event | None = None) -> threading.Thread:
    """A thread that passes the gate once."""
    over = given_up or threading.Event()
    thread = threading.Thread(target=lambda: gate.wait(over.is_set), daemon=True)
    thread.start()
    return thread


def test_an_open_gate_lets_everything_through() -> None:
    gate = StepGate()
    for _ in range(3):
        passing(gate).join(5)
    assert not gate.holding


def test_a_held_gate_lets_one_through_for_each_grant() -> None:
    gate = StepGate()
    gate.hold()
    first = passing(gate)
    first.join(0.05)
    assert first.is_alive()
    gate.grant()
    first.join(5)
    assert not first.is_alive()
    second = passing(gate)
    second.join(0.05)
    assert second.is_alive()
    gate.open()
    second.join(5)
    assert not second.is_alive()


def test_a_grant_given_ahead_counts() -> None:
    gate = StepGate()
    gate.hold()
    gate.grant()
    waiting = passing(gate)
    waiting.join(5)
    assert not waiting.is_alive()


def test_whoever_gives_up_waits_no_longer() -> None:
    gate, given_up = StepGate(), threading.Event()
    gate.hold()
    waiting = passing(gate, given_up)
    given_up.set()
    waiting.join(5)
    assert not waiting.is_alive()
