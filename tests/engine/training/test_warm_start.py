"""Going on from a finished model: its weights, its shape, and what it said."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from genchat.engine.decoding import score
from genchat.engine.errors import UsageError
from genchat.engine.gpt.loading import load
from genchat.engine.lstm import loading as lstm_loading
from genchat.engine.model_card import ModelCard, read_card
from genchat.engine.training.data import Source
from genchat.engine.training.recipes import Recipe
from genchat.engine.training.run import plan
from genchat.engine.training.warm_start import read_beginning
from tests.engine.training import toy

OTHER = "dogs bark. " * 200


def trained(folder: Path, recipe: Recipe, text: str = toy.TEXT, origin: Path | None = None) -> ModelCard:
    beginning = None if origin is None else read_beginning(origin, read_card(origin), recipe.family)
    run = plan([Source("t", text)], recipe, folder, None, "test", samples=False, beginning=beginning)
    list(run.events())
    return run.keep()


@pytest.fixture
def first(tmp_path: Path) -> Path:
    trained(tmp_path / "first", toy.recipe(layers=1, width=16, steps=30))
    return tmp_path / "first"


def loss(folder: Path, card: ModelCard, text: str) -> float:
    model = load(folder, card)
    return -float(np.mean(score(model, model.tokenizer.encode(text))))


def test_a_run_begins_with_the_weights_of_another(first: Path, tmp_path: Path) -> None:
    recipe = toy.recipe(steps=1, learning_rate=1e-9, optimizer="sgd")
    card = trained(tmp_path / "second", recipe, origin=first)
    old = read_card(first)
    assert loss(tmp_path / "second", card, "the cat") == pytest.approx(loss(first, old, "the cat"), abs=1e-4)
    assert card.settings["network"]["layers"] == 1


def test_the_context_may_grow(first: Path, tmp_path: Path) -> None:
    card = trained(tmp_path / "longer", toy.recipe(steps=1, context=512), origin=first)
    assert load(tmp_path / "longer", card).info.context_length == 512


def test_another_shape_is_refused(first: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="layers"):
        trained(tmp_path / "no", toy.recipe(layers=2, steps=1), origin=first)


def test_another_family_is_refused(first: Path) -> None:
    card = read_card(first)
    with pytest.raises(UsageError, match="lstm"):
        read_beginning(first, card, "lstm")


def test_holding_on_needs_something_to_hold_on_to(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--from"):
        trained(tmp_path / "no", toy.recipe(steps=1, hold=0.5))


def test_who_holds_on_forgets_less(first: Path, tmp_path: Path) -> None:
    recipe = toy.recipe(steps=40, evaluations=1)
    freely = trained(tmp_path / "freely", recipe, OTHER, origin=first)
    held = trained(tmp_path / "held", replace(recipe, hold=0.7), OTHER, origin=first)
    kept = loss(tmp_path / "held", held, toy.TEXT[:300])
    assert kept < loss(tmp_path / "freely", freely, toy.TEXT[:300])
    old = read_card(first)
    assert loss(tmp_path / "held", held, OTHER[:300]) < loss(first, old, OTHER[:300])  # and learns all the same


def test_a_network_that_carries_its_state_holds_on_too(tmp_path: Path) -> None:
    recipe = toy.recipe(family="lstm", layers=1, width=16, steps=20)
    trained(tmp_path / "first", recipe)
    held = replace(recipe, steps=20, hold=0.5, evaluations=1)
    card = trained(tmp_path / "held", held, OTHER, origin=tmp_path / "first")
    model = lstm_loading.load(tmp_path / "held", card)
    assert np.isfinite(score(model, model.tokenizer.encode("dogs bark"))).all()
