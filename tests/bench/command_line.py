"""How long the command line takes from Enter to the end, each a process of its own, against the marks of the design."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench import Row, seconds

_ROOT = Path(__file__).parents[2]
_HELP_MARK = 0.15  # seconds
_REPEAT = 7


def run() -> list[Row]:
    """Help, version, history and a first answer, with the built-in model in the cache."""
    with tempfile.TemporaryDirectory() as home:
        variables = {**os.environ, "PYTHONPATH": str(_ROOT), "GENCHAT_HOME": home, "GENCHAT_PLUGINS": "none"}

        def genchat(*arguments: str) -> float:
            command = [sys.executable, "-P", "-m", "genchat", *arguments]

            def work() -> None:
                subprocess.run(command, env=variables, stdin=subprocess.DEVNULL, capture_output=True, check=True)

            return seconds(work, _REPEAT)

        def python() -> None:
            subprocess.run([sys.executable, "-P", "-c", "pass"], check=True)

        first = seconds(lambda: genchat_once(variables), 1)
        return [
            Row("python -c pass", seconds(python, _REPEAT), "s"),
            Row("genchat --help", genchat("--help"), "s", _HELP_MARK, "the mark"),
            Row("genchat train --help", genchat("train", "--help"), "s", _HELP_MARK, "the mark"),
            Row("first answer ever (the model is trained)", first, "s"),
            Row("one-shot answer, kept in the history", genchat("bom dia", "-m", "ngram", "--seed", "1"), "s"),
            Row("genchat next", genchat("next", "bom dia", "-m", "ngram"), "s"),
            Row("genchat history list", genchat("history", "list"), "s"),
        ]


def genchat_once(variables: dict[str, str]) -> None:
    """One answer of the built-in model."""
    command = [sys.executable, "-P", "-m", "genchat", "oi", "-m", "ngram"]
    subprocess.run(command, env=variables, stdin=subprocess.DEVNULL, capture_output=True, check=True)
