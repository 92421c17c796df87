"""From the words of a command line to an exit code: which command is meant, and how every failure is told."""

import os
import signal
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException
from typer.main import get_command

from engine.errors import ExitCode, GenchatError
from engine.language import say, use_language
from tui.commands import COMMANDS
from tui.commands.parser import GenchatGroup
from tui.commands.surroundings import Surroundings

DEFAULT = "prompt"
PROGRAM = "genchat"
_COMPLETION = "_GENCHAT_COMPLETE"
_BROKEN_PIPE = 128 + 13  # what a shell reports for a program that SIGPIPE ended


class Root(GenchatGroup):
    """`genchat` itself: what is no command is a prompt."""

    table = COMMANDS
    overview = "cli.overview"

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        return super().resolve_command(ctx, route(args))


def route(arguments: Sequence[str]) -> list[str]:
    """Put the default command in front, unless the first word is a command or an option of genchat itself."""
    first = arguments[0] if arguments else ""
    if first in COMMANDS or first in ("-h", "--help", "-V", "--version"):
        return list(arguments)
    return [DEFAULT, *arguments]


def _show_version(value: bool) -> None:
    if value:
        from engine import __version__

        sys.stdout.write(f"{PROGRAM} {__version__}\n")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", "-V", help="cli.option.version", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Carries the options of `genchat` itself."""


def build(*, completion: bool = False) -> Any:
    """The whole command line as one Typer command; `completion` teaches Typer the shells."""
    app = typer.Typer(cls=Root, help="cli.root.help", epilog="cli.root.epilog", add_completion=completion)
    app.callback(context_settings={"ignore_unknown_options": True})(_root)
    command = get_command(app)
    command.params = [param for param in command.params if param.name == "version"]
    return command


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; nothing it raises goes further."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by the caller
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    # Threads of torch that wait by spinning keep the processor from others, and from the screen: on a busy machine
    # that costs ten times and more. Read when torch is first imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    around = Surroundings(tuple(arguments))
    try:
        return _guarded(around)
    except BrokenPipeError:
        return _BROKEN_PIPE
    finally:
        _close_stdout()


def _close_stdout() -> None:
    """What stdout still holds must not be tried again when Python ends, once its reader or its disk has failed."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _guarded(around: Surroundings) -> int:
    try:
        _choose_language(around)
        if os.environ.get(_COMPLETION):
            build(completion=True).main(prog_name=PROGRAM)
        with build().make_context(PROGRAM, route(around.arguments), obj=around) as context:
            context.command.invoke(context)
        return ExitCode.OK
    except typer.Exit as ending:
        return ending.exit_code
    except SystemExit as ending:  # Typer leaves this way when it has completed a word for a shell
        return int(ending.code or 0)
    except (KeyboardInterrupt, typer.Abort):
        # A second Ctrl-C while the ending is told must not bring a traceback.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _tell(around, say("cli.interrupted"), prefix="")
        return ExitCode.INTERRUPTED
    except GenchatError as error:
        _tell(around, str(error))
        return error.exit_code
    except TyperException as error:
        from tui.commands.mistakes import explain

        _tell(around, explain(error))
        return ExitCode.USAGE
    except MemoryError:
        _tell(around, say("error.out_of_memory"))
        return ExitCode.FAILED
    except BrokenPipeError:
        raise
    except Exception as error:  # a fault of genchat itself: said in one line, kept in a report
        from engine.reports import write_report

        where = write_report(error, around.paths, around.arguments)
        kind = f"{type(error).__name__}"
        _tell(around, say("error.bug", kind=kind, report=where) if where else say("error.bug_unreported", kind=kind))
        return ExitCode.BUG


def _choose_language(around: Surroundings) -> None:
    try:
        chosen = around.settings.language
    except GenchatError:  # told by the command that needs the settings
        return
    if chosen != "auto":
        use_language(chosen)


def _tell(around: Surroundings, text: str, prefix: str = f"{PROGRAM}: ") -> None:
    around.output.error(" ".join(f"{prefix}{text}".split("\n")))
