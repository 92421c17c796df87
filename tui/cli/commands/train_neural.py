"""`genchat train gpt|lstm TEXT…`: a neural model of one's own, with its loss to watch."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from genchat.engine.errors import ExitCode, UsageError
from genchat.engine.language import say
from genchat.tui.cli.command_context import Surroundings, surroundings
from genchat.tui.cli.commands.train_ngram import Languages, Licence, NewName, Replace, folder_for
from genchat.tui.cli.options import AsJson
from genchat.tui.cli.parser import GenchatCommand, single
from genchat.tui.cli.watched import AsEvents, without_flag

if TYPE_CHECKING:
    from genchat.engine.training.events import TrainingEvent
    from genchat.engine.training.run import Run
    from genchat.tui.cli.output import Output

app = single()
Optimizer = Literal["sgd", "momentum", "adagrad", "rmsprop", "adam", "adamw", "muon"]

Files = Annotated[list[Path], typer.Argument(metavar="TEXT", help="training.files")]
HeldOut = Annotated[list[Path] | None, typer.Option("--held-out", metavar="FILE", help="training.held_out")]
Minutes = Annotated[float | None, typer.Option("--minutes", metavar="M", help="training.minutes")]
Epochs = Annotated[float | None, typer.Option("--epochs", metavar="E", help="training.epochs")]
Steps = Annotated[int | None, typer.Option("--steps", metavar="N", help="training.steps")]
UntilLoss = Annotated[float | None, typer.Option("--until-loss", metavar="L", help="training.until_loss")]
OptimizerName = Annotated[Optimizer | None, typer.Option("--optimizer", help="training.optimizer")]
LearningRate = Annotated[float | None, typer.Option("--learning-rate", metavar="R", help="training.learning_rate")]
WeightDecay = Annotated[float | None, typer.Option("--weight-decay", metavar="D", help="training.weight_decay")]
Dropout = Annotated[float | None, typer.Option("--dropout", metavar="P", help="training.dropout")]
Hold = Annotated[float | None, typer.Option("--hold", metavar="P", help="training.hold")]
Batch = Annotated[int | None, typer.Option("--batch", metavar="B", help="training.batch")]
Window = Annotated[int | None, typer.Option("--window", metavar="T", help="training.window")]
Layers = Annotated[int | None, typer.Option("--layers", metavar="N", help="training.layers")]
Width = Annotated[int | None, typer.Option("--width", metavar="C", help="training.width")]
Context = Annotated[int | None, typer.Option("--context", metavar="T", help="training.context")]
Tokens = Annotated[Literal["char", "bpe"] | None, typer.Option("--tokens", help="training.tokens")]
Vocabulary = Annotated[int | None, typer.Option("--vocabulary", metavar="V", help="training.vocabulary")]
Patience = Annotated[int | None, typer.Option("--patience", metavar="N", help="training.patience")]
Seed = Annotated[int | None, typer.Option("--seed", metavar="N", help="training.seed")]
Device = Annotated[str | None, typer.Option("--device", metavar="NAME", help="training.device")]
Precision = Annotated[Literal["auto", "fp32", "bf16"] | None, typer.Option("--precision", help="training.precision")]
Compile = Annotated[bool, typer.Option("--compile", help="training.compile")]
RecipeFile = Annotated[Path | None, typer.Option("--recipe", metavar="FILE", help="training.recipe")]
BeginFrom = Annotated[str | None, typer.Option("--from", metavar="NAME", help="training.from")]
Resume = Annotated[bool, typer.Option("--resume", help="training.resume")]
Plot = Annotated[Path | None, typer.Option("--plot", metavar="FILE.svg", help="training.plot")]
NoSamples = Annotated[bool, typer.Option("--no-samples", help="training.no_samples")]


@app.command("gpt", cls=GenchatCommand, help="training.gpt_help")
def gpt(
    context: typer.Context,
    files: Files,
    name: NewName,
    held_out: HeldOut = None,
    minutes: Minutes = None,
    epochs: Epochs = None,
    steps: Steps = None,
    until_loss: UntilLoss = None,
    optimizer: OptimizerName = None,
    learning_rate: LearningRate = None,
    weight_decay: WeightDecay = None,
    dropout: Dropout = None,
    hold: Hold = None,
    batch: Batch = None,
    window: Window = None,
    layers: Layers = None,
    width: Width = None,
    context_length: Context = None,
    tokens: Tokens = None,
    vocabulary: Vocabulary = None,
    patience: Patience = None,
    seed: Seed = None,
    device: Device = None,
    precision: Precision = None,
    compile_network: Compile = False,
    recipe: RecipeFile = None,
    begin_from: BeginFrom = None,
    resume: Resume = False,
    plot: Plot = None,
    no_samples: NoSamples = False,
    language: Languages = None,
    licence: Licence = "",
    replace: Replace = False,
    as_json: AsJson = False,
    events: AsEvents = False,
) -> None:
    """Train a mini GPT."""
    _train("gpt", surroundings(context), dict(context.params))


@app.command("lstm", cls=GenchatCommand, help="training.lstm_help")
def lstm(
    context: typer.Context,
    files: Files,
    name: NewName,
    held_out: HeldOut = None,
    minutes: Minutes = None,
    epochs: Epochs = None,
    steps: Steps = None,
    until_loss: UntilLoss = None,
    optimizer: OptimizerName = None,
    learning_rate: LearningRate = None,
    weight_decay: WeightDecay = None,
    dropout: Dropout = None,
    hold: Hold = None,
    batch: Batch = None,
    window: Window = None,
    layers: Layers = None,
    width: Width = None,
    patience: Patience = None,
    seed: Seed = None,
    device: Device = None,
    precision: Precision = None,
    compile_network: Compile = False,
    recipe: RecipeFile = None,
    begin_from: BeginFrom = None,
    resume: Resume = False,
    plot: Plot = None,
    no_samples: NoSamples = False,
    language: Languages = None,
    licence: Licence = "",
    replace: Replace = False,
    as_json: AsJson = False,
    events: AsEvents = False,
) -> None:
    """Train a character LSTM."""
    _train("lstm", surroundings(context), dict(context.params))


def _train(family: str, around: Surroundings, given: dict[str, Any]) -> None:
    from genchat.engine.claim import CHECKPOINT_FILE, claimed

    folder = folder_for(around, given["name"], given["replace"], given["resume"])
    checkpoint = around.paths.training / folder.name / CHECKPOINT_FILE
    with claimed(around.paths.training, folder.name):
        _train_claimed(family, around, given, folder, checkpoint)


def _train_claimed(family: str, around: Surroundings, given: dict[str, Any], folder: Path, checkpoint: Path) -> None:
    from genchat.engine.training.checkpoint import begun_with
    from genchat.engine.training.data import read_sources
    from genchat.engine.training.events import Kept
    from genchat.engine.training.run import plan
    from genchat.engine.training.warm_start import read_beginning
    from genchat.tui.cli.streaming import Interruption
    from genchat.tui.cli.watched import EventLines

    begun = begun_with(checkpoint) if given["resume"] else {}
    remembered = begun.get("given") or {}
    for option in ("begin_from", "licence", "language"):
        given[option] = given[option] or remembered.get(option)
    given["held_out"] = given["held_out"] or [Path(each) for each in remembered.get("held_out", ())]
    beginning = None
    if given["begin_from"] is not None:
        entry = around.registry.entry(given["begin_from"])
        if entry.folder is None or entry.card is None:
            raise UsageError("cannot_begin_from", model=entry.name, family=family)
        beginning = read_beginning(entry.folder, entry.card, family)
    sources = read_sources(given["files"], given["held_out"], given["licence"] or "")
    run = plan(
        sources,
        _recipe(family, given, begun.get("recipe")),
        folder,
        checkpoint,
        shlex.join(["genchat", *without_flag(around.arguments)]),
        resume=given["resume"],
        samples=not given["no_samples"],
        beginning=beginning,
        languages=tuple(given["language"] or ()),
        given={
            "begin_from": given["begin_from"],
            "licence": given["licence"],
            "language": given["language"],
            "held_out": [str(file.absolute()) for file in given["held_out"]],
        },
    )
    out = around.output
    watcher = EventLines(out) if given["events"] else None
    reason = ""
    with Interruption() as should_stop:
        for event in run.events(lambda: should_stop() or (watcher is not None and watcher.gone)):
            reason = (tell(out, event) if watcher is None else watcher.tell(event)) or reason
    if not run.leads:
        return
    card = run.keep()
    if given["plot"] is not None:
        run.plot(given["plot"])
    if watcher is not None:
        watcher.tell(Kept(card.name, str(run.folder), card.chat))
    elif given["as_json"]:
        out.json(_as_json(run, card.results, reason))
    else:
        _conclude(out, run, reason)
    out.note(say("cli.train.try_it", name=card.name, command="prompt" if card.chat else "complete"), "dim")
    if reason == "stopped":
        raise typer.Exit(ExitCode.INTERRUPTED)


def _recipe(family: str, given: dict[str, Any], begun: dict[str, Any] | None) -> Any:
    """From the recipe file and the flags; `begun` is what the run that goes on was begun with."""
    from genchat.engine.training.recipes import Recipe, read_recipe, read_values, resumed_from

    file = given["recipe"]
    flags = {name: given[name] for name in Recipe.__dataclass_fields__ if given.get(name) is not None}
    if given.get("context_length") is not None:
        flags["context"] = given["context_length"]
    if given["compile_network"]:
        flags["compile"] = True
    flags["family"] = family
    base = read_recipe(file) if file is not None else Recipe()
    if begun is None:
        return base.with_values(flags)
    return resumed_from(begun, {**(read_values(file) if file is not None else {}), **flags}, file or given["name"])


def tell(out: "Output", event: "TrainingEvent") -> str:
    """Narrate one event; the reason why the run ended, or an empty text."""
    from genchat.engine.training.events import Ended, Progress, Sample, Started, Validation

    if isinstance(event, Started):
        values = {"parameters": event.parameters, "train": event.train_tokens, "held_out": event.held_out_tokens}
        out.note(say("training.started", **values, precision=event.precision, device=event.device), "dim")
        if event.unseen:
            out.note(say("training.unseen", pieces=event.unseen), "warn")
    elif isinstance(event, Progress):
        left = duration(event.seconds_left)
        line = say("training.progress", step=event.step, loss=event.loss, speed=event.tokens_per_second, left=left)
        out.progress(line, event.done)
    elif isinstance(event, Validation):
        out.note(say("training.validation", step=event.step, loss=event.loss, bits=event.bits_per_byte))
    elif isinstance(event, Sample):
        out.note(say("training.sample", step=event.step), "dim")
        out.note(event.text)
    elif isinstance(event, Ended):
        out.end_progress()
        return event.reason
    return ""


def duration(seconds: float | None) -> str:
    """A length of time in words."""
    if seconds is None or seconds == float("inf"):
        return say("training.unknown_length")
    whole = round(seconds)
    if whole < 60:
        return say("training.seconds", seconds=whole)
    return say("training.minutes_seconds", minutes=whole // 60, seconds=whole % 60)


def _conclude(out: "Output", run: "Run", reason: str) -> None:
    place = run.trainer.place
    notes = {
        "stopped": "training.stopped",
        "loss reached": "training.loss_reached",
        "no more gain": "training.no_more_gain",
        "read often enough": "training.read_often_enough",
    }
    if reason in notes:
        out.note(say(notes[reason], step=place.step))
    values = {"name": run.folder.name, "steps": place.step, "seconds": place.seconds}
    if place.held_out_curve:
        loss = place.held_out_curve[-1][2]
        out.line(say("training.ended", **values, loss=loss, bits=run.trainer.bits_per_byte(loss)))
    else:
        out.line(say("training.ended_unmeasured", **values))


def _as_json(run: "Run", results: dict[str, Any], reason: str) -> dict[str, Any]:
    return {"name": run.folder.name, "folder": str(run.folder), "reason": reason, **results}
