"""The way from a command line to an exit code: it opens the screen or runs a command, and reports every failure."""

import os
import signal
import sys
from collections.abc import Sequence

from genchat.engine.errors import ExitCode, GenchatError
from genchat.engine.language import say, use_language
from genchat.tui.cli.command_context import PROGRAM, CommandContext

_BROKEN_PIPE = 128 + 13  # what a shell reports for a program that SIGPIPE ended


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; no exception leaves this function."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by the caller
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    # Threads of torch that wait by spinning keep the processor from others, and from the screen: on a busy machine
    # that costs ten times and more. Waiting for a moment (3,000 turns, some 30 microseconds) is different: without it
    # the threads of short products wake up late and on one core. Read when torch is first imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "3000")
    context = CommandContext(tuple(arguments))
    try:
        return _guarded(context)
    except BrokenPipeError:
        return _BROKEN_PIPE
    finally:
        _close_stdout()


def _close_stdout() -> None:
    """Replace stdout once its reader or its disk has failed, so that Python does not try to write the rest again."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _guarded(context: CommandContext) -> int:
    try:
        _choose_language(context)
        if _opens_the_screen(context):
            from genchat.tui.app import run_app

            return run_app(context)
        from genchat.tui.cli.command_line import run_command

        return run_command(context)
    except KeyboardInterrupt:
        # A second Ctrl-C while this is printed must not bring a traceback.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _tell(context, say("cli.interrupted"), prefix="")
        return ExitCode.INTERRUPTED
    except GenchatError as error:
        _tell(context, str(error))
        return error.exit_code
    except MemoryError:
        _tell(context, say("error.out_of_memory"))
        return ExitCode.FAILED
    except BrokenPipeError:
        raise
    except Exception as error:  # a fault of genchat itself: said in one line, kept in a report
        from genchat.engine.reports import write_report

        where = write_report(error, context.paths, context.arguments)
        kind = f"{type(error).__name__}"
        _tell(context, say("error.bug", kind=kind, report=where) if where else say("error.bug_unreported", kind=kind))
        return ExitCode.BUG


def _opens_the_screen(context: CommandContext) -> bool:
    """Return whether genchat was called without arguments on a terminal: then the command line need not be loaded."""
    terminal = all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))
    return terminal and not context.arguments and "_GENCHAT_COMPLETE" not in os.environ


def _choose_language(context: CommandContext) -> None:
    try:
        chosen = context.settings.language
    except GenchatError:  # reported by the command that needs the settings
        return
    if chosen != "auto":
        use_language(chosen)


def _tell(context: CommandContext, text: str, prefix: str = f"{PROGRAM}: ") -> None:
    context.output.error(" ".join(f"{prefix}{text}".split("\n")))
