"""`genchat eval TEXT|FILE… --models a,b`: compare models on the same text, in bits per byte."""

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from genchat.engine.errors import ExitCode, TextUnusable, UsageError
from genchat.engine.language import say
from genchat.engine.language.numbers import decimal, whole
from genchat.tui.cli.command_context import command_context
from genchat.tui.cli.options import AsJson, complete_models
from genchat.tui.cli.parser import GenchatCommand, single

if TYPE_CHECKING:
    from genchat.engine.evaluation.measuring import EvalText, Measurement
    from genchat.tui.cli.output import Output

app = single()
_SHOWN_PIECES = 8
_PATH = re.compile(r"(\.{0,2}|~)/\S*|\S+\.(txt|md|csv|json|jsonl|text|log)", re.IGNORECASE)


@app.command("eval", cls=GenchatCommand, help="evaluation.help")
def evaluate(
    ctx: typer.Context,
    arguments: Annotated[list[str], typer.Argument(metavar="TEXT|FILE", help="evaluation.text")],
    models: Annotated[
        str | None,
        typer.Option("--models", "-m", metavar="NAMES", help="evaluation.models", autocompletion=complete_models),
    ] = None,
    scope: Annotated[Literal["replies", "all", "text"], typer.Option("--turns", help="evaluation.scope")] = "replies",
    as_json: AsJson = False,
) -> None:
    """Print a table of models and texts."""
    from genchat.engine.evaluation.measuring import Failure, measure_each

    context = command_context(ctx)
    out = context.output
    texts = _texts(arguments, scope)
    names = list(dict.fromkeys(part.strip() for part in (models or context.settings.model).split(",") if part.strip()))
    if not names:
        raise UsageError("no_model_named")
    measured: list[Measurement] = []
    failures = []
    out.progress(say("evaluation.working", model=names[0]), 0.0)
    for done, outcome in enumerate(measure_each(names, texts, context.paths, context.settings), start=1):
        if isinstance(outcome, Failure):
            failures.append(outcome)
            out.error(f"{outcome.model}: {outcome.error}")
        else:
            measured.extend(outcome)
        if done < len(names):
            out.progress(say("evaluation.working", model=names[done]), done / len(names))
    out.end_progress()
    if as_json:
        out.json([_as_json(measurement) for measurement in measured])
    elif measured:
        _show(out, measured)
    if failures:
        raise typer.Exit(failures[0].error.exit_code if not measured else ExitCode.FAILED)


def _texts(arguments: list[str], scope: Literal["replies", "all", "text"]) -> "list[EvalText]":
    """Read each argument that is a file as a text, and join all other words into one more text."""
    from genchat.corpora.loader import looks_like_dialogues
    from genchat.engine.evaluation.measuring import EvalText
    from genchat.tui.cli.inputs import given_text, read_text_file, say_source

    eval_texts = []
    words = []
    for argument in arguments:
        if argument != "-" and _is_file(argument):
            text = read_text_file(Path(argument))
            if not text.strip():
                raise TextUnusable("text_empty", name=argument)
            eval_texts.append(EvalText(Path(argument).name, text, scope if looks_like_dialogues(text) else "text"))
        elif len(arguments) == 1 and _looks_like_a_path(argument):
            raise TextUnusable("file_not_there", name=argument)
        else:
            words.append(argument)
    if words:
        eval_texts.append(EvalText(say_source(words), given_text(words)))
    return eval_texts


def _is_file(argument: str) -> bool:
    try:
        return Path(argument).is_file()
    except (OSError, ValueError):  # a text too long or too strange for a file name
        return False


def _looks_like_a_path(argument: str) -> bool:
    """Return whether a single word was more likely meant as a file than as the text itself."""
    return _PATH.fullmatch(argument) is not None


def _show(out: "Output", measured: "list[Measurement]") -> None:
    columns = ("text", "model", "bits", "perplexity", "tokens", "read", "write", "memory")
    rows = [tuple(say(f"evaluation.column_{name}") for name in columns)]
    for measurement in measured:
        price = measurement.price
        rows.append(
            (
                measurement.text,
                measurement.model,
                _number(price.bits_per_byte, 4),
                _number(price.perplexity, 2),
                whole(price.tokens),
                whole(round(measurement.read_speed)),
                whole(round(measurement.write_speed)),
                "-" if measurement.peak_memory is None else f"{whole(round(measurement.peak_memory / 1e6))} MB",
            )
        )
    out.table(rows, right=(2, 3, 4, 5, 6, 7), styles=("dim", "bold", "accent", "", "dim", "dim", "dim", "dim"))
    for measurement in {measurement.text: measurement for measurement in measured}.values():
        out.note(
            say(f"evaluation.scope_{measurement.scope}", name=measurement.text, bytes=measurement.price.bytes), "dim"
        )
    for measurement in measured:
        price = measurement.price
        if price.unknown:
            pieces = " ".join(price.unknown[:_SHOWN_PIECES])
            values = {"model": measurement.model, "text": measurement.text}
            out.note(say("evaluation.unknown", **values, count=len(price.unknown), pieces=pieces), "warn")
            if price.lost_bytes:
                out.note(say("evaluation.lost", **values, count=price.lost_bytes), "warn")


def _number(value: float, digits: int) -> str:
    return decimal(value, digits) if math.isfinite(value) else "∞"


def _as_json(measurement: "Measurement") -> dict[str, Any]:
    price = measurement.price
    return {
        "model": measurement.model,
        "family": measurement.family,
        "text": measurement.text,
        "scope": measurement.scope,
        "bits_per_byte": _finite(price.bits_per_byte),
        "perplexity": _finite(price.perplexity),
        "tokens": price.tokens,
        "bytes": price.bytes,
        "unknown": list(price.unknown),
        "lost_bytes": price.lost_bytes,
        "read_tokens_per_second": round(measurement.read_speed, 1),
        "write_tokens_per_second": round(measurement.write_speed, 1),
        "load_seconds": round(measurement.load_seconds, 3),
        "peak_memory": measurement.peak_memory,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
