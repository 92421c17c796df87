"""The command line as Typer reads it: which command is meant, its options, and mistakes in them."""

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException
from typer.main import get_command

from genchat.engine.errors import ExitCode
from genchat.engine.language import say
from genchat.tui.cli.command_context import PROGRAM, CommandContext
from genchat.tui.cli.commands import COMMANDS
from genchat.tui.cli.parser import GenchatGroup

DEFAULT = "prompt"
_COMPLETION = "_GENCHAT_COMPLETE"


class Root(GenchatGroup):
    """The root is `genchat` itself; words that name no command are a prompt."""

    table = COMMANDS
    overview = "cli.overview"

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        return super().resolve_command(ctx, route(args))

    def usages(self) -> list[list[str]]:
        return [[say("cli.help.options_metavar"), f"[{say('cli.metavar.prompt')}]"], *super().usages()]


def route(arguments: Sequence[str]) -> list[str]:
    """Put the default command in front, unless the first word is a command or an option of genchat itself."""
    first = arguments[0] if arguments else ""
    if first in COMMANDS or first in ("-h", "--help", "-V", "--version"):
        return list(arguments)
    return [DEFAULT, *arguments]


def _show_version(value: bool) -> None:
    if value:
        from genchat.engine import __version__

        sys.stdout.write(f"{PROGRAM} {__version__}\n")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", "-V", help="cli.option.version", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """This function only declares the options of `genchat` itself."""


def build(*, completion: bool = False) -> Any:
    """Build the whole command line as one Typer command; `completion` adds support for the shells."""
    app = typer.Typer(cls=Root, help="cli.root.help", epilog="cli.root.epilog", add_completion=completion)
    app.callback(context_settings={"ignore_unknown_options": True})(_root)
    command = get_command(app)
    command.params = [param for param in command.params if param.name == "version"]
    return command


def run_command(context: CommandContext) -> int:
    """Run the command that the arguments of `context` name and return its exit code.

    What goes wrong in a command is raised; a mistake in the arguments is printed here.
    """
    try:
        if os.environ.get(_COMPLETION):
            build(completion=True).main(prog_name=PROGRAM)
        with build().make_context(PROGRAM, route(context.arguments), obj=context) as ctx:
            ctx.command.invoke(ctx)
        return ExitCode.OK
    except typer.Exit as ending:
        return ending.exit_code
    except SystemExit as ending:  # Typer leaves this way when it has completed a word for a shell
        return int(ending.code or 0)
    except typer.Abort:
        raise KeyboardInterrupt from None
    except TyperException as error:
        from genchat.tui.cli.mistakes import explain

        context.output.error(" ".join(f"{PROGRAM}: {explain(error)}".split("\n")))
        return ExitCode.USAGE
