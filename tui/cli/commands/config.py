"""`genchat config`: show and change settings, and say where they come from. Only `set` and `unset` write."""

from typing import Annotated, Any

import typer

from genchat.engine.key_choices import binding_of
from genchat.engine.language import say
from genchat.engine.settings import key_setting, known_settings, load_settings, read_layers, set_setting, unset_setting
from genchat.tui.cli.command_context import CommandContext, command_context
from genchat.tui.cli.options import AsJson
from genchat.tui.cli.parser import GenchatCommand, group

app = group("cli.config", "cli.config.help")


def _complete_names(incomplete: str) -> list[str]:
    return [name for name in known_settings() if name.startswith(incomplete)]


Name = Annotated[str, typer.Argument(metavar="NAME", help="cli.config.name", autocompletion=_complete_names)]


@app.callback(invoke_without_command=True)
def config(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Show the settings if there is no sub-command."""
    if ctx.invoked_subcommand is None:
        _show(command_context(ctx), as_json)


@app.command("show", cls=GenchatCommand, help="cli.config.show")
def show(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Show every setting with its value and the layer that decided it."""
    _show(command_context(ctx), as_json)


def _show(context: CommandContext, as_json: bool) -> None:
    layers = read_layers(context.paths.settings)
    if as_json:
        context.output.json(
            {
                name: {"value": setting.value, "from": setting.layer, "where": setting.where}
                for name, setting in layers.items()
            }
        )
        return
    known = known_settings()
    rows = [
        (
            name,
            written(setting.value),
            setting.where or say("cli.config.default"),
            known[name].allowed if name in known else "",
        )
        for name, setting in layers.items()
    ]
    context.output.table(rows, styles=("", "bold", "dim", "dim"))


# A value may begin with a minus.
@app.command("set", cls=GenchatCommand, help="cli.config.set", context_settings={"ignore_unknown_options": True})
def set_value(
    ctx: typer.Context,
    name: Name,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="cli.config.value")],
) -> None:
    """Write one setting into the file."""
    context = command_context(ctx)
    binding = binding_of(name)
    if binding is not None:
        from genchat.tui.app import GenchatApp
        from genchat.tui.key_choosing import check_choice

        kept = load_settings(context.paths.settings)
        check_choice(GenchatApp, kept.key_preset, kept.keys, binding, key_setting(name, value))
    if name == "theme":
        from genchat.tui.app import theme_for

        theme_for(value)
    understood = set_setting(context.paths.settings, name, value)
    context.output.note(say("cli.config.written", name=name, value=written(understood), file=context.paths.settings))


@app.command("unset", cls=GenchatCommand, help="cli.config.unset")
def unset(ctx: typer.Context, name: Name) -> None:
    """Take one setting out of the file."""
    context = command_context(ctx)
    removed = unset_setting(context.paths.settings, name)
    text = "cli.config.removed" if removed else "cli.config.not_there"
    context.output.note(say(text, name=name, file=context.paths.settings))


@app.command("path", cls=GenchatCommand, help="cli.config.path")
def path(ctx: typer.Context) -> None:
    """Print where the settings file is, or would be."""
    context = command_context(ctx)
    context.output.line(str(context.paths.settings))


def written(value: Any) -> str:
    """Return a value as the settings file writes it, or nothing for one that is not set."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
