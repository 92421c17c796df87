"""Options that several commands share, and the settings they stand for."""

from contextlib import closing
from typing import Annotated, Literal

import typer

_COMPLETED = 100  # conversations offered by the shell
_TITLE = 40  # cells of a title beside them


def complete_models(incomplete: str) -> list[str]:
    """Return model names for the shell's completion."""
    from genchat.engine.errors import GenchatError
    from genchat.tui.cli.command_context import CommandContext

    try:
        return [name for name in CommandContext().registry.names() if name.startswith(incomplete)]
    except GenchatError:
        return []


def complete_conversations(incomplete: str) -> list[tuple[str, str]]:
    """Return ids and titles of conversations for the shell's completion."""
    from genchat.engine.errors import GenchatError
    from genchat.engine.text import safe_line
    from genchat.tui.cli.command_context import CommandContext

    context = CommandContext()
    if not context.paths.history.exists():
        return []
    try:
        history = context.open_history()
    except GenchatError:
        return []
    with closing(history):
        conversations = history.conversations(_COMPLETED)
    return [
        (conversation.id, safe_line(conversation.title, _TITLE))
        for conversation in conversations
        if conversation.id.startswith(incomplete)
    ]


Model = Annotated[
    str | None,
    typer.Option("--model", "-m", metavar="NAME", help="cli.option.model", autocompletion=complete_models),
]
Precision = Annotated[
    Literal["auto", "fp32", "bf16", "int8"] | None, typer.Option("--precision", help="cli.option.precision")
]
AsJson = Annotated[bool, typer.Option("--json", help="cli.option.json")]
AsJsonLines = Annotated[bool, typer.Option("--jsonl", help="cli.option.jsonl")]
TopInJson = Annotated[int, typer.Option("--top", metavar="N", min=0, help="cli.option.top_in_json")]
Seed = Annotated[int | None, typer.Option("--seed", metavar="N", help="cli.option.seed")]
MaxTokens = Annotated[int | None, typer.Option("--max-tokens", "-n", metavar="N", help="cli.option.max_tokens")]
