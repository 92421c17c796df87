"""What stands in the prompt is shown safe and sent unchanged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genchat.engine.text import safe, set_aside, shown_aside, taken_back
from genchat.tui.widgets.line_input import LineInput
from tests.tui.hostile_app import ATTACKS, HOSTILE
from tests.tui.support import chat, make_app, text_of, until


@given(st.text(st.one_of(st.characters(), st.sampled_from("\x1b\x9b\u202e\ufeff\U000e0001\U000e0fff"))))
def test_what_is_set_aside_comes_back_and_nothing_unsafe_is_left_to_show(text: str) -> None:
    if not any("\U000f0000" <= character <= "\U00100fff" for character in text):
        assert taken_back(set_aside(text)) == text
    shown = shown_aside(set_aside(text))
    assert all(safe(character) == character or character == "\u200d" for character in shown)
    assert len(set_aside(text)) == len(text)


@pytest.mark.parametrize("attack", ATTACKS)
async def test_an_attack_in_the_prompt_is_shown_and_sent_as_it_is(attack: str) -> None:
    app = make_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: chat(app).session.backend is not None)
        chat(app).prompt.write(f"a{attack}b")
        await pilot.pause()
        for line in text_of(app).split("\n"):
            assert safe(line) == line
        await pilot.press("enter")
        await until(pilot, lambda: chat(app).session.dialogue.path)
        assert chat(app).session.dialogue.path[0].text == f"a{attack}b"


async def test_a_pasted_attack_is_set_aside_too() -> None:
    app = make_app()
    async with app.run_test(size=(160, 36)) as pilot:
        chat(app).prompt.insert(HOSTILE)
        await pilot.pause()
        assert all(safe(line) == line for line in text_of(app).split("\n"))
        assert chat(app).prompt.text == HOSTILE


def test_fields_of_one_line_keep_nothing_unsafe() -> None:
    assert LineInput().validate_value("a\x1b]0;x\x07b") == safe("a\x1b]0;x\x07b")
