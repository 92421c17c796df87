"""`genchat tour`: the interface, with the tour of ten stops begun or gone on with."""

import sys

import typer

from genchat.engine.errors import UsageError
from genchat.tui.cli.command_context import command_context
from genchat.tui.cli.parser import GenchatCommand, single

app = single()


@app.command("tour", cls=GenchatCommand, help="cli.tour.help")
def tour(ctx: typer.Context) -> None:
    """Open the interface on the tour."""
    from genchat.tui.app import run_app

    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout)):
        raise UsageError("tour_terminal")
    raise typer.Exit(run_app(command_context(ctx), tour=True))
