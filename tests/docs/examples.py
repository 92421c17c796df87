"""The examples of docs/python.md: `python -m tests.docs.examples` runs them and writes their outputs anew.

A block of Python is run as a notebook runs a cell: its last expression is shown. What it prints stands in the block of
text after it. All blocks share their names, in one temporary home.
"""

import ast
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import genchat
from genchat.engine.contract import ReplySettings
from genchat.engine.conversation import Role
from genchat.engine.history import HistoryStore
from genchat.engine.history.records import RunStart
from genchat.engine.language import use_language
from genchat.engine.paths import paths
from genchat.engine.sampling.settings import SamplingSettings

DOCUMENT = Path(__file__).parents[2] / "docs" / "python.md"
EXAMPLE = re.compile(r"```python\n(?P<code>.*?)```\n\n```text\n(?P<shown>.*?)```", re.DOTALL)
BLOCK = re.compile(r"```python\n")


def keep_a_conversation() -> None:
    """What a person would have said on the screen before opening a notebook."""
    settings = ReplySettings(SamplingSettings(temperature=0))
    backend = genchat.open("ngram").backend
    with HistoryStore.open(paths().history) as history:
        said = history.add_message(history.new_conversation(), Role.USER, "Good morning!", None)
        recorder = history.begin_reply(said, RunStart.of(backend, settings))
        for event in backend.reply([said.as_message()], settings):
            recorder.add(event)
        recorder.finish()


def run_cell(code: str, names: dict[str, Any]) -> str:
    """What a cell prints, its last expression included."""
    tree = ast.parse(code)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    printed = StringIO()
    with redirect_stdout(printed):
        exec(compile(tree, "<cell>", "exec"), names)  # noqa: S102  # the repository's own document
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)  # noqa: S307
            if value is not None:
                print(repr(value))
    return printed.getvalue()


def outputs(document: str) -> Iterator[tuple[str, str, str]]:
    """Each example: its code, what the document shows, what it prints now. In the current folder and home."""
    names: dict[str, Any] = {}
    for found in EXAMPLE.finditer(document):
        yield found["code"], found["shown"], run_cell(found["code"], names)


def main() -> None:
    """Write the outputs anew."""
    use_language("en")
    text = DOCUMENT.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"GENCHAT_HOME": folder, "GENCHAT_LANGUAGE": "en", "GENCHAT_PLUGINS": "none"}
        os.chdir(folder)
        keep_a_conversation()
        fresh = iter([printed for _, _, printed in outputs(text)])
    DOCUMENT.write_text(
        EXAMPLE.sub(lambda found: f"```python\n{found['code']}```\n\n```text\n{next(fresh)}```", text), encoding="utf-8"
    )
    print(DOCUMENT, file=sys.stderr)


if __name__ == "__main__":
    main()
