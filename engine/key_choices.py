"""The table [keys] of the settings file: which keys do a thing, by the id of its binding ("tree_up = "k,up"").

What an id is and which keys clash is known to the screen (tui/keymap.py); here stands how keys are written, and which
are never given, because terminals send them for Enter, Tab and Backspace.
"""

import re
from collections.abc import Mapping
from typing import Any

KEYS = "keys"
FORBIDDEN = frozenset({"ctrl+m", "ctrl+i", "ctrl+h"})
_KEY = re.compile(r"(?:(?:ctrl|shift|alt)\+)*(?:[a-z_0-9]{2,}|[^\s,])")
_NAME = re.compile(r"keys\.([A-Za-z0-9_]+)")


def binding_of(name: str) -> str | None:
    """The id of the binding whose keys are the setting "keys.ID", else None."""
    match = _NAME.fullmatch(name)
    return None if match is None else match[1]


def key_choices(values: Mapping[str, Any]) -> dict[str, str]:
    """The keys by the id of their binding, among settings by dotted name."""
    chosen = ((binding_of(name), value) for name, value in values.items())
    return {binding: value for binding, value in chosen if binding is not None}


def keys_read(text: object) -> str | None:
    """Keys as they are used, "k,up", from keys as they are written, "k, Up"; None where they are not understood."""
    if not isinstance(text, str):
        return None
    keys = [_key_read(key.strip()) for key in text.split(",")]
    if not all(_KEY.fullmatch(key) for key in keys):
        return None
    return ",".join(dict.fromkeys(keys))


def _key_read(key: str) -> str:
    """A single letter keeps its case: "G" is the key with Shift."""
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    return "+".join([*(each.lower() for each in modifiers), last if len(last) == 1 and not modifiers else last.lower()])


def forbidden_among(keys: str) -> str | None:
    """The first of the keys that is never given to anything."""
    return next((key for key in keys.split(",") if key in FORBIDDEN), None)
