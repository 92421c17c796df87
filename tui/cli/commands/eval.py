"""`genchat eval TEXT|FILE… --models a,b`: models side by side on the same text, in bits per byte."""

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from genchat.engine.errors import ExitCode, TextUnusable, UsageError
from genchat.engine.language import say
from genchat.engine.language.numbers import decimal, whole
from genchat.tui.cli.command_context import surroundings
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
    context: typer.Context,
    given: Annotated[list[str], typer.Argument(metavar="TEXT|FILE", help="evaluation.text")],
    models: Annotated[
        str | None,
        typer.Option("--models", "-m", metavar="NAMES", help="evaluation.models", autocompletion=complete_models),
    ] = None,
    scope: Annotated[Literal["replies", "all", "text"], typer.Option("--turns", help="evaluation.scope")] = "replies",
    as_json: AsJson = False,
) -> None:
    """A table of models and texts."""
    from genchat.engine.evaluation.measuring import Failure, measure_each

    around = surroundings(context)
    out = around.output
    texts = _texts(given, scope)
    names = list(dict.fromkeys(part.strip() for part in (models or around.settings.model).split(",") if part.strip()))
    if not names:
        raise UsageError("no_model_named")
    measured: list[Measurement] = []
    failures = []
    out.progress(say("evaluation.working", model=names[0]), 0.0)
    for done, found in enumerate(measure_each(names, texts, around.paths, around.settings), start=1):
        if isinstance(found, Failure):
            failures.append(found)
            out.error(f"{found.model}: {found.error}")
        else:
            measured.extend(found)
        if done < len(names):
            out.progress(say("evaluation.working", model=names[done]), done / len(names))
    out.end_progress()
    if as_json:
        out.json([_as_json(each) for each in measured])
    elif measured:
        _show(out, measured)
    if failures:
        raise typer.Exit(failures[0].error.exit_code if not measured else ExitCode.FAILED)


def _texts(given: list[str], scope: Literal["replies", "all", "text"]) -> "list[EvalText]":
    """Arguments that are files, each by itself; all other words together as one text."""
    from genchat.corpora.loader import looks_like_dialogues
    from genchat.engine.evaluation.measuring import EvalText
    from genchat.tui.cli.inputs import given_text, read_text_file, say_source

    found = []
    words = []
    for argument in given:
        if argument != "-" and _is_file(argument):
            text = read_text_file(Path(argument))
            if not text.strip():
                raise TextUnusable("text_empty", name=argument)
            found.append(EvalText(Path(argument).name, text, scope if looks_like_dialogues(text) else "text"))
        elif len(given) == 1 and _looks_like_a_path(argument):
            raise TextUnusable("file_not_there", name=argument)
        else:
            words.append(argument)
    if words:
        found.append(EvalText(say_source(words), given_text(words)))
    return found


def _is_file(argument: str) -> bool:
    try:
        return Path(argument).is_file()
    except (OSError, ValueError):  # a text too long or too strange for a file name
        return False


def _looks_like_a_path(argument: str) -> bool:
    """Whether a single word was more likely meant as a file than as the text itself."""
    return _PATH.fullmatch(argument) is not None


def _show(out: "Output", measured: "list[Measurement]") -> None:
    columns = ("text", "model", "bits", "perplexity", "tokens", "read", "write", "memory")
    rows = [tuple(say(f"evaluation.column_{name}") for name in columns)]
    for each in measured:
        price = each.price
        rows.append(
            (
                each.text,
                each.model,
                _number(price.bits_per_byte, 4),
                _number(price.perplexity, 2),
                whole(price.tokens),
                whole(round(each.read_speed)),
                whole(round(each.write_speed)),
                "-" if each.peak_memory is None else f"{whole(round(each.peak_memory / 1e6))} MB",
            )
        )
    out.table(rows, right=(2, 3, 4, 5, 6, 7), styles=("dim", "bold", "accent", "", "dim", "dim", "dim", "dim"))
    for each in {each.text: each for each in measured}.values():
        out.note(say(f"evaluation.scope_{each.scope}", name=each.text, bytes=each.price.bytes), "dim")
    for each in measured:
        price = each.price
        if price.unknown:
            pieces = " ".join(price.unknown[:_SHOWN_PIECES])
            values = {"model": each.model, "text": each.text}
            out.note(say("evaluation.unknown", **values, count=len(price.unknown), pieces=pieces), "warn")
            if price.lost_bytes:
                out.note(say("evaluation.lost", **values, count=price.lost_bytes), "warn")


def _number(value: float, digits: int) -> str:
    return decimal(value, digits) if math.isfinite(value) else "∞"


def _as_json(each: "Measurement") -> dict[str, Any]:
    price = each.price
    return {
        "model": each.model,
        "family": each.family,
        "text": each.text,
        "scope": each.scope,
        "bits_per_byte": _finite(price.bits_per_byte),
        "perplexity": _finite(price.perplexity),
        "tokens": price.tokens,
        "bytes": price.bytes,
        "unknown": list(price.unknown),
        "lost_bytes": price.lost_bytes,
        "read_tokens_per_second": round(each.read_speed, 1),
        "write_tokens_per_second": round(each.write_speed, 1),
        "load_seconds": round(each.load_seconds, 3),
        "peak_memory": each.peak_memory,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
