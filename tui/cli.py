"""The `genchat` command: the door. It makes sure that the engine behind it is genchat's own, then runs the program."""

import sys


def main(arguments: list[str] | None = None) -> int:
    """Run genchat with `arguments` (those of the process if None) and return the exit code (engine.errors.ExitCode)."""
    try:
        import engine
    except ModuleNotFoundError:
        return _stranger("no package called engine")
    if not getattr(engine, "__genchat__", False):
        return _stranger(str(getattr(engine, "__file__", None) or list(engine.__path__)))
    from tui.program import run

    return run(sys.argv[1:] if arguments is None else arguments)


def _stranger(found: str) -> int:
    # Without genchat's engine there are no texts in the reader's language either, so this one stands here.
    sys.stderr.write(
        f"genchat: another package is in the place of genchat's engine ({found!a}). "
        "Start genchat from another folder, unset PYTHONPATH, or reinstall it in an environment of its own.\n"
    )
    return 70
