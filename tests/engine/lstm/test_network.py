"""What the network does while it learns: carrying its past, forgetting it, and learning at all."""

from pathlib import Path

import pytest
import torch

from genchat.engine.lstm import network as lstm_network
from genchat.engine.lstm.recipe import build, suggest
from genchat.engine.training.data import Source, prepare
from genchat.engine.training.recipes import Recipe
from genchat.engine.training.run import Run, plan
from genchat.engine.training.schedule import Schedule
from genchat.engine.training.trainer import Machine, Trainer
from tests.engine.lstm.models import TOKENIZER, network

_IDS = torch.randint(260, TOKENIZER.vocabulary_size, (3, 24), generator=torch.Generator().manual_seed(3))


def test_the_past_is_carried_from_batch_to_batch() -> None:
    whole = network()(_IDS)
    made = network()
    halves = torch.cat([made(_IDS[:, :10]), made(_IDS[:, 10:])], dim=1)
    torch.testing.assert_close(halves, whole, atol=1e-5, rtol=1e-4)
    kept = made.carried_state()
    made.carry({})
    torch.testing.assert_close(made(_IDS), whole)
    made.carry(kept)
    assert not torch.allclose(made(_IDS), whole)


def test_a_batch_of_another_height_begins_empty() -> None:
    made = network()
    made(_IDS)
    torch.testing.assert_close(made(_IDS[:2]), network()(_IDS[:2]))


def test_some_streams_begin_empty_while_learning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lstm_network, "_FORGET_EVERYTHING", 1.0)
    made = network().train()
    first = made(_IDS)
    torch.testing.assert_close(made(_IDS), first)


def test_the_same_seed_gives_the_same_weights() -> None:
    one, other, third = network(seed=5), network(seed=5), network(seed=6)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
    assert not torch.equal(one.embedding.weight, third.embedding.weight)


def test_a_token_the_text_does_not_hold_says_nothing() -> None:
    recipe = suggest(Recipe(family="lstm", width=16, layers=1), 0.1, 1000)
    made = build(recipe, TOKENIZER, 11)
    made.initialise(torch.Generator().manual_seed(1))
    table = made.state_dict()["embedding.weight"]
    assert not table[4:-11].any()
    assert table[:4].any(1).all()
    assert table[-11:].any(1).all()


def test_every_parameter_learns_in_exactly_one_group() -> None:
    made = network(layers=3)
    grouped = [id(weight) for group in made.parameter_groups() for weight in group.parameters]
    assert sorted(grouped) == sorted(id(weight) for weight in made.parameters())
    stacked = made.parameter_groups()[0]
    assert stacked.role == "stacked"
    assert all(len(weight) == sum(stacked.rows) for weight in stacked.parameters)


def test_bf16_is_close_and_falls_back_where_it_does_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = network()(_IDS)
    made = network()
    made.compute_dtype = torch.bfloat16
    rough = made(_IDS)
    assert rough.dtype == torch.float32
    torch.testing.assert_close(rough, exact, atol=0.2, rtol=0.1)
    monkeypatch.setattr(lstm_network, "_fused_bf16_runs", lambda: False)
    made = network()
    made.compute_dtype = torch.bfloat16
    torch.testing.assert_close(made(_IDS), exact)


def test_dropout_acts_only_while_learning() -> None:
    made = network(dropout=0.5)
    torch.testing.assert_close(made(_IDS), network()(_IDS))
    made.carry({})
    assert not torch.allclose(made.train()(_IDS), network()(_IDS))


def _run(folder: Path, **values: object) -> Run:
    text = "abc abd abe abf\n" * 400
    sizes = {"layers": 1, "width": 24, "window": 16, "batch": 8, "steps": 60, "evaluations": 2, "device": "cpu"}
    recipe = Recipe(family="lstm", tokens="char").with_values({**sizes, "precision": "fp32", **values})
    return plan([Source("letters", text)], recipe, folder / "letters", folder / "run.safetensors", "a test")


def test_it_learns_a_rule(tmp_path: Path) -> None:
    run = _run(tmp_path, optimizer="muon")
    list(run.events())
    losses = [loss for _, _, loss in run.trainer.place.held_out_curve]
    assert losses[-1] < 0.6
    card = run.keep()
    assert card.family == "lstm"
    assert run.trainer.write_sample is not None
    assert "ab" in run.trainer.write_sample()


@pytest.mark.parametrize("optimizer", ["adamw", "rmsprop"])
def test_other_optimisers_learn_too(tmp_path: Path, optimizer: str) -> None:
    run = _run(tmp_path, optimizer=optimizer)
    list(run.events())
    losses = [loss for _, _, loss in run.trainer.place.held_out_curve]
    assert losses[-1] < losses[0]


def test_a_run_cut_short_ends_with_the_same_numbers(tmp_path: Path) -> None:
    whole = _run(tmp_path / "whole")
    list(whole.events())
    (tmp_path / "cut").mkdir()
    steps = iter(range(1000))
    cut = _run(tmp_path / "cut")
    list(cut.events(lambda: next(steps) >= 25))
    text = Source("letters", "abc abd abe abf\n" * 400)
    resumed = plan(
        [text], cut.recipe, tmp_path / "cut" / "letters", tmp_path / "cut" / "run.safetensors", "a test", resume=True
    )
    list(resumed.events())
    for expected, found in zip(whole.trainer.model.parameters(), resumed.trainer.model.parameters(), strict=True):
        torch.testing.assert_close(found, expected, atol=0, rtol=0)


@pytest.mark.parametrize("minutes", [0.1, 3, 30])
def test_the_dial_chooses_a_complete_recipe(minutes: float) -> None:
    chosen = suggest(Recipe(family="lstm"), minutes, 1000)
    made = build(chosen, TOKENIZER, 11)
    assert made.parameter_count() > 0
    assert None not in (chosen.layers, chosen.width, chosen.window, chosen.batch, chosen.learning_rate)
    own = suggest(Recipe(family="lstm", width=40, layers=3, optimizer="adam"), minutes, 1000)
    assert (own.width, own.layers, own.optimizer) == (40, 3, "adam")


def test_a_loss_that_is_no_number_ends_the_run(tmp_path: Path) -> None:
    from genchat.engine.errors import TrainingFailed

    data = prepare([Source("letters", "abc abd abe abf\n" * 400)], TOKENIZER)
    recipe = suggest(Recipe(family="lstm", width=16, layers=1, window=16, batch=8), 0.1, 1000)
    made = build(recipe, TOKENIZER, 11)
    made.initialise(torch.Generator().manual_seed(1))
    with torch.no_grad():
        next(iter(made.parameters())).fill_(float("nan"))
    trainer = Trainer(made, data, recipe, Schedule(steps=5), Machine(torch.device("cpu"), torch.float32))
    with pytest.raises(TrainingFailed):
        list(trainer.run())
