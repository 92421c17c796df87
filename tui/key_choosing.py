"""Which of the keys that a person chose can be used.

A choice that would leave a key with two meanings in one mode, or take a letter from the prompt, is refused; the rest
holds.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches

from textual.binding import Binding

from genchat.engine.errors import SettingsError
from genchat.engine.language import say
from genchat.engine.text import safe_line
from genchat.tui.key_modes import PROMPT, Modes
from genchat.tui.keymap import PRESETS, ChosenKeys, Keymap, remapped
from genchat.tui.keys import description, key_name


def chosen_keys(program: type, preset: str, choices: Mapping[str, str]) -> ChosenKeys:
    """Return the keys that hold: the preset, then each choice that clashes with nothing.

    `program` is the app's class.
    """
    modes = Modes(program)
    known = {binding.id or "" for mode in modes.names for binding in modes.own(mode)}
    refused = [_unknown(name, known) for name in choices if name not in known]
    from_preset = dict(PRESETS[preset])
    chosen = {name: keys for name, keys in choices.items() if name in known}
    while (problem := next(_problems(modes, {**from_preset, **chosen}, chosen), None)) is not None:
        name, reason = problem
        if name in chosen:
            del chosen[name]
            refused.append(reason)
        else:
            del from_preset[name]  # gives way to what was chosen by hand
    return ChosenKeys({**from_preset, **chosen}, tuple(refused))


def check_choice(program: type, preset: str, choices: Mapping[str, str], binding: str, keys: str) -> None:
    """Raise SettingsError, with the reason, where these keys cannot do what the binding does."""
    others = {name: chosen for name, chosen in choices.items() if name != binding}
    before = chosen_keys(program, preset, others).refused
    for reason in chosen_keys(program, preset, {**others, binding: keys}).refused:
        if reason not in before:
            raise SettingsError("keys_refused", reason=reason)


def _unknown(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, 1, 0.5)
    if near:
        return say("keymap.unknown_near", name=safe_line(name), near=near[0])
    return say("keymap.unknown", name=safe_line(name))


def _problems(modes: Modes, keymap: Keymap, choices: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield (id, why it cannot be)."""
    for mode in modes.names:
        own = modes.own(mode)
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
        for binding in sorted(modes.together(mode), key=lambda each: _yields(each.id, keymap, choices)):
            for key in _keys(remapped(binding, keymap)):
                other = owners.setdefault(key, binding)
                if other.id != binding.id and binding.id is not None and binding.id in keymap:
                    values = {"other": description(other), "mode": modes.title(mode)}
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
