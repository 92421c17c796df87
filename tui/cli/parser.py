"""How the command line is read and its help written: Typer, with lazy groups and texts in the reader's language.

Help texts in the command modules are keys of engine/language; they become sentences when the help is shown. Every
command also takes the common options (--quiet, --color, --safe).
"""

import importlib
import math
import shutil
import textwrap
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from genchat.engine.errors import UsageError
from genchat.engine.language import language_in_use, say, texts
from genchat.engine.number_input import read_number, read_whole_number
from genchat.engine.settings import allowed_numbers
from genchat.tui.cli.command_context import command_context

HELP_NAMES = ["-h", "--help"]
_WIDEST = 100
_COLUMN = 30  # the farthest right that explanations begin
CommandClass = TyperCommand | TyperGroup


def _take_quiet(ctx: typer.Context, value: bool) -> None:
    command_context(ctx).quiet |= value


def _take_safe(ctx: typer.Context, value: bool) -> None:
    command_context(ctx).safe |= value


def _take_color(ctx: typer.Context, value: str | None) -> None:
    command_context(ctx).take_flags({"color": value})


def _common(
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="cli.option.quiet", callback=_take_quiet, expose_value=False)
    ] = False,
    color: Annotated[
        Literal["auto", "always", "never"] | None,
        typer.Option("--color", help="cli.option.color", callback=_take_color, expose_value=False),
    ] = None,
    safe: Annotated[
        bool, typer.Option("--safe", help="cli.option.safe", callback=_take_safe, expose_value=False)
    ] = False,
) -> None:
    """This function only declares the options that every command has."""


def _common_parameters() -> list[Any]:
    app = typer.Typer(add_completion=False)
    app.command()(_common)
    return get_command(app).params


class GenchatCommand(TyperCommand):
    """This is a command with the common options and with help in the reader's language."""

    def __init__(self, name: str | None, **attributes: Any) -> None:
        super().__init__(name, **{**attributes, "rich_markup_mode": None})
        self.context_settings = {**self.context_settings, "help_option_names": HELP_NAMES}
        self.own_parameters = list(self.params)
        self.params = [*self.params, *_common_parameters()]
        for param in self.own_parameters:
            take_typed_numbers(param)

    def get_help(self, ctx: typer.Context) -> str:  # type: ignore[override]
        arguments = [param for param in self.own_parameters if isinstance(param, TyperArgument) and not param.hidden]
        usage = [ctx.command_path, say("cli.help.options_metavar"), *map(_argument_name, arguments)]
        blocks = [
            _usage(usage),
            _paragraphs(_said(self.help)),
            _section("arguments", [(_argument_name(param), _said(param.help)) for param in arguments]),
            *(_section(title, map(_option_row, options)) for title, options in self.option_sections()),
            _section("common", [*map(_option_row, _common_parameters()), _help_row()]),
            _paragraphs(_said(self.epilog)),
        ]
        return "\n\n".join(filter(None, blocks))

    def option_sections(self) -> list[tuple[str, list[TyperOption]]]:
        """Return the command's own options; each group has the title cli.help.NAME."""
        return [
            ("options", [param for param in self.own_parameters if isinstance(param, TyperOption) and not param.hidden])
        ]


class GenchatGroup(TyperGroup):
    """This is a group whose commands are modules, imported when used. `table` maps a command's name to its module.

    A value "module:command" names one command of a module that holds several. `overview` is the beginning of the keys
    of the one-line descriptions, so that the overview imports nothing.
    """

    table: Mapping[str, str] = {}
    overview = ""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**{**attributes, "rich_markup_mode": None, "suggest_commands": False})
        self.context_settings = {**self.context_settings, "help_option_names": HELP_NAMES}
        if self.invoke_without_command:
            self.params = [*self.params, *_common_parameters()]

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        return [*self.table, *self.commands]

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]
        if cmd_name in self.table and cmd_name not in self.commands:
            module, _, part = self.table[cmd_name].partition(":")
            command: Any = get_command(importlib.import_module(module).app)
            if part:
                command = command.commands[part]
            command.name = cmd_name
            return command
        return self.commands.get(cmd_name)

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> Any:  # type: ignore[override]
        name = args[0]
        known = self.list_commands(ctx)
        if name in known or name.startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        raise UsageError("command_unknown", name=name, group=ctx.command_path, known=", ".join(known))

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        if ctx.invoked_subcommand is None and not self.invoke_without_command and not ctx._protected_args:
            raise UsageError("command_missing", group=ctx.command_path, known=", ".join(self.list_commands(ctx)))
        return super().invoke(ctx)

    def usages(self) -> list[list[str]]:
        """Return what may follow the name of the group: a list of words for each way of using it."""
        command = say("cli.help.command_metavar")
        return [
            [say("cli.help.options_metavar"), f"[{command}]", "…"] if self.invoke_without_command else [command, "…"]
        ]

    def get_help(self, ctx: typer.Context) -> str:  # type: ignore[override]
        rows = [(name, say(f"{self.overview}.{name.replace('-', '_')}")) for name in self.list_commands(ctx)]
        options = [param for param in self.params if isinstance(param, TyperOption) and not param.hidden]
        blocks = [
            _usage(*([ctx.command_path, *words] for words in self.usages())),
            _paragraphs(_said(self.help)),
            _section("commands", rows),
            _section("options", [*map(_option_row, options), _help_row()]),
            _paragraphs(_said(self.epilog)),
        ]
        return "\n\n".join(filter(None, blocks))


