"""Recipes: one file, checked line by line, overridden by flags."""

from pathlib import Path
from typing import Any, get_args

import pytest

from genchat.engine.errors import UsageError
from genchat.engine.gpt import recipe as gpt
from genchat.engine.language import say
from genchat.engine.lstm import recipe as lstm
from genchat.engine.training.recipes import ADAMW_DECAY, USUAL_RATES, OptimizerName, Recipe, read_recipe
from genchat.engine.training.run import schedule_of


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    return path


def test_a_file_gives_its_values_and_flags_override_them(tmp_path: Path) -> None:
    found = read_recipe(written(tmp_path, 'layers = 2\noptimizer = "sgd"\nminutes = 3\nlearning_rate = 1e-2\n'))
    assert (found.layers, found.optimizer, found.minutes, found.learning_rate) == (2, "sgd", 3, 0.01)
    overridden = found.with_values({"layers": 5, "optimizer": None})
    assert (overridden.layers, overridden.optimizer) == (5, "sgd")


@pytest.mark.parametrize(
    ("text", "key", "named"),
    [
        ("colour = 1", "recipe_unknown_setting", "colour"),
        ("layers = 'two'", "recipe_wrong_type", "layers"),
        ("layers = true", "recipe_wrong_type", "layers"),
        ("optimizer = 'magic'", "recipe_wrong_type", "optimizer"),
        ("layers = 0", "recipe_out_of_range", "layers"),
        ("minutes = -1", "recipe_out_of_range", "minutes"),
        ("dropout = 1.5", "recipe_out_of_range", "dropout"),
        ("learning_rate = nan", "recipe_out_of_range", "learning_rate"),
        ("layers = ", "recipe_unreadable", "recipe.toml"),
    ],
)
def test_what_is_not_understood_is_named(tmp_path: Path, text: str, key: str, named: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_recipe(written(tmp_path, text))
    assert caught.value.key == key
    assert named in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read_recipe(tmp_path / "none.toml")
    assert caught.value.key == "recipe_unreadable"


@pytest.mark.parametrize("minutes", [0.1, 1, 5, 20, 600])
def test_minutes_alone_settle_everything(minutes: float) -> None:
    found = gpt.suggest(Recipe(), minutes, 1_000_000)
    for name in ("layers", "width", "hidden", "window", "context", "batch", "optimizer", "learning_rate"):
        assert getattr(found, name)


def test_more_minutes_never_make_a_smaller_model() -> None:
    found = [gpt.suggest(Recipe(), minutes, 1_000_000) for minutes in range(1, 60)]
    sizes = [(recipe.layers or 0) * (recipe.width or 0) ** 2 for recipe in found]
    assert sizes == sorted(sizes)


@pytest.mark.parametrize("chosen", [{"minutes": 20}, {"epochs": 15}, {"steps": 3600}])
def test_who_reads_a_text_often_is_kept_from_learning_it_by_heart(chosen: dict[str, Any]) -> None:
    often, once = (gpt.suggest(Recipe(**chosen), 20, tokens) for tokens in (900_000, 900_000_000))
    assert (often.weight_decay or 0) > 0.1
    if "epochs" not in chosen:
        assert once.weight_decay == 0
    assert (often.most_epochs is not None) == ("minutes" in chosen)


def test_a_short_text_is_read_as_often_as_learning_takes() -> None:
    short, long = (gpt.suggest(Recipe(minutes=5), 5, tokens) for tokens in (20_000, 10_000_000))
    assert long.most_epochs == gpt.MOST_READINGS
    assert schedule_of(short, 20_000).steps == gpt.LEAST_STEPS


def test_what_a_person_chose_stays() -> None:
    chosen: dict[str, Any] = {
        "layers": 7,
        "width": 96,
        "batch": 3,
        "window": 40,
        "optimizer": "sgd",
        "learning_rate": 0.5,
        "weight_decay": 0.0,
    }
    found = gpt.suggest(Recipe(**chosen), 50, 1_000_000)
    assert {name: getattr(found, name) for name in chosen} == chosen
    assert (found.context or 0) >= 40


def test_the_end_of_a_run_follows_what_was_asked() -> None:
    assert schedule_of(Recipe(steps=7), 1000).steps == 7
    assert schedule_of(Recipe(epochs=2, window=10, batch=5), 1000).steps == 40
    assert schedule_of(Recipe(minutes=2), 1000).seconds == 120
    often = schedule_of(Recipe(minutes=2, most_epochs=2, window=10, batch=5), 1000)
    assert (often.seconds, often.steps) == (120, 40)
    open_end = schedule_of(Recipe(until_loss=1.0), 1000)
    assert open_end.endless
    assert open_end.share(0.9) == 1.0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seed", 12345678901234567890),
        ("seed", -1),
        ("layers", 10**8),
        ("width", 10**30),
        ("context", 10**10),
        ("window", 10**30),
        ("batch", 10**30),
        ("vocabulary", 10**20),
        ("steps", 10**400),
        ("patience", 10**30),
        ("epochs", 1e308),
        ("learning_rate", 1e300),
        ("weight_decay", 1e300),
    ],
)
def test_a_number_that_no_machine_holds_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(UsageError) as caught:
        Recipe(**{name: value})  # type: ignore[arg-type]
    assert (caught.value.key, caught.value.values["setting"]) == ("recipe_out_of_range", name)


@pytest.mark.parametrize("room", [gpt, lstm])
def test_every_optimiser_has_a_rate_and_adamw_is_not_adam(room: Any) -> None:
    family = room.__name__.split(".")[-2]
    found = {
        name: room.suggest(Recipe(family=family, optimizer=name), 5, 1_000_000) for name in get_args(OptimizerName)
    }
    rates = {name: recipe.learning_rate for name, recipe in found.items()}
    assert rates == USUAL_RATES[family]
    assert len(set(rates.values())) > 3
    assert (found["adam"].weight_decay, found["adamw"].weight_decay) == (0.0, ADAMW_DECAY)
    chosen = room.suggest(Recipe(family=family, optimizer="sgd", learning_rate=0.2, weight_decay=0.3), 5, 1_000_000)
    assert (chosen.learning_rate, chosen.weight_decay) == (0.2, 0.3)


def test_the_help_tells_the_rates() -> None:
    told = say("training.learning_rate")
    for family in USUAL_RATES.values():
        assert all(f"{rate:g}".lstrip("0") in told for rate in family.values())
