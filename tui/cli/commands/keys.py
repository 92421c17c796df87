"""`genchat keys`: store, list and delete API keys. A key is read hidden or from stdin, never from argv."""

import getpass
import os
import sys
from typing import Annotated

import typer

from genchat.engine.errors import UsageError
from genchat.engine.keys import SERVICES, find_key, known_services, remove_key, store_key
from genchat.engine.language import say
from genchat.tui.cli.command_context import CommandContext, command_context
from genchat.tui.cli.inputs import read_stdin
from genchat.tui.cli.options import AsJson
from genchat.tui.cli.parser import GenchatCommand, group

app = group("keys", "keys.help")
_LONGEST = 4096  # characters of stdin that could be a key


def _complete_services(incomplete: str) -> list[str]:
    return [name for name in known_services() if name.startswith(incomplete)]


Service = Annotated[str, typer.Argument(metavar="SERVICE", help="keys.service", autocompletion=_complete_services)]


@app.callback(invoke_without_command=True)
def keys(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the keys if there is no sub-command."""
    if ctx.invoked_subcommand is None:
        _list(command_context(ctx), as_json)


@app.command("list", cls=GenchatCommand, help="keys.list")
def list_keys(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List which keys there are."""
    _list(command_context(ctx), as_json)


def _list(context: CommandContext, as_json: bool) -> None:
    stored_keys = {service: find_key(service, context.paths.keys) for service in known_services()}
    stored_keys = {service: key for service, key in stored_keys.items() if key is not None or service in SERVICES}
    if as_json:
        context.output.json(
            [
                {"service": service, "source": key.source if key else None, "hint": key.hint if key else None}
                for service, key in stored_keys.items()
            ]
        )
        return
    rows = [
        (service, key.hint if key else say("keys.none"), key.source if key else "")
        for service, key in stored_keys.items()
    ]
    context.output.table(rows, styles=("bold", "", "dim"))


@app.command("set", cls=GenchatCommand, help="keys.set_help")
def set_key(
    ctx: typer.Context,
    service: Service,
    extra_words: Annotated[list[str] | None, typer.Argument(hidden=True)] = None,
) -> None:
    """Store a key."""
    context = command_context(ctx)
    if extra_words:
        raise UsageError("key_on_command_line")
    known = known_services()
    if service not in known:
        raise UsageError("key_service_unknown", service=service, known=", ".join(known))
    key = store_key(service, _read_key(service), context.paths.keys)
    context.output.note(say("keys.stored", service=service, hint=key.hint, file=key.source))
    variable = next((name for name in known[service] if os.environ.get(name)), None)
    if variable is not None:
        context.output.note(say("keys.variable_first", variable=variable), "warn")


@app.command("rm", cls=GenchatCommand, help="keys.rm")
def remove(ctx: typer.Context, service: Service) -> None:
    """Forget a stored key."""
    context = command_context(ctx)
    if not remove_key(service, context.paths.keys):
        raise UsageError("key_not_stored", service=service)
    context.output.note(say("keys.removed", service=service, file=context.paths.keys))


def _read_key(service: str) -> str:
    if sys.stdin is not None and sys.stdin.isatty():
        return getpass.getpass(say("keys.prompt", service=service), stream=sys.stderr)
    return read_stdin()[:_LONGEST]
