"""Options that several commands share, and the settings they stand for."""

from contextlib import closing
from typing import Annotated, Any, Literal

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
Temperature = Annotated[float | None, typer.Option("--temperature", "-T", metavar="T", help="cli.option.temperature")]
TopK = Annotated[int | None, typer.Option("--top-k", metavar="K", help="cli.option.top_k")]
TopP = Annotated[float | None, typer.Option("--top-p", metavar="P", help="cli.option.top_p")]
MinP = Annotated[float | None, typer.Option("--min-p", metavar="P", help="cli.option.min_p")]
Repetition = Annotated[
    float | None, typer.Option("--repetition-penalty", metavar="X", help="cli.option.repetition_penalty")
]
Seed = Annotated[int | None, typer.Option("--seed", metavar="N", help="cli.option.seed")]
MaxTokens = Annotated[int | None, typer.Option("--max-tokens", "-n", metavar="N", help="cli.option.max_tokens")]


def sampling_flags(
    model: str | None = None,
    temperature: float | None = None,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
    repetition_penalty: float | None = None,
    seed: int | None = None,
    max_tokens: int | None = None,
) -> dict[str, Any]:
    """The flags as settings by dotted name; None stands for "not given"."""
    return {
        "model": model,
        "sampling.temperature": temperature,
        "sampling.top_k": top_k,
        "sampling.top_p": top_p,
        "sampling.min_p": min_p,
        "sampling.repetition_penalty": repetition_penalty,
        "sampling.seed": seed,
        "reply.max_tokens": max_tokens,
    }
