"""The tree of a conversation: what branches share, where they part, and how they are walked, shown and compared."""

import random
from pathlib import Path

import pytest

from genchat.engine.conversation import Role
from genchat.tui.chat.dialogue import Dialogue, Turn
from genchat.tui.chat.tree import rows_of, shared_lengths
from genchat.tui.screens.tree import TreeScreen
from tests.tui.forked import Talk, answered, fork_once, over
from tests.tui.support import store, text_of, until


def grown(*replies: str) -> Dialogue:
    dialogue = Dialogue("breakfast")
    question = dialogue.add(Turn(Role.USER, "What is for breakfast?"))
    for text in replies:
        dialogue.add(Turn(Role.ASSISTANT, text, speaker="gpt"), question)
    return dialogue


def test_the_shared_past_stands_once_and_each_branch_from_where_it_parts() -> None:
    dialogue = grown("For breakfast eggs", "For breakfast bread", "Nothing")
    dialogue.append(Turn(Role.USER, "Why?"))
    rows = rows_of(dialogue)
    assert [(row.depth, row.shared, row.own) for row in rows] == [
        (0, "", "What is for breakfast?"),
        (1, "For breakfast ", "eggs"),
        (1, "For breakfast ", "bread"),
        (1, "", "Nothing"),
        (1, "", "Why?"),
    ]
    assert [row.shown for row in rows] == [True, False, False, True, True]


@pytest.mark.parametrize("seed", range(5))
def test_neighbours_in_order_share_most(seed: int) -> None:
    chance = random.Random(seed)
    texts = ["".join(chance.choices("ab ", k=chance.randrange(12))) for _ in range(20)]

    def common(one: str, other: str) -> int:
        return next(
            (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
        )

    for index, (text, length) in enumerate(zip(texts, shared_lengths(texts), strict=True)):
        most = max(common(text, other) for place, other in enumerate(texts) if place != index)
        assert length <= most
        assert length == most or (text[most - 1].isalnum() and text[most].isalnum())


def test_thousands_of_versions_and_a_deep_conversation_are_rows_too() -> None:
    dialogue = grown(*(f"reply {number}" for number in range(2000)))
    for number in range(5000):
        dialogue.append(Turn(Role.USER if number % 2 else Role.ASSISTANT, f"message {number}"))
    assert len(rows_of(dialogue)) == 7001


async def opened(talk: Talk) -> TreeScreen:
    """The tree, open."""
    await talk.pilot.press("ctrl+g")
    await until(talk.pilot, lambda: isinstance(talk.app.screen, TreeScreen))
    await talk.pilot.pause()
    assert isinstance(talk.app.screen, TreeScreen)
    return talk.app.screen


async def test_a_branch_is_chosen_in_the_tree_and_shown() -> None:
    async with answered((120, 36)) as talk:
        app, pilot, first = talk.app, talk.pilot, talk.first
        await fork_once(pilot)
        second = talk.newest
        assert second is not first
        screen = await opened(talk)
        assert screen.view.row is not None
        assert screen.view.row.turn is second
        assert screen.view.row.first == 1
        await pilot.press("up")
        assert screen.view.row.turn is first
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(app.screen, TreeScreen))
        assert talk.newest is first


async def test_two_branches_are_compared_and_escape_leaves_all_as_it_was() -> None:
    async with answered((80, 24)) as talk:
        app, pilot = talk.app, talk.pilot
        await fork_once(pilot)
        shown = talk.newest
        await opened(talk)
        await pilot.press("equals_sign", "up")
        await pilot.pause()
        lines = text_of(app).split("\n")
        assert any(line.lstrip().startswith("= ") for line in lines)
        assert any(line.lstrip().startswith("› ") for line in lines[12:])
        await pilot.press("escape")
        await pilot.pause()
        assert talk.newest is shown


async def test_the_branch_chosen_in_the_tree_is_the_one_a_later_start_opens(tmp_path: Path) -> None:
    with store(tmp_path) as history:
        async with answered((120, 36), history) as talk:
            app, pilot, first = talk.app, talk.pilot, talk.first
            await pilot.press("f5")
            await over(pilot)
            await opened(talk)
            await pilot.press("up", "enter")
            await until(pilot, lambda: not isinstance(app.screen, TreeScreen))
        conversation = history.conversations()[0].id
        assert [message.id for message in history.shown(conversation)][-1] == first.stored
