"""The keys that a person chose: a preset and single choices, as the keymap that Textual applies to the bindings.

A choice that would leave a key with two meanings in one mode, or take a letter from the prompt, is refused; the rest
holds.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from types import MappingProxyType

from textual.binding import Binding

from genchat.engine.errors import SettingsError
from genchat.engine.language import say
from genchat.engine.settings import Settings
from genchat.engine.text import safe_line
from genchat.tui.keys import description, key_name

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


def chosen_keys(preset: str, choices: Mapping[str, str]) -> ChosenKeys:
    """Return the keys that hold: the preset, then each choice that clashes with nothing."""
    if preset == "none" and not choices:
        return ChosenKeys({})
    known = _all_ids()
    refused = [_unknown(name, known) for name in choices if name not in known]
    from_preset = dict(PRESETS[preset])
    chosen = {name: keys for name, keys in choices.items() if name in known}
    while (problem := next(_problems({**from_preset, **chosen}, chosen), None)) is not None:
        name, reason = problem
        if name in chosen:
            del chosen[name]
            refused.append(reason)
        else:
            del from_preset[name]  # gives way to what was chosen by hand
    return ChosenKeys({**from_preset, **chosen}, tuple(refused))


def check_choice(settings: Settings, binding: str, keys: str) -> None:
    """Raise SettingsError, with the reason, where these keys cannot do what the binding does."""
    before = chosen_keys(settings.key_preset, {name: each for name, each in settings.keys.items() if name != binding})
    after = chosen_keys(settings.key_preset, {**settings.keys, binding: keys})
    for reason in after.refused:
        if reason not in before.refused:
            raise SettingsError("keys_refused", reason=reason)


def remapped(binding: Binding, keymap: Keymap) -> Binding:
    """Return a binding with the keys that it has under the keymap."""
    keys = keymap.get(binding.id or "")
    return binding if keys is None else replace(binding, key=keys, key_display=None)


def _all_ids() -> frozenset[str]:
    from genchat.tui.key_modes import MODES, MORE_SCREENS, bindings_in

    return frozenset(binding.id or "" for mode in (*MODES, *MORE_SCREENS) for binding in bindings_in(mode))


def _unknown(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, 1, 0.5)
    if near:
        return say("keymap.unknown_near", name=safe_line(name), near=near[0])
    return say("keymap.unknown", name=safe_line(name))


def _problems(keymap: Keymap, choices: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield (id, why it cannot be)."""
    from genchat.tui.key_modes import MODES, MORE_SCREENS, PROMPT, bindings_in, title_of, together_with

    for mode in (*MODES, *MORE_SCREENS):
        own = bindings_in(mode)
        for binding in own:
            if binding.id is None or binding.id not in keymap:
                continue
            alike = [other for other in own if other.id != binding.id and set(_keys(other)) & set(_keys(binding))]
            if alike:
                yield binding.id, say("keymap.shared", name=binding.id)
            for key in _keys(remapped(binding, keymap)):
                if _is_written(key) and (binding.priority or mode == PROMPT):
                    yield binding.id, say("keymap.letter", name=binding.id, pressed=key)
        owners: dict[str, Binding] = {}
        for binding in sorted(together_with(mode), key=lambda each: _yields(each.id, keymap, choices)):
            for key in _keys(remapped(binding, keymap)):
                other = owners.setdefault(key, binding)
                if other.id != binding.id and binding.id is not None and binding.id in keymap:
                    values = {"other": description(other), "mode": title_of(mode)}
                    pressed = key_name(replace(binding, key=key, key_display=None))
                    yield binding.id, say("keymap.clash", name=binding.id, pressed=pressed, **values)


def _yields(name: str | None, keymap: Keymap, choices: Mapping[str, str]) -> int:
    """Return who gives way in a clash, the highest first: what a preset gave, then a choice, never what stands."""
    if name not in keymap:
        return 0
    return 1 if name in choices else 2


def _keys(binding: Binding) -> list[str]:
    return [key.strip() for key in binding.key.split(",")]


def _is_written(key: str) -> bool:
    return len(key) == 1 or key == "space"
