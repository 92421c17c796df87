"""The part of the settings file that genchat does not understand itself: `[plugins.NAME]`, the options of a plug-in.

An option is called "plugins.NAME.KEY" wherever settings have names. NAME may hold dots, KEY may not.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

PLUGINS = "plugins"
ALLOWED = "[plugins.NAME]  KEY = …"
_NAME = re.compile(r"plugins\.(.+)\.([A-Za-z0-9_-]+)", re.DOTALL)


def options_in(table: object) -> Iterator[tuple[str, Any]]:
    """The function yields every option by its dotted name. Raises ValueError(name, value) for what is no table of
    options.
    """
    for plugin, options in _items(table, PLUGINS):
        for key, value in _items(options, f"{PLUGINS}.{plugin}"):
            name = f"{PLUGINS}.{plugin}.{key}"
            if option_path(name) != (PLUGINS, plugin, key):
                raise ValueError(name, value)
            yield name, value


def _items(table: object, name: str) -> Iterator[tuple[str, Any]]:
    if not isinstance(table, Mapping):
        raise ValueError(name, table)
    yield from table.items()


def option_path(name: str) -> tuple[str, str, str] | None:
    """("plugins", NAME, KEY) where `name` is that of an option, else None."""
    match = _NAME.fullmatch(name)
    return None if match is None else (PLUGINS, match[1], match[2])


def option_tables(values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The options among settings by dotted name: for each plug-in, its options by key."""
    tables: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        path = option_path(name)
        if path is not None:
            tables.setdefault(path[1], {})[path[2]] = value
    return tables


def option_value(text: str) -> Any:
    """The value is what was written on the command line, as TOML would read it ("3", "true", "[1, 2]"), else the text
    itself.
    """
    try:
        read = tomllib.loads(f"value = {text}")
    except (tomllib.TOMLDecodeError, RecursionError):
        return text
    return read["value"] if len(read) == 1 else text
