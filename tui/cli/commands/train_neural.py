"""`genchat train gpt|lstm FILE…`: train a neural model and show its loss."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from genchat.engine.errors import ExitCode, UsageError
from genchat.engine.language import say
from genchat.engine.language.numbers import decimal, whole
from genchat.tui.cli.command_context import CommandContext, command_context
from genchat.tui.cli.commands.train_ngram import Languages, Licence, NewName, Replace, folder_for
from genchat.tui.cli.options import AsJson
from genchat.tui.cli.parser import GenchatCommand, single
from genchat.tui.cli.watched import AsEvents, without_flag

if TYPE_CHECKING:
    from genchat.engine.training.events import EndReason, TrainingEvent
    from genchat.engine.training.run import Run
    from genchat.tui.cli.output import Output

app = single()
Optimizer = Literal["sgd", "momentum", "adagrad", "rmsprop", "adam", "adamw", "muon"]

Files = Annotated[list[Path], typer.Argument(metavar="FILE", help="training.files")]
HeldOut = Annotated[list[Path] | None, typer.Option("--held-out", metavar="FILE", help="training.held_out")]
Minutes = Annotated[float | None, typer.Option("--minutes", metavar="M", help="training.minutes")]
Epochs = Annotated[float | None, typer.Option("--epochs", metavar="E", help="training.epochs")]
Steps = Annotated[int | None, typer.Option("--steps", metavar="N", help="training.steps")]
UntilLoss = Annotated[float | None, typer.Option("--until-loss", metavar="L", help="training.until_loss")]
OptimizerName = Annotated[Optimizer | None, typer.Option("--optimizer", help="training.optimizer")]
LearningRate = Annotated[float | None, typer.Option("--learning-rate", metavar="R", help="training.learning_rate")]
WeightDecay = Annotated[float | None, typer.Option("--weight-decay", metavar="D", help="training.weight_decay")]
Dropout = Annotated[float | None, typer.Option("--dropout", metavar="P", help="training.dropout")]
Hold = Annotated[float | None, typer.Option("--distill", "--hold", metavar="P", help="training.hold")]
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
    ctx: typer.Context,
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
    _train("gpt", command_context(ctx), dict(ctx.params))


@app.command("lstm", cls=GenchatCommand, help="training.lstm_help")
def lstm(
    ctx: typer.Context,
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
    _train("lstm", command_context(ctx), dict(ctx.params))


def _plan(family: str, context: CommandContext, parameters: dict[str, Any], folder: Path, checkpoint: Path) -> "Run":
    from genchat.engine.training.checkpoint import begun_with
    from genchat.engine.training.data import read_sources
    from genchat.engine.training.run import plan
    from genchat.engine.training.warm_start import read_beginning

    begun = begun_with(checkpoint) if parameters["resume"] else {}
    remembered = begun.get("given") or {}
    for option in ("begin_from", "licence", "language"):
        parameters[option] = parameters[option] or remembered.get(option)
    parameters["held_out"] = parameters["held_out"] or [Path(each) for each in remembered.get("held_out", ())]
    beginning = None
    if parameters["begin_from"] is not None:
        entry = context.registry.entry(parameters["begin_from"])
        if entry.folder is None or entry.card is None:
            raise UsageError("cannot_begin_from", model=entry.name, family=family)
        beginning = read_beginning(entry.folder, entry.card, family)
    return plan(
        read_sources(parameters["files"], parameters["held_out"], parameters["licence"] or ""),
        _recipe(family, parameters, begun.get("recipe")),
        folder,
        checkpoint,
        shlex.join(["genchat", *without_flag(context.arguments)]),
        resume=parameters["resume"],
        samples=not parameters["no_samples"],
        beginning=beginning,
        languages=tuple(parameters["language"] or ()),
        given={
            "begin_from": parameters["begin_from"],
            "licence": parameters["licence"],
            "language": parameters["language"],
            "held_out": [str(file.absolute()) for file in parameters["held_out"]],
        },
    )


def _train(family: str, context: CommandContext, parameters: dict[str, Any]) -> None:
    from genchat.engine.claim import CHECKPOINT_FILE, claimed

    folder = folder_for(context, parameters["name"], parameters["replace"], parameters["resume"])
    checkpoint = context.paths.training / folder.name / CHECKPOINT_FILE
    with claimed(context.paths.training, folder.name):
        _follow(_plan(family, context, parameters, folder, checkpoint), context, parameters)


def _follow(run: "Run", context: CommandContext, parameters: dict[str, Any]) -> None:
    from genchat.engine.training.events import Kept
    from genchat.tui.cli.streaming import Interruption
    from genchat.tui.cli.watched import EventLines

    out = context.output
    watcher = EventLines(out) if parameters["events"] else None
    reason: EndReason | None = None
    with Interruption() as should_stop:
        for event in run.events(lambda: should_stop() or (watcher is not None and watcher.gone)):
            reason = (tell(out, event) if watcher is None else watcher.tell(event)) or reason
    if not run.leads:
        return
    card = run.keep()
    if parameters["plot"] is not None:
        run.plot(parameters["plot"])
    if watcher is not None:
        watcher.tell(Kept(card.name, str(run.folder), card.chat))
    elif parameters["as_json"]:
        out.json(_as_json(run, card.results, reason))
    else:
        _conclude(out, run, reason)
    out.note(say("cli.train.try_it", name=card.name, command="prompt" if card.chat else "complete"), "dim")
    if reason == "stopped":
        raise typer.Exit(ExitCode.INTERRUPTED)


def _recipe(family: str, parameters: dict[str, Any], begun: dict[str, Any] | None) -> Any:
    """From the recipe file and the flags; `begun` is what the run that goes on was begun with."""
    from genchat.engine.training.recipes import Recipe, read_recipe, read_values, resumed_from

    file = parameters["recipe"]
    flags = {name: parameters[name] for name in Recipe.__dataclass_fields__ if parameters.get(name) is not None}
    if parameters.get("context_length") is not None:
        flags["context"] = parameters["context_length"]
    if parameters["compile_network"]:
        flags["compile"] = True
    flags["family"] = family
    base = read_recipe(file) if file is not None else Recipe()
    if begun is None:
        return base.with_values(flags)
    return resumed_from(begun, {**(read_values(file) if file is not None else {}), **flags}, file or parameters["name"])


def tell(out: "Output", event: "TrainingEvent") -> "EndReason | None":
    """Narrate one event; returns the reason why the run ended, once it has."""
    from genchat.engine.training.events import Ended, Progress, Sample, Started, Validation

    if isinstance(event, Started):
        values = {"parameters": event.parameters, "train": event.train_tokens, "held_out": event.held_out_tokens}
        out.note(say("training.started", **values, precision=event.precision, device=event.device), "dim")
        if event.unseen:
            out.note(say("training.unseen", pieces=event.unseen), "warn")
    elif isinstance(event, Progress):
        left = duration(event.seconds_left)
        speed = whole(round(event.tokens_per_second))
        line = say("training.progress", step=event.step, loss=decimal(event.loss, 3), speed=speed, left=left)
        out.progress(line, event.done)
    elif isinstance(event, Validation):
        loss, bits = decimal(event.loss, 4), decimal(event.bits_per_byte, 4)
        out.note(say("training.validation", step=event.step, loss=loss, bits=bits))
    elif isinstance(event, Sample):
        out.note(say("training.sample", step=event.step), "dim")
        out.note(event.text)
    elif isinstance(event, Ended):
        out.end_progress()
        return event.reason
    return None


def duration(seconds: float | None) -> str:
    """Return a length of time in words."""
    if seconds is None or seconds == float("inf"):
        return say("training.unknown_length")
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return say("training.seconds", seconds=rest)
    return say("training.minutes_seconds", minutes=minutes, seconds=rest)


_ENDED_EARLY: Mapping["EndReason", str] = {
    "stopped": "training.stopped",
    "loss reached": "training.loss_reached",
    "no more gain": "training.no_more_gain",
    "read often enough": "training.read_often_enough",
}


def _conclude(out: "Output", run: "Run", reason: "EndReason | None") -> None:
    position = run.trainer.place
    if reason is not None and reason in _ENDED_EARLY:
        out.note(say(_ENDED_EARLY[reason], step=position.step))
    values = {"name": run.folder.name, "steps": position.step, "seconds": round(position.seconds)}
    if position.held_out_curve:
        loss = position.held_out_curve[-1][2]
        bits = decimal(run.trainer.bits_per_byte(loss), 4)
        out.line(say("training.ended", **values, loss=decimal(loss, 4), bits=bits))
    else:
        out.line(say("training.ended_unmeasured", **values))


def _as_json(run: "Run", results: dict[str, Any], reason: "EndReason | None") -> dict[str, Any]:
    return {"name": run.folder.name, "folder": str(run.folder), "reason": reason, **results}
