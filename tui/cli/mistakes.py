"""The mistakes that Typer reports in a command line, explained on one line in the reader's language."""

from difflib import get_close_matches
from typing import Any

import typer
from typer.exceptions import TyperException

from genchat.engine.language import say
from genchat.tui.cli.parser import metavar_of


def explain(error: TyperException) -> str:
    """Say on one line what is wrong and where to look."""
    ctx: Any = getattr(error, "ctx", None)
    path = ctx.command_path if ctx is not None else "genchat"
    return f"{_what(error, ctx)}; {say('cli.mistake.see_help', command=path)}"


def _what(error: TyperException, ctx: Any) -> str:
    option = getattr(error, "option_name", None)
    if option is not None and hasattr(error, "possibilities"):
        known = _options(ctx)
        near = get_close_matches(option, known, 1)
        if near:
            return say("cli.mistake.no_option_near", option=option, near=near[0])
        return say("cli.mistake.no_option", option=option)
    if option is not None:
        return say("cli.mistake.option_needs_value", option=option)
    if isinstance(error, typer.BadParameter):
        name = _name_of(error)
        if not error.message:
            return say("cli.mistake.missing", name=name)
        choices = getattr(getattr(error.param, "type_descriptor", None), "choices", None)
        if not choices:
            return f"{name}: {error.message}"
        *first, last = map(str, choices)
        allowed = say("settings.one_of", first=", ".join(first), last=last)
        return say("error.option_wrong", where=name, value=f'"{_typed(error)}"', allowed=allowed)
    return error.format_message().rstrip(".")


def _name_of(error: typer.BadParameter) -> str:
    param: Any = error.param
    if param is None:
        return str(error.param_hint or "")
    if param.param_type_name == "option":
        return str(max(param.opts, key=len))
    return metavar_of(param)


def _typed(error: typer.BadParameter) -> str:
    """Return what was typed, which Typer keeps in the cause of its error."""
    cause: Any = error.__cause__
    return str(cause.errors()[0]["input"]) if hasattr(cause, "errors") else ""


def _options(ctx: Any) -> list[str]:
    if ctx is None:
        return []
    return [name for param in ctx.command.get_params(ctx) for name in [*param.opts, *param.secondary_opts]]
