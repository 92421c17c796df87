"""The loop: windows of text in, better weights out. It knows no model family.

A plain iterator of events: leaving it, or `should_stop`, ends the run between two steps with everything kept. A run
scheduled by steps gives, interrupted and resumed, the same numbers as one that was never interrupted.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genchat.engine.distribution import LN2
from genchat.engine.errors import ModelDamaged, TrainingFailed
from genchat.engine.training.checkpoint import load_checkpoint, refuse_other_run, save_checkpoint
from genchat.engine.training.data import Batch, Batches, TokenData, held_out_windows
from genchat.engine.training.distributed import Team
from genchat.engine.training.events import Ended, EndReason, Progress, Sample, Saved, Started, TrainingEvent, Validation
from genchat.engine.training.learning import Learning
from genchat.engine.training.recipes import Recipe
from genchat.engine.training.schedule import Schedule
from genchat.engine.training.trainable import TrainableModel
from genchat.engine.training.weights import check_shapes

StopSignal = Callable[[], bool]
_TELL_EVERY = 0.25  # seconds between Progress events
_QUICK_LOOK = 65_536  # held-out tokens of an evaluation on the way; the last one takes all
_CURVE_POINTS = 400
_EVALUATION_SHARE = 0.05  # of the time, at most
# A run that only what is measured ends looks after so many steps, or this share of those done, whichever is more; and
# it ends by itself after so many looks without gain, since the loss asked for may never come.
_FIRST_LOOK, _LOOK_SHARE, _ENDLESS_PATIENCE = 25, 0.1, 20
_FIRST_SAVE = 1.0  # seconds: a run that is cut short soon after its start is there too


@dataclass
class Place:
    """How far the run is: what a checkpoint must hold besides tensors."""

    step: int = 0
    seconds: float = 0.0  # spent in this loop, evaluations included
    tokens: int = 0
    best_loss: float = math.inf
    since_best: int = 0  # evaluations
    evaluated_at: float = 0.0  # progress
    train_curve: list[tuple[int, float, float]] = field(default_factory=list)  # step, seconds, nats a token
    held_out_curve: list[tuple[int, float, float]] = field(default_factory=list)


@dataclass(frozen=True)
class Machine:
    """What the run computes on."""

    device: torch.device
    dtype: torch.dtype
    team: Team = field(default_factory=Team)


class Trainer:
    """Trains `model` on `data` by `recipe` (with nothing left open).

    checkpoint: where to keep the run after `first_checkpoint_seconds`, every `checkpoint_seconds` from then on, and at
    its end; None keeps nothing.
    write_sample: gives a piece of text the model writes now; None shows no samples.
    teacher: a model of the same tokens that the recipe's `hold` is about.
    """

    def __init__(
        self,
        model: TrainableModel,
        data: TokenData,
        recipe: Recipe,
        schedule: Schedule,
        machine: Machine,
        checkpoint: Path | None = None,
        checkpoint_seconds: float = 30.0,
        first_checkpoint_seconds: float = _FIRST_SAVE,
        write_sample: Callable[[], str] | None = None,
        teacher: TrainableModel | None = None,
    ) -> None:
        self.model, self.data, self.recipe, self.schedule, self.machine = model, data, recipe, schedule, machine
        self.place = Place()
        self.given: dict[str, Any] = {}  # told by the checkpoint, for whoever goes on with the run
        self.checkpoint, self.checkpoint_seconds, self.write_sample = checkpoint, checkpoint_seconds, write_sample
        self._first_checkpoint = min(first_checkpoint_seconds, checkpoint_seconds)
        model.to(machine.device)
        model.compute_dtype = machine.dtype
        self.teacher = teacher if recipe.hold else None
        if self.teacher is not None:
            self.teacher.to(machine.device)
            self.teacher.eval()
            self.teacher.compute_dtype = machine.dtype
        self.learning = Learning(model.parameter_groups(), recipe, machine.dtype)
        window, batch = recipe.window or 64, recipe.batch or 32
        team = machine.team
        self.batches = Batches(
            data.train, window, batch, recipe.seed, model.carries_state, team.rank, team.world, data.train_starts
        )
        self.tokens_a_step = window * batch
        self.best: dict[str, Tensor] | None = None
        self._evaluation_seconds = 0.0
        self._forward: Callable[..., Tensor] = _compiled(model) if recipe.compile else model

    # ---- checkpoints ----

    def header(self) -> dict[str, Any]:
        """What a checkpoint says of itself."""
        return {
            "text_sha256": self.data.sha256,
            "network": self.model.to_card_settings(),
            "recipe": self.recipe.to_json(),
            "given": self.given,
            "place": {name: getattr(self.place, name) for name in Place.__dataclass_fields__},
            "epoch": self.batches.epoch,
            "index": self.batches.index,
        }

    def save(self) -> Saved:
        """Write the checkpoint. Raises TrainingFailed."""
        if self.checkpoint is None:
            raise ValueError("no place for checkpoints")
        tensors = {f"model.{name}": held for name, held in self.model.state_dict().items()}
        tensors |= {f"learning.{name}": held for name, held in self.learning.state().items()}
        tensors |= {f"carried.{name}": held for name, held in self.model.carried_state().items()}
        tensors |= {f"best.{name}": held for name, held in (self.best or {}).items()}
        if self.teacher is not None:
            tensors |= {f"teacher.{name}": held for name, held in self.teacher.carried_state().items()}
        tensors["random"] = torch.get_rng_state()
        save_checkpoint(self.checkpoint, tensors, self.header())
        return Saved(self.place.step, str(self.checkpoint))

    def resume(self) -> None:
        """Go on from the checkpoint. Raises TrainingFailed for another text or shape, ModelDamaged for a bad file."""
        path = self.checkpoint
        if path is None:
            raise ValueError("no place for checkpoints")
        tensors, header = self.machine.team.from_leader(lambda: load_checkpoint(path))
        refuse_other_run(header, self.header(), path)
        weights = _part(tensors, "model")
        check_shapes(weights, self.model.state_dict(), path.parent.name)
        try:
            self.model.load_state_dict(weights)
            self.learning.restore(_part(tensors, "learning"))
            self.model.carry(_part(tensors, "carried"))
            self.best = _part(tensors, "best") or None
            if self.teacher is not None:
                self.teacher.carry(_part(tensors, "teacher"))
            torch.set_rng_state(tensors["random"])
            self.place = Place(**header["place"])
            self.batches.epoch, self.batches.index = int(header["epoch"]), int(header["index"])
        except (KeyError, RuntimeError, TypeError, ValueError) as error:
            name, file = path.parent.name, path.name
            raise ModelDamaged("weights_unreadable", name=name, file=file, reason=error) from None

    # ---- the loop ----

    def run(self, should_stop: StopSignal | None = None) -> Iterator[TrainingEvent]:
        """Train to the end of the schedule. The last event is Ended. Raises TrainingFailed."""
        yield self._started()
        try:
            yield from self._loop(should_stop or (lambda: False))
        except (RuntimeError, MemoryError) as error:
            if isinstance(error, MemoryError) or "memory" in str(error).lower():
                raise TrainingFailed(
                    "training_out_of_memory", batch=self.recipe.batch, width=self.recipe.width
                ) from None
            raise

    def _started(self) -> Started:
        return Started(
            parameters=self.model.parameter_count(),
            train_tokens=len(self.data.train),
            held_out_tokens=len(self.data.held_out),
            precision="bf16" if self.machine.dtype == torch.bfloat16 else "fp32",
            device=str(self.machine.device),
            settings=self.recipe.to_json(),
            unseen=self.data.unseen,
        )

    def _loop(self, should_stop: StopSignal) -> Iterator[TrainingEvent]:
        place, schedule = self.place, self.schedule
        reason: EndReason = "done"
        told = time.perf_counter()
        saved = told - (self.checkpoint_seconds - self._first_checkpoint)
        losses: list[float] = []
        speed_from = (place.tokens, place.seconds)
        step_seconds = 0.0
        self.model.train()
        clock = time.perf_counter() - place.seconds
        while not schedule.over(place.seconds, place.step, step_seconds):
            stop, place.seconds, step_seconds = self._agree(should_stop(), place.seconds, step_seconds)
            if stop:
                reason = "stopped"
                break
            progress = schedule.progress(place.seconds, place.step, step_seconds)
            loss = self._step(schedule.share(progress))
            if not math.isfinite(loss):
                raise self._not_finite()
            losses.append(loss)
            now = time.perf_counter()
            step_seconds, place.seconds = now - clock - place.seconds, now - clock
            if now - told >= _TELL_EVERY:
                mean = sum(losses) / len(losses)
                elapsed = max(place.seconds - speed_from[1], 1e-9)
                yield self._progress(mean, (place.tokens - speed_from[0]) / elapsed, progress)
                _note(place.train_curve, place.step, place.seconds, mean)
                told, losses, speed_from = now, [], (place.tokens, place.seconds)
            if self._evaluation_due(progress):
                place.evaluated_at = progress
                yield self._evaluate(_QUICK_LOOK)
                if self.write_sample is not None:
                    yield Sample(place.step, self._sample())
                if self.recipe.until_loss is not None and place.held_out_curve[-1][2] <= self.recipe.until_loss:
                    reason = "loss reached"
                    break
                if self._patience and place.since_best >= self._patience:
                    reason = "no more gain"
                    break
                # An evaluation is no step: the next one's length is not guessed from it.
                place.seconds = time.perf_counter() - clock
                speed_from = (place.tokens, place.seconds)
            if self.checkpoint is not None and self.machine.team.leads and now - saved >= self.checkpoint_seconds:
                yield self.save()
                saved = time.perf_counter()
        asked_for = self.recipe.steps == schedule.steps or self.recipe.epochs is not None
        if reason == "done" and schedule.seconds is not None and schedule.steps == place.step and not asked_for:
            reason = "read often enough"
        yield from self._end(reason)

    def _step(self, share: float) -> float:
        batch = self.batches.next()
        if batch.fresh:
            self.model.carry({})
        logits = self._logits(self._forward, batch).flatten(0, 1)
        loss = F.cross_entropy(logits, batch.targets.to(self.machine.device).flatten())
        objective = loss if self.teacher is None else self._held_to(self.teacher, batch, logits, loss)
        objective.backward()  # type: ignore[no-untyped-call]
        parameters = list(self.model.parameters())
        self.machine.team.average_gradients(parameters)
        if self.recipe.clip:
            nn.utils.clip_grad_norm_(parameters, self.recipe.clip)
        self.learning.step(share)
        for weight in parameters:
            weight.grad = None
        self.place.step += 1
        self.place.tokens += self.tokens_a_step
        return float(self.machine.team.mean_(loss.detach()))

    def _held_to(self, teacher: TrainableModel, batch: Batch, logits: Tensor, loss: Tensor) -> Tensor:
        """Part of the loss is to say what the teacher says (Li & Hoiem 2016), so that a small text, read often, is
        learned by heart without the certainty that goes with it."""
        if batch.fresh:
            teacher.carry({})
        with torch.no_grad():
            wanted = self._logits(teacher, batch).flatten(0, 1).softmax(-1)
        return (1 - self.recipe.hold) * loss + self.recipe.hold * F.cross_entropy(logits, wanted)

    def _logits(self, forward: Callable[..., Tensor], batch: Batch) -> Tensor:
        device, segments = self.machine.device, batch.segments
        return forward(batch.ids.to(device), **({} if segments is None else {"segments": segments.to(device)}))

    def _agree(self, stop: bool, seconds: float, step_seconds: float) -> tuple[bool, float, float]:
        """What the leading process sees, so that all of a team decide alike."""
        seen = [float(stop), seconds, step_seconds, self._evaluation_seconds]
        if self.machine.team.world > 1:
            seen = self.machine.team.agree(torch.tensor(seen, dtype=torch.float64)).tolist()
        self._evaluation_seconds = seen[3]
        return bool(seen[0]), seen[1], seen[2]

    def _not_finite(self) -> TrainingFailed:
        kept = "-" if self.checkpoint is None or not self.checkpoint.exists() else self.checkpoint
        return TrainingFailed("loss_not_finite", step=self.place.step, kept=kept)

    def _progress(self, loss: float, speed: float, done: float) -> Progress:
        place = self.place
        epoch = self.batches.epoch + self.batches.index / max(self.batches.batches_an_epoch, 1)
        left = self.schedule.seconds_left(place.seconds, place.step)
        return Progress(place.step, epoch, loss, speed, place.seconds, left, done)

    # ---- evaluation ----

    @property
    def _patience(self) -> int:
        """Evaluations without gain that end the run; 0: however many."""
        return self.recipe.patience or (_ENDLESS_PATIENCE if self.schedule.endless else 0)

    def _evaluation_due(self, progress: float) -> bool:
        if len(self.data.held_out) < 2:
            return False
        if self.schedule.endless:
            steps = self.place.step
            last = self.place.held_out_curve[-1][0] if self.place.held_out_curve else 0
            if steps - last < max(_FIRST_LOOK, _LOOK_SHARE * steps):
                return False
        elif progress - self.place.evaluated_at < 1.0 / self.recipe.evaluations:
            return False
        if self.recipe.patience or not self.place.held_out_curve:
            return True
        # On a slow machine or a long held-out text, look less often than the recipe says.
        since = self.place.seconds - self.place.held_out_curve[-1][1]
        return since >= self._evaluation_seconds / _EVALUATION_SHARE

    def _evaluate(self, limit: int | None = None) -> Validation:
        place = self.place
        started = time.perf_counter()
        loss = self.held_out_loss(limit)
        self._evaluation_seconds = time.perf_counter() - started
        place.held_out_curve.append((place.step, place.seconds, loss))
        best = loss < place.best_loss
        place.since_best = 0 if best else place.since_best + 1
        if best:
            place.best_loss = loss
            self.best = {name: held.clone() for name, held in self.model.state_dict().items()}
        return Validation(place.step, place.seconds, loss, self.bits_per_byte(loss), best)

    @torch.inference_mode()
    def held_out_loss(self, limit: int | None = None, window: int | None = None) -> float:
        """Nats a token over (at most the first `limit` tokens of) the held-out text, in fp32."""
        model, device = self.model, self.machine.device
        carried = model.carried_state()
        model.eval()
        model.compute_dtype = torch.float32 if device.type == "cpu" else self.machine.dtype
        model.carry({})
        total = torch.zeros((), dtype=torch.float64)
        count = 0
        starts = None if model.carries_state else self.data.held_out_starts
        for batch in held_out_windows(self.data.held_out[:limit], window or self.recipe.context or 256, starts):
            logits, targets = self._logits(model, batch), batch.targets.to(device)
            total += F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum").cpu()
            count += targets.numel()
            model.carry({})
        model.compute_dtype = self.machine.dtype
        model.carry(carried)
        model.train()
        return float(total) / max(count, 1)

    def bits_per_byte(self, loss: float) -> float:
        """From nats a token of the held-out text."""
        return loss / LN2 * len(self.data.held_out) / max(self.data.held_out_bytes, 1)

    def _sample(self) -> str:
        carried, dtype = self.model.carried_state(), self.model.compute_dtype
        self.model.eval()
        self.model.compute_dtype = torch.float32
        text = self.write_sample() if self.write_sample is not None else ""
        self.model.compute_dtype = dtype
        self.model.carry(carried)
        self.model.train()
        return text

    def _end(self, reason: EndReason) -> Iterator[TrainingEvent]:
        place = self.place
        if self.checkpoint is not None and self.machine.team.leads:
            yield self.save()
        if len(self.data.held_out) > 1:
            yield self._evaluate(_QUICK_LOOK)
            if self.best is not None and place.since_best:
                self.model.load_state_dict(self.best)
            if place.since_best or len(self.data.held_out) > _QUICK_LOOK:
                yield self._evaluate()
        loss = place.held_out_curve[-1][2] if place.held_out_curve else None
        yield Ended(reason, place.step, place.seconds, loss, None if loss is None else self.bits_per_byte(loss))


def _compiled(model: TrainableModel) -> Callable[..., Tensor]:
    """The network compiled for the shapes of training; falls back to the plain one where no compiler is found."""
    import torch._dynamo

    torch._dynamo.config.suppress_errors = True
    compiled: Callable[..., Tensor] = torch.compile(model, dynamic=False)
    return compiled


def _note(curve: list[tuple[int, float, float]], step: int, seconds: float, loss: float) -> None:
    """Add a point; a curve that has grown long keeps every second one."""
    curve.append((step, round(seconds, 3), loss))
    if len(curve) > 2 * _CURVE_POINTS:
        del curve[1::2]


def _part(tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    start = f"{name}."
    return {key.removeprefix(start): held for key, held in tensors.items() if key.startswith(start)}
