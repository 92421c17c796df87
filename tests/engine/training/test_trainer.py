"""The loop: it learns, stops when told, resumes to the same numbers, and keeps what it had when something breaks."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from genchat.engine.errors import ModelDamaged, TrainingFailed
from genchat.engine.gpt.transformer import Gpt
from genchat.engine.training.events import Ended, Progress, Sample, Saved, Started, Validation
from genchat.engine.training.schedule import Schedule
from genchat.engine.training.trainer import Trainer
from tests.engine.training import toy


def ended(run: Trainer, stop_after: int | None = None) -> Ended:
    """Run, stopping after so many steps, and return the last event."""
    events = list(run.run(None if stop_after is None else lambda: run.place.step >= stop_after))
    assert isinstance(events[-1], Ended)
    return events[-1]


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adagrad", "rmsprop", "adam", "adamw", "muon"])
def test_every_optimiser_learns(optimizer: Any) -> None:
    rates = {"sgd": 0.5, "momentum": 0.1, "adagrad": 0.05, "rmsprop": 0.005, "muon": 0.03}
    run = toy.trainer(optimizer=optimizer, learning_rate=rates.get(optimizer, 0.003), steps=40)
    before = run.held_out_loss()
    after = ended(run).loss
    assert after is not None
    assert after < 0.8 * before


def test_the_story_of_a_run_is_told_in_order() -> None:
    run = toy.trainer(steps=12)
    run.write_sample = lambda: "text"
    events = list(run.run())
    assert isinstance(events[0], Started)
    assert events[0].parameters == run.model.parameter_count()
    kinds = {type(event) for event in events}
    assert {Started, Validation, Sample, Ended} <= kinds <= {Started, Progress, Validation, Sample, Ended}
    assert events[-1] == Ended(
        "done", 12, run.place.seconds, run.held_out_loss(), run.bits_per_byte(run.held_out_loss())
    )
    steps = [event.step for event in events if isinstance(event, Validation)]
    assert steps == sorted(steps)


def test_an_interrupted_run_resumes_to_the_same_numbers(tmp_path: Path) -> None:
    for optimizer in ("adamw", "muon"):
        straight = toy.trainer(optimizer=optimizer, steps=30)
        ended(straight)
        path = tmp_path / f"{optimizer}.safetensors"
        first = toy.trainer(path, optimizer=optimizer, steps=30)
        assert ended(first, stop_after=11).reason == "stopped"
        second = toy.trainer(path, net=toy.network(seed=99), optimizer=optimizer, steps=30)
        second.resume()
        assert second.place.step == 11
        assert ended(second).reason == "done"
        assert all(torch.equal(a, b) for a, b in zip(toy.weights(straight), toy.weights(second), strict=True))


def test_stopping_takes_effect_before_the_next_step() -> None:
    run = toy.trainer(steps=1000)
    assert ended(run, stop_after=3).step == 3


def test_leaving_the_iterator_leaves_a_usable_model() -> None:
    run = toy.trainer(steps=1000)
    for event in run.run():
        if isinstance(event, Started):
            break
    assert all(held.isfinite().all() for held in toy.weights(run))


def test_a_run_ends_when_the_loss_is_reached() -> None:
    run = toy.trainer(steps=4000, until_loss=4.0, evaluations=400, optimizer="muon", learning_rate=0.03, patience=10**6)
    last = ended(run)
    assert last.reason == "loss reached"
    assert last.step < 4000


def test_a_run_ends_without_gain_and_keeps_the_best_weights() -> None:
    run = toy.trainer(
        steps=2000, patience=2, evaluations=200, optimizer="sgd", learning_rate=1e-9, schedule=Schedule(steps=2000)
    )
    losses: list[float] = []

    def fake(limit: int | None = None, window: int | None = None) -> float:
        losses.append([5.0, 4.0, 6.0, 7.0][min(len(losses), 3)])
        if losses[-1] == 4.0:
            kept.extend(toy.weights(run))
        return losses[-1]

    kept: list[Tensor] = []
    run.held_out_loss = fake  # type: ignore[method-assign]
    assert ended(run).reason == "no more gain"
    assert all(torch.equal(a, b) for a, b in zip(kept, toy.weights(run), strict=True))


class _Breaking(Gpt):
    """Gives no number at its seventh step."""

    calls = 0

    def forward(self, ids: Tensor, *rest: Any, **more: Any) -> Tensor:
        if self.training:
            self.calls += 1
        out = super().forward(ids, *rest, **more)
        return out * float("nan") if self.calls >= 7 else out


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_good_checkpoint(tmp_path: Path) -> None:
    net = _Breaking(toy.network().config)
    net.initialise(torch.Generator().manual_seed(1))
    path = tmp_path / "run" / "checkpoint.safetensors"
    run = toy.trainer(path, net=net, checkpoint_seconds=0.0, steps=50)
    with pytest.raises(TrainingFailed) as caught:
        list(run.run())
    assert caught.value.key == "loss_not_finite"
    assert caught.value.values["step"] == 7
    assert str(path) in str(caught.value)
    back = toy.trainer(path, steps=50)
    back.resume()
    assert back.place.step == 6
    assert all(held.isfinite().all() for held in toy.weights(back))


def test_checkpoints_come_by_the_clock_and_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "c.safetensors"
    events = list(toy.trainer(path, checkpoint_seconds=0.0, steps=5).run())
    assert [event.step for event in events if isinstance(event, Saved)] == [1, 2, 3, 4, 5, 5]
    once = list(toy.trainer(path, steps=5).run())
    assert [event.step for event in once if isinstance(event, Saved)] == [5]


def test_resuming_on_another_text_or_shape_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "c.safetensors"
    ended(toy.trainer(path, steps=3))
    with pytest.raises(TrainingFailed) as caught:
        toy.trainer(path, text=toy.TEXT + "more").resume()
    assert caught.value.key == "resume_other_text"
    with pytest.raises(TrainingFailed) as caught:
        toy.trainer(path, net=toy.network(width=24)).resume()
    assert caught.value.key == "resume_other_shape"
    assert "width" in str(caught.value)
    with pytest.raises(TrainingFailed) as caught:
        toy.trainer(path, optimizer="muon").resume()
    assert caught.value.key == "resume_other_recipe"
    assert "optimizer" in str(caught.value)
    with pytest.raises(TrainingFailed) as caught:
        toy.trainer(tmp_path / "none.safetensors").resume()
    assert caught.value.key == "nothing_to_resume"


@pytest.mark.parametrize("keep", [0, 5, 300, -7])
def test_a_truncated_checkpoint_is_refused(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "run" / "c.safetensors"
    ended(toy.trainer(path, steps=2))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ModelDamaged) as caught:
        toy.trainer(path).resume()
    assert caught.value.key == "weights_unreadable"


def test_a_checkpoint_missing_its_memory_is_refused(tmp_path: Path) -> None:
    from genchat.engine.training.weights import read_tensors, write_tensors

    path = tmp_path / "run" / "c.safetensors"
    ended(toy.trainer(path, steps=2))
    tensors, header = read_tensors(path, "run")
    write_tensors(path, {name: held for name, held in tensors.items() if not name.endswith("0.mean")}, header)
    with pytest.raises(ModelDamaged):
        toy.trainer(path).resume()


def test_too_little_memory_is_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    run = toy.trainer()

    def full(*given: Any) -> Any:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes")

    monkeypatch.setattr(run, "_forward", full)
    with pytest.raises(TrainingFailed) as caught:
        list(run.run())
    assert caught.value.key == "training_out_of_memory"


def test_the_held_out_loss_is_what_the_language_model_scores(tmp_path: Path) -> None:
    from genchat.engine.contract import ModelInfo
    from genchat.engine.gpt.model import GptModel

    run = toy.trainer()
    ended(run)
    held_out = run.data.held_out.tolist()[:17]
    run.data = toy.data(toy.TEXT)
    model = GptModel(run.model, toy.TOKENIZER, ModelInfo("m", "gpt", 259, 16, 0, ""))  # type: ignore[arg-type]
    scored = model.score_tokens(held_out)[1:]
    run.data = type(run.data)(**{**vars(run.data), "held_out": torch.tensor(held_out)})
    assert run.held_out_loss() == pytest.approx(-float(scored.mean()), abs=1e-5)


def test_a_clock_run_ends_where_the_text_is_read_often_enough() -> None:
    run = toy.trainer(schedule=Schedule(seconds=600, steps=4), minutes=10)
    *_, ended = run.run()
    assert isinstance(ended, Ended)
    assert (ended.reason, run.place.step) == ("read often enough", 4)


def test_a_clock_run_uses_its_time_and_no_more() -> None:
    run = toy.trainer(schedule=Schedule(seconds=0.5), minutes=0.5 / 60)
    last = ended(run)
    assert last.reason == "done"
    assert last.step > 1
    assert run.place.train_curve == sorted(run.place.train_curve)
