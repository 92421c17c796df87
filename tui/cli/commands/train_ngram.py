"""`genchat train ngram FILE…`: count a text."""

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from genchat.engine.claim import claimed, refuse_interrupted
from genchat.engine.errors import ExitCode, TrainingFailed, UsageError
from genchat.engine.language import say
from genchat.tui.cli.command_context import Surroundings, surroundings
from genchat.tui.cli.options import AsJson
from genchat.tui.cli.parser import GenchatCommand, single
from genchat.tui.cli.watched import AsEvents, without_flag
from genchat.tui.numbers import plain, whole

app = single()
NewName = Annotated[str, typer.Option("--name", metavar="NAME", help="cli.train.name")]
Replace = Annotated[bool, typer.Option("--replace", help="cli.train.replace")]
Languages = Annotated[list[str] | None, typer.Option("--language", metavar="TAG", help="cli.train.language")]
Licence = Annotated[str, typer.Option("--licence", metavar="NAME", help="cli.train.licence")]


def folder_for(around: Surroundings, name: str, replace: bool, resume: bool = False) -> Path:
    """Where the new model goes. Raises UsageError for a bad or taken name, or one that exists without `replace`.

    The checkpoint of an earlier run counts as well, unless that run is to go on.
    """
    folder = around.registry.new_folder(name)
    if not (replace or resume):
        refuse_interrupted(around.paths.training, name)
        if folder.exists():
            raise UsageError("model_exists", name=name)
    return folder


@app.command("ngram", cls=GenchatCommand, help="cli.train.ngram_help")
def train(
    context: typer.Context,
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
    from genchat.engine.ngram.training import DEFAULT_MIN_COUNT, train_ngram
    from genchat.engine.training.events import Kept, Phase
    from genchat.tui.cli.streaming import Interruption
    from genchat.tui.cli.watched import EventLines

    around = surroundings(context)
    folder = folder_for(around, name, replace)
    sources = [read_source(file) for file in files]
    out = around.output
    watcher = EventLines(out) if events else None

    def tell(phase: str, done: float) -> None:
        if watcher is None:
            out.progress(say(f"ngram.phase_{phase}"), done)
        else:
            watcher.tell(Phase(phase, done))

    with claimed(around.paths.training, name), Interruption() as should_stop:
        try:
            card = train_ngram(
                sources,
                folder,
                order=order,
                unit=tokens,
                min_count=DEFAULT_MIN_COUNT if min_count is None else min_count,
                command=shlex.join(["genchat", *without_flag(around.arguments)]),
                languages=tuple(language or ()),
                licence=licence,
                progress=tell,
                should_stop=lambda: should_stop() or (watcher is not None and watcher.gone),
            )
        except TrainingFailed as error:
            if not should_stop() and (watcher is None or not watcher.gone):
                raise
            out.error(str(error))
            raise typer.Exit(ExitCode.INTERRUPTED) from None
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
            vocabulary=whole(card.settings["vocabulary_size"]),
            tokens=whole(card.results["tokens"]),
            seconds=plain(card.results["seconds"]),
        )
    )
    out.note(say("cli.train.try_it", name=name, command="prompt" if card.chat else "complete"), "dim")
