"""`genchat inspect FILE|-`: lay a text that exists under the microscope. Nothing is written by the model.

On a terminal the interface opens with the text scored and the cursor on its tokens. Elsewhere, and with --json, the
tokens are printed with their probability, rank and surprise.
"""

import math
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genchat.engine.language import say
from genchat.engine.language.numbers import decimal, percent, whole
from genchat.tui.cli.command_context import CommandContext, command_context
from genchat.tui.cli.options import AsJson, Model, Precision
from genchat.tui.cli.parser import GenchatCommand, single

if TYPE_CHECKING:
    from genchat.engine.contract import Step

app = single()
_TERMINAL = "/dev/tty"


@app.command("inspect", cls=GenchatCommand, help="cli.inspect.help")
def inspect(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="cli.inspect.file")],
    model: Model = None,
    precision: Precision = None,
    table: Annotated[bool, typer.Option("--table", help="cli.inspect.table")] = False,
    as_json: AsJson = False,
) -> None:
    """Show how a model reads a text, token by token."""
    from genchat.engine.errors import TextUnusable
    from genchat.tui.cli.inputs import STDIN, read_text_file

    context = command_context(ctx)
    context.take_flags({"model": model, "precision": precision})
    text = _piped_or_pasted(context) if file == STDIN else read_text_file(Path(file)).removesuffix("\n")
    if not text.strip():
        raise TextUnusable("text_empty_given", name="stdin" if file == STDIN else file)
    if not (table or as_json) and _on_a_terminal(from_stdin=file == STDIN):
        from genchat.tui.app import run_app

        raise typer.Exit(run_app(context, inspected=text))
    _print(context, text, as_json)


def _piped_or_pasted(context: CommandContext) -> str:
    """Return the text of stdin; at a keyboard, the one that is pasted there."""
    from genchat.tui.cli.inputs import decoded, read_stdin

    if sys.stdin is None or sys.stdin.closed or not sys.stdin.isatty():
        return read_stdin()
    context.output.note(say("cli.inspect.paste"))
    return decoded(sys.stdin.buffer.read(), "stdin").removesuffix("\n")


def _on_a_terminal(*, from_stdin: bool) -> bool:
    """Return whether the interface can be opened. Where stdin brought the text, the keyboard takes its place."""
    if not sys.stdout.isatty():
        return False
    if not from_stdin or sys.stdin.isatty():
        return sys.stdin is not None and sys.stdin.isatty()
    try:
        keyboard = os.open(_TERMINAL, os.O_RDWR)
    except OSError:
        return False
    os.dup2(keyboard, 0)
    os.close(keyboard)
    return True


def _print(context: CommandContext, text: str, as_json: bool) -> None:
    import numpy as np

    from genchat.engine.registry import language_model
    from genchat.engine.second_opinion import second_opinion
    from genchat.engine.token_labels import Labels
    from genchat.tui.cli.commands.score import totals

    subject = language_model(context.open_model())
    out = context.output
    unknown = subject.tokenizer.unknown_in(text)
    if unknown:
        out.note(say("cli.score.unknown", pieces=" ".join(unknown[:8]), count=len(unknown)), "warn")
    labels = Labels(subject.tokenizer)
    rows = [_row(step, labels) for step in second_opinion(subject, text)]
    whole_text = totals(np.array([row["logprob"] for row in rows], dtype=np.float64), text)
    if as_json:
        from dataclasses import asdict

        from genchat.engine.token_values import finite

        values = {"model": subject.info.name, "checksum": subject.info.checksum, "unknown": unknown}
        told = [row | {"logprob": finite(row["logprob"]), "bits": finite(row["bits"])} for row in rows]
        out.json(values | asdict(whole_text) | {"inspected": told})
        return
    out.table(
        [
            tuple(say(f"cli.column.{name}") for name in ("token", "percent", "rank", "bits")),
            *((row["token"], percent(2.0 ** -row["bits"]), whole(row["rank"]), _bits(row["bits"])) for row in rows),
        ],
        right=(1, 2, 3),
        styles=("bold", "dim", "dim", ""),
    )
    per_byte = "∞" if whole_text.bits_per_byte is None else decimal(whole_text.bits_per_byte, 4)
    out.line(say("cli.inspect.totals", tokens=whole_text.tokens, bytes=whole_text.bytes, bits_per_byte=per_byte))


def _row(step: "Step", labels: Any) -> dict[str, Any]:
    token, log_prob = step.token or 0, step.log_prob or 0.0
    bits = -log_prob / math.log(2)
    return {"id": token, "token": labels(token), "logprob": log_prob, "bits": bits, "rank": step.raw.rank(token)}


def _bits(value: float) -> str:
    return decimal(value) if math.isfinite(value) else "∞"
