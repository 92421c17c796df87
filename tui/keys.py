"""Key bindings whose descriptions are text keys, so that footer, help and palette speak the reader's language."""

from textual.binding import Binding

from engine.language import say

_PREFIX = "tui.key."


def bind(keys: str, action: str, name: str, *, show: bool = False, priority: bool = False, shown: str = "") -> Binding:
    """A binding called `name`: its description is the text "tui.key.NAME", its id the name itself."""
    return Binding(keys, action, _PREFIX + name, id=name, show=show, priority=priority, key_display=shown or None)


def description(binding: Binding) -> str:
    """What the binding does, in the reader's language; empty for bindings that are not genchat's own."""
    return say(binding.description) if binding.description.startswith(_PREFIX) else ""


_NAMES = {
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "escape": "Esc",
    "enter": "Enter",
    "tab": "Tab",
    "shift+tab": "⇧Tab",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "delete": "Del",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "space": "Space",
    "plus": "+",
    "minus": "-",
    "question_mark": "?",
}


def key_name(binding: Binding) -> str:
    """How the first of a binding's keys is written: ^P, F1, ←."""
    if binding.key_display:
        return binding.key_display
    key = binding.key.partition(",")[0]
    if key in _NAMES:
        return _NAMES[key]
    if key.startswith("ctrl+"):
        return "^" + _NAMES.get(key[5:], key[5:].upper() if len(key) == 6 else key[5:])
    if key.startswith("f") and key[1:].isdigit():
        return key.upper()
    return key
