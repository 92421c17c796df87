"""One key, one meaning in each mode, and a page that says so."""

import pytest

from tests.docs.keys import DOCUMENT, TABLES, TOGETHER, bindings, tables

# Where two actions share a key, the program offers one of them at a time (`check_action`).
IN_TURNS = ({"stop", "home"},)
TERMINALS_SEND_THESE_FOR_OTHERS = {"ctrl+m", "ctrl+i", "ctrl+h"}


@pytest.mark.parametrize("mode", TOGETHER)
def test_no_key_has_two_meanings_in_one_mode(mode: str) -> None:
    meanings: dict[str, set[str]] = {}
    for group in TOGETHER[mode]:
        for binding in bindings(group):
            for key in binding.key.split(","):
                meanings.setdefault(key, set()).add(binding.action)
    assert {key: actions for key, actions in meanings.items() if len(actions) > 1 and actions not in IN_TURNS} == {}


@pytest.mark.parametrize("mode", TOGETHER)
def test_no_key_is_one_that_terminals_send_for_another(mode: str) -> None:
    keys = {key for group in TOGETHER[mode] for binding in bindings(group) for key in binding.key.split(",")}
    assert not keys & TERMINALS_SEND_THESE_FOR_OTHERS


def test_the_page_lists_the_bindings_as_they_are() -> None:
    written = TABLES.search(DOCUMENT.read_text(encoding="utf-8"))
    assert written is not None
    assert written[0] == tables()
