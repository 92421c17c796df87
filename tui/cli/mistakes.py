"""What Typer found wrong with a command line, in the reader's language and on one line."""

from difflib import get_close_matches
from typing import Any

import typer
from typer.exceptions import TyperException

from genchat.engine.language import say


def explain(error: TyperException) -> str:
    """One line: what is wrong, and where to look."""
    context: Any = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "genchat"
    return f"{_what(error, context)}; {say('cli.mistake.see_help', command=path)}"


def _what(error: TyperException, context: Any) -> str:
    option = getattr(error, "option_name", None)
    if option is not None and hasattr(error, "possibilities"):
        known = _options(context)
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
        return say("cli.mistake.bad_value", name=name, allowed=_allowed(error.param) or error.message)
    return error.format_message().rstrip(".")


def _name_of(error: typer.BadParameter) -> str:
    param: Any = error.param
    if param is None:
        return str(error.param_hint or "")
    if param.param_type_name == "option":
        return str(max(param.opts, key=len))
    return str(param.metavar or param.name or "").upper()


def _allowed(param: Any) -> str:
    """What a parameter takes, written as engine.settings writes it: "a | b", "int ≥ 1"; empty where it is not known."""
    kind = getattr(param, "type_descriptor", None)
    if kind is None:
        return ""
    if kind.choices:
        return " | ".join(map(str, kind.choices))
    if kind.annotation not in (int, float):
        return ""
    low = "" if param.min is None else f" ≥ {param.min}"
    return f"{kind.annotation.__name__}{low}"


def _options(context: Any) -> list[str]:
    if context is None:
        return []
    return [name for param in context.command.get_params(context) for name in [*param.opts, *param.secondary_opts]]
