"""`genchat models`: list models, show the card of one, and delete models."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genchat.engine.language import say
from genchat.engine.language.numbers import decimal
from genchat.tui.cli.command_context import CommandContext, command_context
from genchat.tui.cli.options import AsJson, complete_models
from genchat.tui.cli.parser import GenchatCommand, group

if TYPE_CHECKING:
    from genchat.engine.registry import ModelEntry

app = group("cli.models", "cli.models.help")
Remote = Annotated[bool, typer.Option("--remote", help="cli.models.remote")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="cli.models.name", autocompletion=complete_models)]


@app.callback(invoke_without_command=True)
def models(ctx: typer.Context, remote: Remote = False, as_json: AsJson = False) -> None:
    """List the models if there is no sub-command."""
    if ctx.invoked_subcommand is None:
        _list(command_context(ctx), remote, as_json)


@app.command("list", cls=GenchatCommand, help="cli.models.list")
def list_models(ctx: typer.Context, remote: Remote = False, as_json: AsJson = False) -> None:
    """List all models."""
    _list(command_context(ctx), remote, as_json)


def _list(context: CommandContext, remote: bool, as_json: bool) -> None:
    if remote:
        from genchat.tui.cli.commands.remote_models import list_remote

        list_remote(context, as_json)
        return
    registry = context.registry
    entries = [*registry.models(), *registry.unusable_plugins()]
    if as_json:
        context.output.json(
            [
                {
                    "name": entry.name,
                    "family": entry.family,
                    "origin": entry.origin,
                    "chat": entry.chat,
                    "bytes": entry.size,
                    "description": entry.description,
                    "folder": None if entry.folder is None else str(entry.folder),
                    "chosen": entry.name == context.settings.model and not (entry.plugin and entry.problem),
                    "problem": entry.problem or None,
                }
                for entry in entries
            ]
        )
        return
    rows = [
        (
            "▸" if entry.name == context.settings.model and not (entry.plugin and entry.problem) else "",
            entry.name,
            entry.family,
            say(f"cli.origin.{entry.origin.replace('-', '_')}"),
            say("cli.models.talks" if entry.chat else "cli.models.completes"),
            "" if entry.size is None else megabytes(entry.size),
            _described(entry),
        )
        for entry in entries
    ]
    context.output.table(rows, right=(5,), styles=("accent", "bold", "", "dim", "dim", "dim", "dim"))


def _described(entry: "ModelEntry") -> str:
    if not entry.problem:
        return entry.description
    return entry.problem if entry.plugin is not None else say("cli.models.damaged", reason=entry.problem)


@app.command("show", cls=GenchatCommand, help="cli.models.show")
def show(ctx: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Show the card of one model."""
    context = command_context(ctx)
    entry = context.registry.entry(name)
    values: dict[str, Any] = {
        "name": entry.name,
        "family": entry.family,
        "origin": entry.origin,
        "chat": entry.chat,
        "bytes": entry.size,
        "folder": None if entry.folder is None else str(entry.folder),
        "problem": entry.problem or None,
    }
    if entry.card is not None:
        values |= {"checksum": entry.card.checksum, **asdict(entry.card)}
    else:
        values["description"] = entry.description
    if as_json:
        context.output.json(values)
        return
    context.output.table(list(_rows(values)), styles=("dim", ""))


@app.command("rm", cls=GenchatCommand, help="cli.models.rm")
def remove(
    ctx: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="NAME", help="cli.models.name", autocompletion=complete_models)],
) -> None:
    """Delete trained or imported models."""
    context = command_context(ctx)
    for name in names:
        folder = context.registry.remove(name)
        context.output.note(say("cli.models.removed", name=name, folder=folder))


def megabytes(size: int) -> str:
    """Return a size in bytes for people: "3.2 MB"."""
    return f"{decimal(size / 1e6, 1)} MB" if size >= 100_000 else f"{decimal(size / 1e3, 1)} kB"


def _rows(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield one row for each fact; a list of records, such as the sources, takes one row for each record."""
    for name, value in values.items():
        if value in (None, "", [], {}, ()):
            continue
        if isinstance(value, dict) and any(isinstance(part, dict) for part in value.values()):
            for key, part in value.items():
                yield f"{name}.{key}", _shown(part)
        elif isinstance(value, list | tuple) and isinstance(value[0], dict):
            for index, part in enumerate(value):
                yield name if index == 0 else "", _shown(part)
        else:
            yield name, _shown(value)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "  ".join(f"{key}={_shown(part)}" for key, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_shown(part) for part in value)
    return str(value)
