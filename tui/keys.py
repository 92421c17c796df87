"""Key bindings whose descriptions are text keys, so that footer, help and palette speak the reader's language."""

from textual.binding import Binding

from genchat.engine.language import say

_PREFIX = "tui.key."


def bind(keys: str, action: str, name: str, *, show: bool = False, priority: bool = False, shown: str = "") -> Binding:
    """Make a binding called `name`: its description is the text "tui.key.NAME", and its id is the name itself."""
    return Binding(keys, action, _PREFIX + name, id=name, show=show, priority=priority, key_display=shown or None)


def description(binding: Binding) -> str:
    """Return what the binding does, in the reader's language, or nothing for bindings that are not genchat's own."""
    return say(binding.description) if binding.description.startswith(_PREFIX) else ""


def bindings_of(owner: type) -> list[Binding]:
    """Return the bindings that a class and its bases among genchat's own classes declare."""
    own = [base for base in owner.__mro__ if base.__module__.startswith("genchat.")]
    return [each for base in own for each in vars(base).get("BINDINGS", ()) if isinstance(each, Binding)]


_NAMES = {
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "escape": "Esc",
    "enter": "Enter",
    "tab": "Tab",
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
    "equals_sign": "=",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
}


_MODIFIERS = {"ctrl": "Ctrl+", "shift": "Shift+", "alt": "Alt+"}
_SHORT_MODIFIERS = {"ctrl": "^", "shift": "⇧", "alt": "Alt+"}


def key_name(binding: Binding) -> str:
    """Return how the first key of a binding is written: Ctrl+P, F1, ←."""
    return binding.key_display or _written(binding.key.partition(",")[0], _MODIFIERS)


def short_key_name(binding: Binding) -> str:
    """Return the shortest form of that name, for the line of keys at the foot of the screen: ^P."""
    return binding.key_display or _written(binding.key.partition(",")[0], _SHORT_MODIFIERS)


def key_names(binding: Binding) -> str:
    """Return the names of all keys of a binding."""
    return "  ".join(_written(key, _MODIFIERS) for key in binding.key.split(","))


def _written(key: str, marks: dict[str, str]) -> str:
    *modifiers, last = key.split("+")
    name = _NAMES.get(last, last.upper() if (last[0] == "f" and last[1:].isdigit()) or "ctrl" in modifiers else last)
    return "".join(marks[modifier] for modifier in modifiers) + name
