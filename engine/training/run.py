"""One training run from texts to a model folder: tokenizer, data, network, loop, card."""

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from genchat.engine.contract import LanguageModel
from genchat.engine.decoding import generate
from genchat.engine.errors import TextUnusable, TrainingFailed, UsageError
from genchat.engine.memory import available_memory
from genchat.engine.model_card import ModelCard, write_model
from genchat.engine.sampling import SamplingSettings
from genchat.engine.text import compose
from genchat.engine.tokenizers.reading import StoredTokenizer
from genchat.engine.training.data import Source, TokenData, is_chat, prepare
from genchat.engine.training.distributed import join_team, leave_team
from genchat.engine.training.events import TrainingEvent
from genchat.engine.training.plot import write_plot
from genchat.engine.training.precision import choose_device, choose_dtype, relative_speed
from genchat.engine.training.recipes import Recipe
from genchat.engine.training.schedule import Schedule
from genchat.engine.training.trainable import TrainableModel
from genchat.engine.training.trainer import Machine, Trainer
from genchat.engine.training.warm_start import Beginning
from genchat.engine.training.weights import WEIGHTS_FILE, write_tensors

DEFAULT_MINUTES = 5.0
_SAMPLE_TOKENS = 120
_BYTES_A_WEIGHT = 20  # itself, its gradient, what an optimiser remembers (two numbers), the best one so far


@dataclass(frozen=True)
class Run:
    """A run about to start. `folder` is the model's; the checkpoint stands beside it until the run is over."""

    trainer: Trainer
    tokenizer: StoredTokenizer
    recipe: Recipe
    folder: Path
    command: str
    sources: Sequence[Source]
    languages: tuple[str, ...] = ()

    def events(self, should_stop: Callable[[], bool] | None = None) -> Iterator[TrainingEvent]:
        """Train; when the events are over, `keep` writes the model."""
        torch.set_flush_denormal(True)  # of this thread, so it is put back: others count on the numbers it removes
        try:
            yield from self.trainer.run(should_stop)
        finally:
            torch.set_flush_denormal(False)
            leave_team(self.trainer.machine.team)

    @property
    def leads(self) -> bool:
        """Whether this process is the one that writes and talks."""
        return self.trainer.machine.team.leads

    def keep(self) -> ModelCard:
        """Write the model folder as the run stands now."""
        return write_model(self.folder, self._card(), self._write_files)

    def plot(self, path: Path) -> None:
        """Write the loss curves as SVG."""
        write_plot(path, self.trainer.place.train_curve, self.trainer.place.held_out_curve, self.folder.name)

    def _write_files(self, folder: Path) -> None:
        write_tensors(folder / WEIGHTS_FILE, self.trainer.model.state_dict())
        self.tokenizer.save(folder)

    def _card(self) -> ModelCard:
        trainer = self.trainer
        place, model = trainer.place, trainer.model
        bits = [bit for bit in [_last(place.held_out_curve)] if bit is not None]
        return ModelCard(
            name=self.folder.name,
            family=model.family,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            command=self.command,
            languages=self.languages,
            sources=trainer.data.sources,
            settings={"network": model.to_card_settings(), "recipe": self.recipe.to_json()},
            results={
                "steps": place.step,
                "tokens": place.tokens,
                "seconds": round(place.seconds, 1),
                "held_out_loss": bits[0] if bits else None,
                "held_out_bits_per_byte": trainer.bits_per_byte(bits[0]) if bits else None,
                "train_curve": place.train_curve,
                "held_out_curve": place.held_out_curve,
                "text_sha256": trainer.data.sha256,
                "precision": str(trainer.machine.dtype).removeprefix("torch."),
            },
            versions={"torch": torch.__version__, "python": sys.version.split()[0]},
            chat=is_chat(self.sources),
        )


def _last(curve: list[tuple[int, float, float]]) -> float | None:
    return curve[-1][2] if curve else None


