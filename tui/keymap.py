"""The keys that a person chose, as the keymap that Textual applies to the bindings, and the presets for it.

Which choices can be used is said by tui/key_choosing.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from textual.app import App
from textual.binding import Binding

Keymap = Mapping[str, str]

# Beside the arrows, which stay. What only looks like a list (dialogs) keeps its keys.
VIM: Keymap = MappingProxyType(
    {
        "token_previous": "left,h",
        "token_below": "down,j",
        "token_above": "up,k",
        "token_next": "right,l",
        "token_first": "home,0",
        "follow": "end,G",
        "candidate_below": "down,j",
        "candidate_above": "up,k",
        "panel_token_previous": "left,h",
        "panel_token_next": "right,l",
        "tree_parent": "left,h",
        "tree_down": "down,j",
        "tree_up": "up,k",
        "tree_child": "right,l",
        "tree_first": "home,0",
        "tree_last": "end,G",
        "scroll_down": "down,j",
        "scroll_up": "up,k",
        "compare_home": "home,0",
        "compare_end": "end,G",
        "inside_left": "left,h",
        "inside_down": "down,j",
        "inside_up": "up,k",
        "inside_right": "right,l",
    }
)
PRESETS: Mapping[str, Keymap] = MappingProxyType({"none": MappingProxyType({}), "vim": VIM})


@dataclass(frozen=True)
class ChosenKeys:
    """`keymap` is what can be used of the choices; each of `refused` says in words why another one cannot."""

    keymap: Keymap
    refused: tuple[str, ...] = ()


def remapped(binding: Binding, keymap: Keymap) -> Binding:
    """Return a binding with the keys that it has under the keymap."""
    keys = keymap.get(binding.id or "")
    return binding if keys is None else replace(binding, key=keys, key_display=None)


def keymap_in_force(app: App[Any]) -> Keymap:
    """Return the keys that the person gave to bindings, by the id of the binding."""
    return app._keymap