def lazy_group(table: Mapping[str, str], overview: str, help_key: str) -> typer.Typer:
    """Make a typer.Typer for a group whose commands are other modules."""
    group = type("LazyGroup", (GenchatGroup,), {"table": table, "overview": overview})
    app = typer.Typer(cls=group, help=help_key, add_completion=False, no_args_is_help=False)
    app.callback()(_nothing)
    return app


def group(overview: str, help_key: str) -> typer.Typer:
    """Make a typer.Typer for a group whose commands stand in the same module."""
    return lazy_group({}, overview, help_key)


def single() -> typer.Typer:
    """Make a typer.Typer for a module with one command."""
    return typer.Typer(add_completion=False)


def _nothing() -> None:
    return None


def take_typed_numbers(param: Any) -> None:
    """Let a parameter that takes a number read it as people type it, with a point or a comma."""
    kind = param.type_descriptor.annotation
    if kind not in (int, float):
        return
    name = max(param.opts, key=len)
    low = -math.inf if param.min is None else param.min
    high = math.inf if param.max is None else param.max

    def read(typed: Any) -> Any:
        value = typed
        if isinstance(typed, str):
            value = read_whole_number(name, typed) if kind is int else read_number(name, typed)
        if not low <= value <= high:
            raise UsageError("option_wrong", where=name, value=value, allowed=allowed_numbers(kind is int, low, high))
        return value

    param.type_descriptor.parameter_info.parser = read


def _said(key: str | None) -> str:
    return say(key) if key else ""


def _width() -> int:
    return min(shutil.get_terminal_size().columns, _WIDEST)


def _usage(*ways: list[str]) -> str:
    """Return the usage line; further ways of using a command stand below it."""
    first, *others = (" ".join(words) for words in ways)
    line = say("cli.help.usage", line=first)
    return "\n".join([line, *(" " * line.index(first) + other for other in others)])


def _paragraphs(text: str) -> str:
    filled = []
    for paragraph in text.split("\n"):
        indent = paragraph[: len(paragraph) - len(paragraph.lstrip())]
        filled.append(textwrap.fill(paragraph, _width(), subsequent_indent=indent) if paragraph else "")
    return "\n".join(filled)


def _argument_name(param: TyperArgument) -> str:
    name = metavar_of(param)
    if param.nargs != 1:
        name += "…"
    return name if param.required else f"[{name}]"


def metavar_of(param: Any) -> str:
    """Return the word for a value in the reader's language: FILE, ARQUIVO.

    A metavar is the end of a key or a bare letter.
    """
    name = str(param.metavar or param.name or "").upper()
    return "|".join(_metavar(part) for part in name.split("|"))


def _metavar(name: str) -> str:
    word, dot, ending = name.partition(".")
    key = f"cli.metavar.{word.lower()}"
    return say(key) + dot + ending.lower() if key in texts(language_in_use(), "cli") else word + dot + ending.lower()


def _option_row(param: TyperOption) -> tuple[str, str]:
    short = [name for name in param.opts if not name.startswith("--")]
    long = [name for name in [*param.opts, *param.secondary_opts] if name.startswith("--")]
    value = ""
    if not param.is_flag:
        words = param.type_descriptor.choices
        value = " " + ("|".join(map(str, words)) if words else metavar_of(param))
    return (f"{short[0]}, " if short else "    ") + ", ".join(long) + value, _said(param.help)


def _help_row() -> tuple[str, str]:
    return "-h, --help", say("cli.option.help")


def _section(title: str, rows: Iterable[tuple[str, str]]) -> str:
    lines = []
    entries = list(rows)
    column = min(max((len(name) for name, _ in entries), default=0) + 4, _COLUMN)
    for name, text in entries:
        lead = f"  {name}".ljust(column)
        wrapped = textwrap.wrap(text, max(_width() - column, 20)) or [""]
        if len(name) + 4 > column:  # two spaces before the name, two behind it
            lines.append(lead.rstrip())
            lead = " " * column
        lines.append((lead + wrapped[0]).rstrip())
        lines.extend(" " * column + rest for rest in wrapped[1:])
    return "\n".join([say(f"cli.help.{title}"), *lines]) if lines else ""