def plan(
    sources: Sequence[Source],
    recipe: Recipe,
    folder: Path,
    checkpoint: Path | None,
    command: str,
    *,
    resume: bool = False,
    samples: bool = True,
    tokenizer: StoredTokenizer | None = None,
    beginning: Beginning | None = None,
    languages: tuple[str, ...] = (),
    given: Mapping[str, Any] | None = None,
) -> Run:
    """Everything made ready. `given` is remembered by checkpoints beside the recipe.

    Raises TextUnusable, UsageError, TrainingFailed (nothing or the wrong run to resume).
    """
    room = importlib.import_module(f"genchat.engine.{recipe.family}.recipe")
    if beginning is None and recipe.hold:
        raise UsageError("hold_without_beginning")
    if beginning is not None:
        recipe, tokenizer = beginning.applied_to(recipe), beginning.tokenizer
    device = choose_device(recipe.device)
    team = join_team(device)
    machine = Machine(device, choose_dtype(recipe.precision, device), team)
    tokenizer = tokenizer or make_tokenizer(sources, recipe)
    data = prepare(sources, tokenizer, recipe.held_out_share)
    by_steps = recipe.steps is not None or recipe.epochs is not None
    minutes = recipe.minutes or DEFAULT_MINUTES
    if not by_steps and recipe.until_loss is None:
        recipe = recipe.with_values({"minutes": minutes})
    pace = relative_speed(machine.dtype, device)
    recipe = room.suggest(recipe, minutes * pace, max(1, len(data.train))).fitted_to(len(data.train), recipe)
    _check_length(data, recipe, sources)
    _check_measurable(data, recipe)
    if (recipe.batch or 1) % team.world:
        raise UsageError("batch_not_divisible", batch=recipe.batch, world=team.world)
    if (recipe.window or 0) > (recipe.context or 0):
        raise UsageError("window_beyond_context", window=recipe.window, context=recipe.context)
    torch.manual_seed(recipe.seed)
    model: TrainableModel
    teacher: TrainableModel | None = None
    if beginning is None:
        with torch.device("meta"):  # the shape alone takes no memory
            _check_memory(room.build(recipe, tokenizer, _alphabet(data)), recipe)
        model = room.build(recipe, tokenizer, _alphabet(data))
        model.initialise(torch.Generator().manual_seed(recipe.seed))
    else:
        model = room.rebuild(recipe, beginning.network, beginning.name)
        beginning.give_weights(model)
        if recipe.hold:
            teacher = room.rebuild(recipe, beginning.network, beginning.name)
            beginning.give_weights(teacher)

    def write_sample() -> str:
        return _sample(room.as_language_model(model, tokenizer, folder.name))

    trainer = Trainer(
        model,
        data,
        recipe,
        schedule_of(recipe, len(data.train)),
        machine,
        checkpoint,
        write_sample=write_sample if samples and team.leads else None,
        teacher=teacher,
    )
    trainer.given = dict(given or {})
    if resume:
        trainer.resume()
    return Run(trainer, tokenizer, recipe, folder, command, sources, languages)


def schedule_of(recipe: Recipe, tokens: int) -> Schedule:
    """By the clock, by steps and by epochs: of those given, what is reached first ends the run.

    A run by the clock alone ends sooner once it has read the text as often as the recipe says at most. A run until a
    loss alone has no end of its own, so its rate neither rises nor falls.
    """
    seconds = None if recipe.minutes is None else 60 * recipe.minutes
    ends = [] if recipe.steps is None else [recipe.steps]
    if recipe.epochs is not None:
        ends.append(_steps_of(recipe.epochs, recipe, tokens))
    if seconds is not None and not ends and recipe.most_epochs is not None:
        ends.append(_steps_of(recipe.most_epochs, recipe, tokens))
    if seconds is None and not ends:
        return Schedule(warm_up=0.0, warm_down=0.0)
    down = 0.6 if recipe.warm_down is None else recipe.warm_down
    return Schedule(seconds=seconds, steps=min(ends, default=None), warm_up=recipe.warm_up, warm_down=down)


def _steps_of(epochs: float, recipe: Recipe, tokens: int) -> int:
    return max(1, round(epochs * tokens / ((recipe.window or 64) * (recipe.batch or 32))))


def make_tokenizer(sources: Sequence[Source], recipe: Recipe) -> StoredTokenizer:
    """Of the recipe's kind, from the texts to learn from."""
    unit = recipe.tokens
    if unit == "auto":
        unit = "bpe" if is_chat(sources) and recipe.family == "gpt" else "char"
    texts = [compose(source.text) for source in sources if not source.held_out]
    if unit == "bpe":
        from genchat.engine.tokenizers.bpe import train_byte_pairs

        return train_byte_pairs(texts, recipe.vocabulary)
    from genchat.engine.tokenizers.characters import CharacterTokenizer

    return CharacterTokenizer(sorted(set().union(*texts)))


def _alphabet(data: TokenData) -> int:
    """How many ids in a row, from the last one back, hold all tokens of the training text but special ones."""
    lowest = int(data.train[data.train > 3].min()) if len(data.train) else 0
    return int(data.train.max()) - lowest + 1


def _check_length(data: TokenData, recipe: Recipe, sources: Sequence[Source]) -> None:
    need = 2 * (recipe.window or 64) * (recipe.batch or 32)  # one step, wherever the first window begins
    if len(data.train) < need:
        raise TextUnusable("text_too_short", name=sources[0].name, tokens=len(data.train), need=need)
    if int(data.train.min()) == int(data.train.max()):
        raise TextUnusable("text_one_token", name=sources[0].name)


def _check_memory(shape: TrainableModel, recipe: Recipe) -> None:
    free = available_memory()
    if free is not None and shape.parameter_count() * _BYTES_A_WEIGHT > free:
        raise TrainingFailed("training_out_of_memory", batch=recipe.batch, width=recipe.width)


def _check_measurable(data: TokenData, recipe: Recipe) -> None:
    """A run that ends by what is measured needs something to measure on."""
    for flag, value in (("until_loss", recipe.until_loss), ("patience", recipe.patience or None)):
        if value is not None and len(data.held_out) < 2:
            raise UsageError("nothing_to_measure_on", setting="--" + flag.replace("_", "-"))


def _sample(model: LanguageModel) -> str:
    settings = replace(SamplingSettings(), seed=0)
    stops: frozenset[int] = frozenset()
    return "".join(step.text for step in generate(model, [], settings, max_tokens=_SAMPLE_TOKENS, stop_tokens=stops))
