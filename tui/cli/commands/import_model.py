"""`genchat import PATH`: convert a foreign checkpoint into a model of genchat."""

import errno
import os
import re
import shlex
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from genchat.engine.errors import GenchatError, UsageError
from genchat.engine.language import say
from genchat.engine.model_card import ModelCard
from genchat.tui.cli.command_context import CommandContext, command_context
from genchat.tui.cli.commands.train_ngram import folder_for
from genchat.tui.cli.options import AsJson
from genchat.tui.cli.parser import GenchatCommand, single

app = single()
Name = Annotated[str | None, typer.Option("--name", metavar="NAME", help="checkpoints.name")]
Replace = Annotated[bool, typer.Option("--replace", help="checkpoints.replace")]


@app.command("import", cls=GenchatCommand, help="checkpoints.import_help")
def import_model(
    ctx: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="checkpoints.path")],
    name: Name = None,
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Import a checkpoint."""
    from genchat.tui.cli.streaming import Interruption

    context = command_context(ctx)
    if not path.exists():
        raise UsageError("checkpoint_unreadable", name=path, reason=os.strerror(errno.ENOENT))
    folder = folder_for(context, name or name_of(path), replace)
    with Interruption() as should_stop:
        card = convert(context, path, folder, shlex.join(["genchat", *context.arguments]), should_stop)
    report(context, card, folder, as_json)


def name_of(path: Path) -> str:
    """Make a model name from the name of the file: lower case, with characters replaced that a name cannot contain."""
    stem = path.resolve().name.lower().removesuffix(".gguf")
    return re.sub(r"[^a-z0-9._-]+", "-", stem).strip("-._")[:64] or "model"


def convert(
    context: CommandContext,
    path: Path,
    folder: Path,
    command: str,
    should_stop: Callable[[], bool],
    source: str = "",
) -> ModelCard:
    """Import a checkpoint and show a progress line. Raises GenchatError."""
    from genchat.engine.checkpoints.importing import import_checkpoint

    out = context.output
    message = say("checkpoints.converting", name=path.name)
    try:
        return import_checkpoint(
            path,
            folder,
            command=command,
            source=source,
            progress=lambda share: out.progress(message, share),
            should_stop=should_stop,
        )
    except MemoryError:
        raise GenchatError("checkpoint_memory", name=path.name, needed="?", free="?") from None
    finally:
        out.end_progress()


def report(context: CommandContext, card: ModelCard, folder: Path, as_json: bool) -> None:
    """Say what the new model is and what can be done with it."""
    out = context.output
    if as_json:
        out.json({**asdict(card), "folder": str(folder), "checksum": card.checksum})
        return
    checkpoint = card.settings["checkpoint"]
    out.line(
        say(
            "checkpoints.done",
            name=card.name,
            architecture=checkpoint["architecture"],
            parameters=round(card.results["parameters"] / 1e6),
            storage=checkpoint.get("storage", "?"),
            licence=checkpoint.get("licence") or "?",
        )
    )
    out.note(say("checkpoints.try_it" if card.chat else "checkpoints.no_template", name=card.name), "dim")
