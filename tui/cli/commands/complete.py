"""`genchat complete TEXT`: continue a text, outside any conversation."""

from typing import Annotated

import typer

from genchat.tui.cli.command_context import command_context
from genchat.tui.cli.options import (
    AsJson,
    AsJsonLines,
    MaxTokens,
    Model,
    Precision,
    Seed,
    TopInJson,
)
from genchat.tui.cli.parser import single
from genchat.tui.cli.sampling_options import SamplingCommand

app = single()


@app.command("complete", cls=SamplingCommand, help="cli.complete.help")
def complete(
    ctx: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="TEXT", help="cli.argument.text_or_stdin")],
    model: Model = None,
    precision: Precision = None,
    seed: Seed = None,
    max_tokens: MaxTokens = None,
    echo: Annotated[bool, typer.Option("--echo", help="cli.complete.echo")] = False,
    as_json: AsJson = False,
    as_jsonl: AsJsonLines = False,
    top: TopInJson = 10,
) -> None:
    """Continue a text."""
    from genchat.tui.cli.inputs import given_text
    from genchat.tui.cli.streaming import form_of, seeded, write_reply

    context = command_context(ctx)
    context.take_flags({"model": model, "precision": precision, "sampling.seed": seed, "reply.max_tokens": max_tokens})
    text = given_text(words)
    form = form_of(as_json, as_jsonl)
    backend = context.open_model()
    settings = seeded(context.settings.reply_settings())
    if echo and form == "text":
        context.output.text(text)
    outcome = write_reply(
        backend,
        lambda stop: backend.complete(text, settings, stop),
        context.output,
        form=form,
        prompt=text,
        settings=settings,
        top=top,
    )
    if outcome.exit_code:
        raise typer.Exit(outcome.exit_code)
