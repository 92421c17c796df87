"""`genchat completion SHELL`: the script with which a shell completes genchat's commands, options and names."""

import os
from typing import Annotated, Literal

import typer

from genchat.tui.cli.command_context import PROGRAM
from genchat.tui.cli.parser import GenchatCommand, single

app = single()
_VARIABLE = "_GENCHAT_COMPLETE"


@app.command("completion", cls=GenchatCommand, help="cli.completion.help")
def completion(
    shell: Annotated[
        Literal["bash", "zsh", "fish", "powershell"], typer.Argument(metavar="SHELL", help="cli.completion.shell")
    ],
) -> None:
    """Write the script to stdout."""
    from genchat.tui.cli.command_line import build

    # Typer hands the script out when this variable asks for it, the way shells do when they complete.
    os.environ[_VARIABLE] = f"source_{shell}"
    try:
        build(completion=True).main(args=[], prog_name=PROGRAM, complete_var=_VARIABLE)
    finally:
        del os.environ[_VARIABLE]
