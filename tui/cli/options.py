"""Options that several commands share, and the settings they stand for."""

from contextlib import closing
from typing import Annotated, Literal

import typer

_COMPLETED = 100  # conversations offered by the shell
_TITLE = 40  # cells of a title beside them


def complete_models(incomplete: str) -> list[str]:
    """Model names for the shell's completion."""
    from genchat.engine.errors import GenchatError
    from genchat.tui.cli.command_context import Surroundings

    try:
        return [name for name in Surroundings().registry.names() if name.startswith(incomplete)]
    except GenchatError:
        return []


def complete_conversations(incomplete: str) -> list[tuple[str, str]]:
    """Ids and titles of conversations for the shell's completion."""
    from genchat.engine.errors import GenchatError
    from genchat.engine.text import safe_line
    from genchat.tui.cli.command_context import Surroundings

    around = Surroundings()
    if not around.paths.history.exists():
        return []
    try:
        history = around.open_history()
    except GenchatError:
        return []
    with closing(history):
        found = history.conversations(_COMPLETED)
    return [(each.id, safe_line(each.title, _TITLE)) for each in found if each.id.startswith(incomplete)]


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
