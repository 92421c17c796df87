"""`genchat pull NAME`: fetch a checkpoint of the catalogue and make a model of it."""

import shlex
from dataclasses import asdict
from typing import Annotated

import typer

from genchat.engine.errors import UsageError
from genchat.engine.language import say
from genchat.engine.language.numbers import whole
from genchat.tui.cli.command_context import command_context
from genchat.tui.cli.commands.import_model import Name, Replace, convert, report
from genchat.tui.cli.commands.train_ngram import folder_for
from genchat.tui.cli.options import AsJson
from genchat.tui.cli.parser import GenchatCommand, single

app = single()


@app.command("pull", cls=GenchatCommand, help="checkpoints.pull_help")
def pull(
    ctx: typer.Context,
    published: Annotated[str | None, typer.Argument(metavar="NAME", help="checkpoints.pull_name")] = None,
    name: Name = None,
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Fetch and import a checkpoint, or list what there is to fetch."""
    from genchat.engine.checkpoints.catalogue import CATALOGUE
    from genchat.engine.checkpoints.fetching import fetch
    from genchat.tui.cli.streaming import Interruption

    context = command_context(ctx)
    out = context.output
    if published is None:
        if as_json:
            out.json([asdict(entry) for entry in CATALOGUE.values()])
            return
        rows = [
            (checkpoint.name, f"{whole(checkpoint.size // 10**6)} MB", checkpoint.licence, checkpoint.title)
            for checkpoint in CATALOGUE.values()
        ]
        out.table(rows, right=(1,), styles=("bold", "", "", "dim"))
        return
    entry = CATALOGUE.get(published)
    if entry is None:
        raise UsageError("checkpoint_unknown", name=published, known=", ".join(CATALOGUE))
    folder = folder_for(context, name or entry.name, replace)
    message = say("checkpoints.fetching", name=entry.title, size=entry.size // 10**6, licence=entry.licence)
    with Interruption() as should_stop:
        try:
            path = fetch(
                entry,
                context.paths.cache / "checkpoints",
                lambda have, total: out.progress(message, have / total if total else 0.0),
                should_stop,
            )
        finally:
            out.end_progress()
        command = shlex.join(["genchat", *context.arguments])
        card = convert(context, path, folder, command, should_stop, source=entry.title)
    report(context, card, folder, as_json)
