"""`genchat models --remote`: list the models that Gemini offers with the API key in use."""

from dataclasses import asdict

from genchat.engine.gemini.client import RemoteModel
from genchat.engine.gemini.connection import list_models, open_connection
from genchat.engine.language import say
from genchat.tui.cli.command_context import CommandContext


def list_remote(context: CommandContext, as_json: bool) -> None:
    """List the models that the service offers. Raises GeminiError, or UsageError for an address it does not accept."""
    connection = open_connection(context.settings, context.paths)
    try:
        models = list_models(connection)
    finally:
        connection.close()
    choices = context.settings.gemini
    chosen = {choices.model, choices.embedding_model}
    if as_json:
        context.output.json([{**asdict(model), "chosen": model.name in chosen} for model in models])
        return
    rows = [
        (
            "▸" if model.name in chosen else "",
            model.name,
            _use(model),
            "" if model.input_tokens is None else say("gemini.reads", tokens=model.input_tokens),
            model.title,
        )
        for model in models
    ]
    context.output.table(rows, styles=("accent", "bold", "dim", "dim", "dim"))


def _use(model: RemoteModel) -> str:
    if model.generates:
        return say("gemini.talks")
    return say("gemini.makes_vectors") if any("embed" in action.lower() for action in model.actions) else ""
