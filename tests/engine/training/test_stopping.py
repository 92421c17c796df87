"""Every stopping rule ends a run by itself, and of several the one that is reached first does."""

from pathlib import Path
from typing import Any

import pytest

from genchat.engine.errors import UsageError
from genchat.engine.training.data import Source
from genchat.engine.training.events import Ended, Validation
from genchat.engine.training.recipes import Recipe
from genchat.engine.training.run import Run, plan, schedule_of
from tests.engine.training import toy

SIZES = {"layers": 1, "width": 16, "window": 8, "batch": 8, "context": 16, "precision": "fp32"}
_MOST_STEPS = 3000  # a run that goes on so long has no end


def planned(tmp_path: Path, **values: Any) -> Run:
    recipe = Recipe(**{**SIZES, "optimizer": "muon", **values})
    return plan([Source("toy.txt", toy.TEXT)], recipe, tmp_path / "m", None, "c", samples=False)


def ended(run: Run) -> Ended:
    *_, last = run.events(lambda: run.trainer.place.step >= _MOST_STEPS)
    assert isinstance(last, Ended)
    return last


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ({"until_loss": 9.0}, "loss reached"),
        ({"until_loss": 2.5}, "loss reached"),
        ({"until_loss": 1e-9, "learning_rate": 1e-9, "patience": 2}, "no more gain"),
        ({"steps": 7}, "done"),
        ({"epochs": 1}, "done"),
        ({"minutes": 0.01}, "done"),
        ({"minutes": 60, "steps": 7}, "done"),
        ({"minutes": 60, "epochs": 1}, "done"),
        ({"minutes": 0.005, "steps": 10**9}, "done"),
        ({"steps": 10**9, "epochs": 1}, "done"),
        ({"steps": 2000, "until_loss": 5.5, "evaluations": 200}, "loss reached"),
        ({"steps": 7, "until_loss": 1e-9}, "done"),
        ({"steps": 2000, "patience": 2, "learning_rate": 1e-9, "optimizer": "sgd", "evaluations": 200}, "no more gain"),
        ({"minutes": 60, "epochs": 1, "until_loss": 1e-9, "patience": 10**6}, "done"),
    ],
)
def test_every_rule_ends_the_run(rules: dict[str, Any], reason: str, tmp_path: Path) -> None:
    assert ended(planned(tmp_path, **rules)).reason == reason


def test_a_run_until_a_loss_measures_on_the_way(tmp_path: Path) -> None:
    run = planned(tmp_path, until_loss=2.5)
    looks = [
        event for event in run.events(lambda: run.trainer.place.step > _MOST_STEPS) if isinstance(event, Validation)
    ]
    assert len(looks) > 2
    assert looks[0].step <= 50


def test_a_loss_that_never_comes_ends_the_run_when_nothing_is_gained_any_more(tmp_path: Path) -> None:
    run = planned(tmp_path, until_loss=1e-9, optimizer="sgd", learning_rate=1e-30)
    assert ended(run).reason == "no more gain"


def test_what_cannot_be_measured_is_refused_before_the_run(tmp_path: Path) -> None:
    for rule in ({"until_loss": 2.0}, {"steps": 5, "patience": 3}):
        with pytest.raises(UsageError) as caught:
            planned(tmp_path, held_out_share=0.0, **rule)
        assert caught.value.key == "nothing_to_measure_on"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.0, -1.0])
@pytest.mark.parametrize("name", ["until_loss", "minutes", "epochs"])
def test_a_limit_that_is_no_limit_is_refused(name: str, value: float) -> None:
    with pytest.raises(UsageError) as caught:
        Recipe().with_values({name: value})
    assert caught.value.values["setting"] == name


def test_of_steps_epochs_and_minutes_all_count() -> None:
    recipe = Recipe(window=10, batch=10, steps=50, epochs=2, minutes=3)
    assert schedule_of(recipe, 1000).steps == 20
    assert schedule_of(recipe, 100_000).steps == 50
    assert schedule_of(recipe, 1000).seconds == 180
