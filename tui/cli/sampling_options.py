"""Makes the sampling options of every command that draws tokens from the table of sampling stages."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperOption
from typer.main import get_command

from genchat.engine.sampling.definition import StageSetting
from genchat.engine.sampling.table import file_value, stage_settings
from genchat.tui.cli.command_context import command_context
from genchat.tui.cli.parser import GenchatCommand, take_typed_numbers


class SamplingCommand(GenchatCommand):
    """This command has one option for each sampling setting; a value given becomes a flag of the settings, not a
    parameter.
    """

    def __init__(self, name: str | None, **attributes: Any) -> None:
        super().__init__(name, **attributes)
        self.sampling_parameters = _parameters()
        for parameter in self.sampling_parameters:
            take_typed_numbers(parameter)
        self.params = [*self.params, *self.sampling_parameters]

    def option_sections(self) -> list[tuple[str, list[TyperOption]]]:
        return [*super().option_sections(), ("sampling", self.sampling_parameters)]


def _taker(setting: StageSetting) -> Callable[[typer.Context, Any], None]:
    def take(ctx: typer.Context, value: Any) -> None:
        written = file_value(setting, value) if setting.file and value else value
        command_context(ctx).take_flags({f"sampling.{setting.name}": written})

    # Typer reads the annotation of `value` as the type of the option.
    take.__annotations__["value"] = setting.kind | None
    return take


def _parameters() -> list[TyperOption]:
    """Make one option for each setting from a function that is never called: Typer needs a signature to do it."""

    def options() -> None:
        return None

    options.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(
                setting.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=None,
                annotation=Annotated[
                    setting.kind | None,
                    typer.Option(
                        "--" + setting.name.replace("_", "-"),
                        *filter(None, [setting.short]),
                        metavar=setting.metavar,
                        help=f"sampling.help.{setting.name}",
                        callback=_taker(setting),
                        expose_value=False,
                    ),
                ],
            )
            for setting in stage_settings()
        ]
    )
    app = typer.Typer(add_completion=False)
    app.command()(options)
    return [param for param in get_command(app).params if isinstance(param, TyperOption)]
