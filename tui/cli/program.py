"""From the words of a command line to an exit code: the screen or a command, and how every failure is told."""

import os
import signal
import sys
from collections.abc import Sequence

from genchat.engine.errors import ExitCode, GenchatError
from genchat.engine.language import say, use_language
from genchat.tui.cli.command_context import PROGRAM, Surroundings

_BROKEN_PIPE = 128 + 13  # what a shell reports for a program that SIGPIPE ended


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; nothing it raises goes further."""
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
        if _opens_the_screen(around):
            from genchat.tui.app import run_app

            return run_app(around)
        from genchat.tui.cli.command_line import run_command

        return run_command(around)
    except KeyboardInterrupt:
        # A second Ctrl-C while the ending is told must not bring a traceback.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _tell(around, say("cli.interrupted"), prefix="")
        return ExitCode.INTERRUPTED
    except GenchatError as error:
        _tell(around, str(error))
        return error.exit_code
    except MemoryError:
        _tell(around, say("error.out_of_memory"))
        return ExitCode.FAILED
    except BrokenPipeError:
        raise
    except Exception as error:  # a fault of genchat itself: said in one line, kept in a report
        from genchat.engine.reports import write_report

        where = write_report(error, around.paths, around.arguments)
        kind = f"{type(error).__name__}"
        _tell(around, say("error.bug", kind=kind, report=where) if where else say("error.bug_unreported", kind=kind))
        return ExitCode.BUG


def _opens_the_screen(around: Surroundings) -> bool:
    """Nothing but the name on a terminal: then the screen need not wait for the command line to be read."""
    terminal = all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))
    return terminal and not around.arguments and "_GENCHAT_COMPLETE" not in os.environ


def _choose_language(around: Surroundings) -> None:
    try:
        chosen = around.settings.language
    except GenchatError:  # told by the command that needs the settings
        return
    if chosen != "auto":
        use_language(chosen)


def _tell(around: Surroundings, text: str, prefix: str = f"{PROGRAM}: ") -> None:
    around.output.error(" ".join(f"{prefix}{text}".split("\n")))
