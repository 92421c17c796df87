"""`genchat complete TEXT`: go on with a text, no conversation around it."""

from typing import Annotated

import typer

from genchat.tui.cli.command_context import surroundings
from genchat.tui.cli.options import (
    AsJson,
    AsJsonLines,
    MaxTokens,
    MinP,
    Model,
    Precision,
    Repetition,
    Seed,
    Temperature,
    TopInJson,
    TopK,
    TopP,
    sampling_flags,
)
from genchat.tui.cli.parser import GenchatCommand, single

app = single()


@app.command("complete", cls=GenchatCommand, help="cli.complete.help")
def complete(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="TEXT", help="cli.argument.text_or_stdin")],
    model: Model = None,
    precision: Precision = None,
    temperature: Temperature = None,
    top_k: TopK = None,
    top_p: TopP = None,
    min_p: MinP = None,
    repetition_penalty: Repetition = None,
    seed: Seed = None,
    max_tokens: MaxTokens = None,
    echo: Annotated[bool, typer.Option("--echo", help="cli.complete.echo")] = False,
    as_json: AsJson = False,
    as_jsonl: AsJsonLines = False,
    top: TopInJson = 10,
) -> None:
    """Free continuation."""
    from genchat.tui.cli.inputs import given_text
    from genchat.tui.cli.streaming import form_of, seeded, write_reply

    around = surroundings(context)
    around.take_flags({"precision": precision})
    around.take_flags(sampling_flags(model, temperature, top_k, top_p, min_p, repetition_penalty, seed, max_tokens))
    text = given_text(words, may_be_empty=True)  # from nothing, a model writes what texts begin with
    form = form_of(as_json, as_jsonl)
    backend = around.open_model()
    settings = seeded(around.settings.reply_settings())
    if echo and form == "text":
        around.output.text(text)
    outcome = write_reply(
        backend,
        lambda stop: backend.complete(text, settings, stop),
        around.output,
        form=form,
        prompt=text,
        settings=settings,
        top=top,
    )
    if outcome.exit_code:
        raise typer.Exit(outcome.exit_code)
