"""`genchat config`: what is set, by whom, and setting it. Nothing is written unless `set` or `unset` is used."""

from typing import Annotated, Any

import typer

from genchat.engine.language import say
from genchat.engine.settings import known_settings, read_layers, set_setting, unset_setting
from genchat.tui.cli.command_context import Surroundings, surroundings
from genchat.tui.cli.options import AsJson
from genchat.tui.cli.parser import GenchatCommand, group

app = group("cli.config", "cli.config.help")


def _complete_names(incomplete: str) -> list[str]:
    return [name for name in known_settings() if name.startswith(incomplete)]


Name = Annotated[str, typer.Argument(metavar="NAME", help="cli.config.name", autocompletion=_complete_names)]


@app.callback(invoke_without_command=True)
def config(context: typer.Context, as_json: AsJson = False) -> None:
    """Without a sub-command: what is set."""
    if context.invoked_subcommand is None:
        _show(surroundings(context), as_json)


@app.command("show", cls=GenchatCommand, help="cli.config.show")
def show(context: typer.Context, as_json: AsJson = False) -> None:
    """Every setting with its value and the layer that decided it."""
    _show(surroundings(context), as_json)


def _show(around: Surroundings, as_json: bool) -> None:
    layers = read_layers(around.paths.settings)
    if as_json:
        around.output.json(
            {name: {"value": given.value, "from": given.layer, "where": given.where} for name, given in layers.items()}
        )
        return
    known = known_settings()
    rows = [
        (
            name,
            written(given.value),
            given.where or say("cli.config.default"),
            known[name].allowed if name in known else "",
        )
        for name, given in layers.items()
    ]
    around.output.table(rows, styles=("", "bold", "dim", "dim"))


# A value may begin with a minus.
@app.command("set", cls=GenchatCommand, help="cli.config.set", context_settings={"ignore_unknown_options": True})
def set_value(
    context: typer.Context,
    name: Name,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="cli.config.value")],
) -> None:
    """Write one setting into the file."""
    around = surroundings(context)
    understood = set_setting(around.paths.settings, name, value)
    around.output.note(say("cli.config.written", name=name, value=written(understood), file=around.paths.settings))


@app.command("unset", cls=GenchatCommand, help="cli.config.unset")
def unset(context: typer.Context, name: Name) -> None:
    """Take one setting out of the file."""
    around = surroundings(context)
    removed = unset_setting(around.paths.settings, name)
    text = "cli.config.removed" if removed else "cli.config.not_there"
    around.output.note(say(text, name=name, file=around.paths.settings))


@app.command("path", cls=GenchatCommand, help="cli.config.path")
def path(context: typer.Context) -> None:
    """Where the settings file is, or would be."""
    around = surroundings(context)
    around.output.line(str(around.paths.settings))


def written(value: Any) -> str:
    """A value as the settings file writes it; nothing for one that is not set."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
