"""`genchat train ngram FILE…`: train an n-gram model, which counts a text."""

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from genchat.engine.errors import ExitCode, TrainingFailed, UsageError
from genchat.engine.language import say
from genchat.engine.language.numbers import plain
from genchat.tui.cli.command_context import CommandContext, command_context
from genchat.tui.cli.options import AsJson
from genchat.tui.cli.parser import GenchatCommand, single
from genchat.tui.cli.watched import AsEvents, without_flag

if TYPE_CHECKING:
    from genchat.engine.model_card import ModelCard
    from genchat.engine.ngram.sources import Source
    from genchat.tui.cli.output import Output
    from genchat.tui.cli.watched import EventLines

app = single()
NewName = Annotated[str, typer.Option("--name", metavar="NAME", help="cli.train.name")]
Replace = Annotated[bool, typer.Option("--replace", help="cli.train.replace")]
Languages = Annotated[list[str] | None, typer.Option("--language", metavar="TAG", help="cli.train.language")]
Licence = Annotated[str, typer.Option("--licence", metavar="NAME", help="cli.train.licence")]


def folder_for(context: CommandContext, name: str, replace: bool) -> Path:
    """Return the folder of a new model.

    Raises UsageError for a bad or taken name, or one that exists without `replace`.
    """
    folder = context.registry.new_folder(name)
    if folder.exists() and not replace:
        raise UsageError("model_exists", name=name)
    return folder


@app.command("ngram", cls=GenchatCommand, help="cli.train.ngram_help")
def train(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="cli.train.files")],
    name: NewName,
    order: Annotated[int | None, typer.Option("--order", metavar="K", help="cli.train.order")] = None,
    tokens: Annotated[Literal["word", "char"], typer.Option("--tokens", help="cli.train.tokens")] = "word",
    min_count: Annotated[int | None, typer.Option("--min-count", metavar="N", help="cli.train.min_count")] = None,
    language: Languages = None,
    licence: Licence = "",
    replace: Replace = False,
    as_json: AsJson = False,
    events: AsEvents = False,
) -> None:
    """Train the statistical model."""
    from genchat.engine.ngram.sources import read_source
    from genchat.engine.ngram.training import DEFAULT_MIN_COUNT
    from genchat.engine.training.events import Kept
    from genchat.tui.cli.watched import EventLines

    context = command_context(ctx)
    folder = folder_for(context, name, replace)
    out = context.output
    watcher = EventLines(out) if events else None
    card = _count(
        out,
        watcher,
        [read_source(file) for file in files],
        folder,
        order=order,
        unit=tokens,
        min_count=DEFAULT_MIN_COUNT if min_count is None else min_count,
        command=shlex.join(["genchat", *without_flag(context.arguments)]),
        languages=tuple(language or ()),
        licence=licence,
    )
    out.end_progress()
    if watcher is not None:
        watcher.tell(Kept(card.name, str(folder), card.chat))
        return
    if as_json:
        out.json({**asdict(card), "folder": str(folder), "checksum": card.checksum})
        return
    out.line(
        say(
            "cli.train.ngram_done",
            name=name,
            order=card.settings["order"],
            vocabulary=card.settings["vocabulary_size"],
            tokens=card.results["tokens"],
            seconds=plain(card.results["seconds"]),
        )
    )
    out.note(say("cli.train.try_it", name=name, command="prompt" if card.chat else "complete"), "dim")


def _count(
    out: "Output", watcher: "EventLines | None", sources: "list[Source]", folder: Path, **how: Any
) -> "ModelCard":
    """Train and report the phases; `how` holds the other arguments of train_ngram.

    Ctrl-C and a watcher that has gone end it.
    """
    from genchat.engine.ngram.training import train_ngram
    from genchat.engine.training.events import Phase
    from genchat.tui.cli.streaming import Interruption

    def tell(phase: str, done: float) -> None:
        if watcher is None:
            out.progress(say(f"ngram.phase_{phase}"), done)
        else:
            watcher.tell(Phase(phase, done))

    with Interruption() as interrupted:

        def should_stop() -> bool:
            return interrupted() or (watcher is not None and watcher.gone)

        try:
            return train_ngram(sources, folder, progress=tell, should_stop=should_stop, **how)
        except TrainingFailed as error:
            if not should_stop():
                raise
            out.error(str(error))
            raise typer.Exit(ExitCode.INTERRUPTED) from None
