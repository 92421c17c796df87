"""The learning rate over a run, by steps and by the clock."""

import pytest

from genchat.engine.training.schedule import Schedule


def test_the_rate_rises_stays_and_falls_to_zero() -> None:
    schedule = Schedule(steps=100, warm_up=0.1, warm_down=0.5)
    shares = [schedule.share(index / 100) for index in range(101)]
    assert shares[0] == pytest.approx(0.1)
    assert shares[:11] == sorted(shares[:11])
    assert all(share == pytest.approx(1.0) for share in shares[10:51])
    assert shares[50:] == sorted(shares[50:], reverse=True)
    assert shares[75] == pytest.approx(0.5)
    assert shares[100] == 0.0


def test_without_warming_the_rate_is_constant() -> None:
    schedule = Schedule(steps=10, warm_up=0, warm_down=0)
    assert {schedule.share(index / 10) for index in range(11)} == {1.0}


def test_steps_end_by_count_whatever_the_clock_says() -> None:
    schedule = Schedule(steps=5)
    assert not schedule.over(1e9, 4)
    assert schedule.over(0.0, 5)
    assert [schedule.progress(0, step) for step in range(5)] == pytest.approx([0.1, 0.3, 0.5, 0.7, 0.9])


def test_the_clock_ends_before_a_step_that_would_overrun() -> None:
    schedule = Schedule(seconds=60)
    assert not schedule.over(58, 10, step_seconds=1)
    assert schedule.over(59.5, 10, step_seconds=1)
    assert schedule.progress(30, 0, 2) == pytest.approx(31 / 60)
    assert schedule.progress(500, 0) == 1.0


def test_of_two_ends_the_nearer_one_counts() -> None:
    schedule = Schedule(seconds=60, steps=10)
    assert schedule.progress(30, 0) == pytest.approx(0.5)
    assert schedule.progress(1, 7) == pytest.approx(0.75)
    assert schedule.over(1, 10)
    assert schedule.over(61, 1)
    assert not schedule.over(1, 1)
    assert schedule.seconds_left(5, 5) == pytest.approx(5)
    assert schedule.seconds_left(50, 1) == pytest.approx(10)


def test_time_left_is_honest_about_what_it_does_not_know() -> None:
    assert Schedule(steps=10).seconds_left(0, 0) is None
    assert Schedule(steps=10).seconds_left(8, 4) == pytest.approx(12)
    assert Schedule(seconds=60).seconds_left(45, 1) == pytest.approx(15)
