"""`genchat keys`: storing, listing and forgetting API keys. A key is read hidden or from stdin, never from argv."""

import getpass
import os
import sys
from typing import Annotated

import typer

from genchat.engine.errors import UsageError
from genchat.engine.keys import SERVICES, find_key, known_services, remove_key, store_key
from genchat.engine.language import say
from genchat.tui.cli.command_context import Surroundings, surroundings
from genchat.tui.cli.inputs import read_stdin
from genchat.tui.cli.options import AsJson
from genchat.tui.cli.parser import GenchatCommand, group

app = group("keys", "keys.help")
_LONGEST = 4096  # characters of stdin that could be a key


def _complete_services(incomplete: str) -> list[str]:
    return [name for name in known_services() if name.startswith(incomplete)]


Service = Annotated[str, typer.Argument(metavar="SERVICE", help="keys.service", autocompletion=_complete_services)]


@app.callback(invoke_without_command=True)
def keys(context: typer.Context, as_json: AsJson = False) -> None:
    """Without a sub-command: the list."""
    if context.invoked_subcommand is None:
        _list(surroundings(context), as_json)


@app.command("list", cls=GenchatCommand, help="keys.list")
def list_keys(context: typer.Context, as_json: AsJson = False) -> None:
    """Which keys there are."""
    _list(surroundings(context), as_json)


def _list(around: Surroundings, as_json: bool) -> None:
    found = {service: find_key(service, around.paths.keys) for service in known_services()}
    found = {service: key for service, key in found.items() if key is not None or service in SERVICES}
    if as_json:
        around.output.json(
            [
                {"service": service, "source": key.source if key else None, "hint": key.hint if key else None}
                for service, key in found.items()
            ]
        )
        return
    rows = [
        (service, key.hint if key else say("keys.none"), key.source if key else "") for service, key in found.items()
    ]
    around.output.table(rows, styles=("bold", "", "dim"))


@app.command("set", cls=GenchatCommand, help="keys.set_help")
def set_key(
    context: typer.Context,
    service: Service,
    given: Annotated[list[str] | None, typer.Argument(hidden=True)] = None,
) -> None:
    """Store a key."""
    around = surroundings(context)
    if given:
        raise UsageError("key_on_command_line")
    known = known_services()
    if service not in known:
        raise UsageError("key_service_unknown", service=service, known=", ".join(known))
    key = store_key(service, _asked_for(service), around.paths.keys)
    around.output.note(say("keys.stored", service=service, hint=key.hint, file=key.source))
    variable = next((name for name in known[service] if os.environ.get(name)), None)
    if variable is not None:
        around.output.note(say("keys.variable_first", variable=variable), "warn")


@app.command("rm", cls=GenchatCommand, help="keys.rm")
def remove(context: typer.Context, service: Service) -> None:
    """Forget a stored key."""
    around = surroundings(context)
    if not remove_key(service, around.paths.keys):
        raise UsageError("key_not_stored", service=service)
    around.output.note(say("keys.removed", service=service, file=around.paths.keys))


def _asked_for(service: str) -> str:
    if sys.stdin is not None and sys.stdin.isatty():
        return getpass.getpass(say("keys.prompt", service=service), stream=sys.stderr)
    return read_stdin()[:_LONGEST]
