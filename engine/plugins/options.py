"""Options of a plug-in, from `[plugins.NAME]` of the settings file to the parameters of what its entry point names.

A parameter called `options`, or one whose annotation is a mapping, is given all of them. Any other parameter is given
the option of its name. `**names` takes the options that no parameter has.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_origin

from genchat.engine.errors import SettingsError
from genchat.engine.settings import setting_location

_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_WRITTEN = ("Mapping", "dict", "Dict", "MutableMapping")  # annotations that are kept as text


@dataclass(frozen=True)
class Options:
    """The options of one plug-in and the file they stand in."""

    file: Path
    values: Mapping[str, object] = field(default_factory=dict)


def arguments_for(factory: Callable[..., Any], name: str, options: Options) -> tuple[list[object], dict[str, object]]:
    """The positional and the named arguments to call `factory` with.

    Raises SettingsError for an option that no parameter takes, and for a parameter that needs one that is not given.
    """
    try:
        parameters = list(inspect.signature(factory).parameters.values())
    except (TypeError, ValueError):  # some callables written in C do not tell
        parameters = []
    left = dict(options.values)
    positional: list[object] = []
    named: dict[str, object] = {}
    takes_all = False
    for parameter in parameters:
        if _is_mapping(parameter):
            everything = MappingProxyType(dict(options.values))
            takes_all = True
            if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
                positional.append(everything)
            else:
                named[parameter.name] = everything
        elif parameter.kind is inspect.Parameter.VAR_KEYWORD:
            takes_all = True
            named |= {key: value for key, value in left.items() if key not in named}
        elif parameter.kind in _NAMED and parameter.name in left:
            named[parameter.name] = left.pop(parameter.name)
        elif parameter.kind in _NAMED and parameter.default is inspect.Parameter.empty:
            raise SettingsError("plugin_option_missing", name=name, option=parameter.name, file=options.file)
    if left and not takes_all:
        raise _unknown(next(iter(left)), name, options, parameters)
    return positional, named


def _is_mapping(parameter: inspect.Parameter) -> bool:
    if parameter.kind in (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL):
        return False
    if parameter.name == "options":
        return True
    annotation = parameter.annotation
    if isinstance(annotation, str):
        return annotation.partition("[")[0].rpartition(".")[2] in _WRITTEN
    kind = get_origin(annotation) or annotation
    return kind is not inspect.Parameter.empty and isinstance(kind, type) and issubclass(kind, Mapping)


def _unknown(option: str, name: str, options: Options, parameters: list[inspect.Parameter]) -> SettingsError:
    known = ", ".join(parameter.name for parameter in parameters if parameter.kind in _NAMED)
    where = setting_location(options.file, f"plugins.{name}.{option}")
    values = {"where": where, "name": name, "option": option, "known": known}
    return SettingsError("plugin_option_unknown" if known else "plugin_takes_no_options", **values)
