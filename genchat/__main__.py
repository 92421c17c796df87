"""The `genchat` command, also as `python -m genchat`."""

import sys


def main(arguments: list[str] | None = None) -> int:
    """Run genchat with `arguments` (those of the process if None) and return the exit code (engine.errors.ExitCode)."""
    try:
        from genchat.tui.cli.program import run
    except ModuleNotFoundError as error:
        if error.name not in ("genchat.tui", "genchat.engine", "genchat.corpora"):
            raise
        # Without genchat's own folders there are no texts in the reader's language either, so this one stands here.
        sys.stderr.write(
            f"genchat: {error.name.replace('.', '/')} is missing. In a clone, genchat/engine, genchat/tui and "
            "genchat/corpora are symbolic links: clone again with git config core.symlinks true, or install genchat "
            "with: pip install .\n"
        )
        return 70
    return run(sys.argv[1:] if arguments is None else arguments)


if __name__ == "__main__":
    raise SystemExit(main())
