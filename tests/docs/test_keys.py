"""docs/keys.md says what the bindings say, and no key has two meanings in one mode."""

import pytest

from genchat.tui.app import GenchatApp
from genchat.tui.key_modes import MODES, Modes
from tests.docs.key_table import DOCUMENT, STEP_BACK, keys_of, lines_of, sections

SECTIONS = sections(DOCUMENT.read_text(encoding="utf-8"))


@pytest.mark.parametrize("mode", MODES)
def test_the_document_equals_the_bindings(mode: str) -> None:
    assert SECTIONS[mode] == lines_of(mode), "write it again: python -m tests.docs.key_table"


@pytest.mark.parametrize("mode", SECTIONS)
def test_no_key_of_the_document_has_two_meanings_in_one_mode(mode: str) -> None:
    meanings: dict[str, set[str]] = {}
    for key, name in keys_of(SECTIONS[mode]):
        meanings.setdefault(key, set()).add(name)
    twice = {key for key, names in meanings.items() if len(names) > 1}
    assert not twice - {"Esc"}


@pytest.mark.parametrize("mode", MODES)
def test_no_key_of_a_part_means_something_else_everywhere(mode: str) -> None:
    """A widget's keys and those of the screen around it are in force together."""
    meanings: dict[str, set[str | None]] = {}
    for binding in Modes(GenchatApp).together(mode):
        for key in binding.key.split(","):
            meanings.setdefault(key, set()).add(binding.id)
    assert not {key for key, names in meanings.items() if len(names) > 1} - {STEP_BACK}


def test_no_terminal_key_that_is_another_one_is_bound() -> None:
    """Ctrl+M is Enter, Ctrl+I is Tab and Ctrl+H is Backspace on many terminals."""
    bound = {key for mode in MODES for binding in Modes(GenchatApp).own(mode) for key in binding.key.split(",")}
    assert not bound & {"ctrl+m", "ctrl+i", "ctrl+h"}
