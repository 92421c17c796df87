"""`genchat score TEXT|-`: measure how well a model predicts a text, by token and in total."""

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genchat.engine.language import say
from genchat.engine.language.numbers import decimal, percent
from genchat.tui.cli.command_context import command_context
from genchat.tui.cli.options import AsJson, Model, Precision
from genchat.tui.cli.parser import GenchatCommand, single

if TYPE_CHECKING:
    from genchat.tui.cli.output import Output

app = single()


@dataclass(frozen=True)
class Totals:
    """The totals say how well a model predicts a whole text. `bits` is None where a token had no probability at all."""

    tokens: int
    bytes: int
    bits: float | None
    bits_per_byte: float | None
    bits_per_token: float | None
    perplexity: float | None  # per token


def totals(log_probs: Any, text: str) -> Totals:
    """Return the totals of natural log-probabilities, one for each token of `text`."""
    size = len(text.encode("utf-8"))
    nats = -float(log_probs.sum(dtype="float64"))
    if not math.isfinite(nats):
        return Totals(len(log_probs), size, None, None, None, None)
    bits = nats / math.log(2)
    count = len(log_probs)
    return Totals(count, size, bits, bits / size, bits / count, math.exp(min(nats / count, 700.0)))


@app.command("score", cls=GenchatCommand, help="cli.score.help")
def score_text(
    ctx: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="TEXT", help="cli.argument.text_or_stdin")],
    model: Model = None,
    precision: Precision = None,
    summary: Annotated[bool, typer.Option("--summary", "-s", help="cli.score.summary")] = False,
    as_json: AsJson = False,
) -> None:
    """Print surprisal by token, bits per byte and perplexity."""
    from genchat.engine.decoding import score
    from genchat.engine.registry import language_model
    from genchat.engine.token_labels import Labels
    from genchat.engine.token_values import finite
    from genchat.tui.cli.inputs import given_text

    context = command_context(ctx)
    text = given_text(words)
    context.take_flags({"precision": precision})
    subject = language_model(context.open_model(model))
    out = context.output
    unknown = subject.tokenizer.unknown_in(text)
    if unknown:
        out.note(say("cli.score.unknown", pieces=" ".join(unknown[:8]), count=len(unknown)), "warn")
    tokens = subject.tokenizer.encode(text)
    log_probs = score(subject, tokens)
    whole = totals(log_probs, text)
    labels = Labels(subject.tokenizer)
    if as_json:
        values = {"model": subject.info.name, "checksum": subject.info.checksum, "unknown": unknown, **asdict(whole)}
        rows = [
            {"id": token, "token": labels(token), "logprob": finite(float(log_prob))}
            for token, log_prob in zip(tokens, log_probs, strict=True)
        ]
        out.json(values | ({} if summary else {"scored": rows}))
        return
    if not summary:
        _table(out, [labels(token) for token in tokens], [float(log_prob) for log_prob in log_probs])
    out.line(
        say(
            "cli.score.totals",
            tokens=whole.tokens,
            bytes=whole.bytes,
            bits_per_byte=_number(whole.bits_per_byte, 4),
            bits_per_token=_number(whole.bits_per_token, 4),
            perplexity=_number(whole.perplexity),
        )
    )


def _number(value: float | None, digits: int = 2) -> str:
    return "∞" if value is None or not math.isfinite(value) else decimal(value, digits)


def _table(out: "Output", labels: list[str], log_probs: list[float]) -> None:
    """Print one row for each token: its label, its probability, its bits and a bar for them."""
    from genchat.engine.token_values import bar

    bits = [-log_prob / math.log(2) for log_prob in log_probs]
    longest = max((value for value in bits if math.isfinite(value)), default=1.0) or 1.0
    out.table(
        [
            (*(say(f"cli.column.{name}") for name in ("token", "percent", "bits")), ""),
            *(
                (label, percent(2.0**-value), _number(value), bar(value / longest))
                for label, value in zip(labels, bits, strict=True)
            ),
        ],
        right=(1, 2),
        styles=("bold", "dim", "", "accent"),
    )
