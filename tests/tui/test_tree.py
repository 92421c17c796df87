"""The tree of a conversation: what branches share, where they part, and how they are walked, shown, named, deleted and
compared.
"""

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from genchat.engine.contract import ReplySettings
from genchat.engine.conversation import Role
from genchat.engine.history import RunStart
from genchat.engine.history.branches import name_of
from genchat.engine.sampling import SamplingSettings
from genchat.tui.chat.branch_comparison import compared
from genchat.tui.chat.dialogue import Dialogue, Turn
from genchat.tui.chat.tree import first_word, read_facts, rows_of, shared_length, shared_lengths
from genchat.tui.dates import short_time
from genchat.tui.screens.ask import ConfirmScreen, LineScreen
from genchat.tui.screens.branches import BranchesScreen
from genchat.tui.screens.tree import TreeScreen
from genchat.tui.widgets.branch_columns import PARTING
from tests.tui.forked import fork_once, hash_app
from tests.tui.support import chat, dialog, say, script, store, text_of, until


def grown(*replies: str) -> Dialogue:
    dialogue = Dialogue("breakfast")
    question = dialogue.add(Turn(Role.USER, "What is for breakfast?"))
    for text in replies:
        dialogue.add(Turn(Role.ASSISTANT, text, speaker="gpt"), question)
    return dialogue


async def fork(pilot: Pilot[int]) -> None:
    """A reply, and a second one that parts from it at the second token."""
    await say(pilot, "oi")
    await fork_once(pilot)


async def tree(pilot: Pilot[int]) -> TreeScreen:
    """Open the tree, and wait until it tells what the history knows."""
    await pilot.press("ctrl+g")
    await until(pilot, lambda: isinstance(pilot.app.screen, TreeScreen))
    screen = pilot.app.screen
    assert isinstance(screen, TreeScreen)
    await until(pilot, lambda: screen.view.is_attached and screen.view.size.height and not screen.view.wanted())
    await pilot.pause()
    return screen


def test_every_turn_is_a_row_under_the_branching_it_follows() -> None:
    dialogue = grown("For breakfast eggs", "For breakfast bread", "Nothing")
    dialogue.append(Turn(Role.USER, "Why?"))
    rows = rows_of(dialogue)
    assert [(row.depth, row.turn.text[: row.same], row.turn.text[row.same :]) for row in rows] == [
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
        pairs = enumerate(zip(one, other, strict=False))
        return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))

    for index, (text, length) in enumerate(zip(texts, shared_lengths(texts), strict=True)):
        others = [other for place, other in enumerate(texts) if place != index]
        assert length == max(common(text, other) for other in others)
        assert [shared_length(text, other) for other in others] == [common(text, other) for other in others]


@pytest.mark.parametrize(
    ("text", "same", "word"),
    [
        ("the cat sat", 4, "cat"),
        ("the cat sat", 5, "cat"),
        ("the cat", 7, ""),
        ("the  cat sat", 3, "  cat"),
        ("", 0, ""),
    ],
)
def test_a_text_without_tokens_parts_with_a_whole_word(text: str, same: int, word: str) -> None:
    start, end = first_word(text, same)
    assert text[start:end] == word


def test_thousands_of_versions_and_a_deep_conversation_are_rows_too() -> None:
    dialogue = grown(*(f"reply {number}" for number in range(2000)))
    for number in range(5000):
        dialogue.append(Turn(Role.USER if number % 2 else Role.ASSISTANT, f"message {number}"))
    assert len(rows_of(dialogue)) == 7001


def test_removing_a_shown_version_shows_the_next_one_and_the_last_one_shows_the_one_before() -> None:
    dialogue = grown("one", "two", "three")
    first, second, third = dialogue.roots[0].children
    dialogue.show_branch(second)
    dialogue.remove(second)
    assert dialogue.leaf is third
    dialogue.remove(third)
    assert dialogue.leaf is first
    dialogue.remove(first)
    assert dialogue.leaf is dialogue.roots[0]


def test_removing_a_version_that_is_not_shown_changes_nothing_else() -> None:
    dialogue = grown("one", "two", "three")
    first, second, third = dialogue.roots[0].children
    dialogue.remove(first)
    assert dialogue.leaf is third
    dialogue.show_branch(second)
    dialogue.remove(third)
    assert dialogue.leaf is second


def test_branches_are_compared_from_the_first_turn_that_differs_to_their_ends() -> None:
    dialogue = grown("eggs and bread", "eggs and beans")
    question = dialogue.roots[0]
    one, other = question.children
    follows = dialogue.add(Turn(Role.USER, "why?"), other)
    comparison = compared(one, other)
    assert comparison is not None
    assert comparison.before is question
    assert (comparison.one, comparison.other) == ((one,), (other, follows))
    assert comparison.same == len("eggs and be") - 1
    assert compared(question, follows) is None


def test_times_are_short_and_say_more_the_older_they_are() -> None:
    now = datetime(2026, 12, 1, 12, tzinfo=UTC).astimezone()
    assert short_time(now.replace(hour=9, minute=5), now) == "09:05"
    assert short_time(now.replace(month=3, day=4), now) == "4 Mar"
    assert short_time(now.replace(year=2024, month=3), now) == "Mar 2024"


async def test_a_branch_is_chosen_in_the_tree_and_shown() -> None:
    app = hash_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await fork(pilot)
        dialogue = chat(app).session.dialogue
        second = dialogue.last_reply
        screen = await tree(pilot)
        assert screen.view.row is not None
        assert screen.view.row.turn is second
        await pilot.press("up")
        first = screen.view.row.turn
        assert first is not second
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(app.screen, TreeScreen))
        assert dialogue.last_reply is first


async def test_g_opens_the_tree_where_letters_are_no_text() -> None:
    app = hash_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        await pilot.press("f4", "g")
        await until(pilot, lambda: isinstance(app.screen, TreeScreen))


async def test_a_row_tells_the_token_it_parts_with_its_probability_surprise_model_and_state() -> None:
    app = hash_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await fork(pilot)
        turn = chat(app).session.dialogue.last_reply
        assert turn is not None
        screen = await tree(pilot)
        facts = screen.view.facts[id(turn)]
        assert facts.token is not None
        assert facts.token_log_prob == pytest.approx(turn.records[1].log_prob, abs=0.01)
        surprisals = [record.surprisal or 0 for record in turn.records]
        assert facts.bits == pytest.approx(sum(surprisals) / len(surprisals), abs=0.01)
        assert max(facts.sparks) == pytest.approx(max(surprisals), abs=0.02)
        assert facts.speaker == turn.speaker
        line = next(line for line in text_of(app).split("\n") if "›" in line)
        assert "●" in line
        assert "cut by its" in line
        assert "▁" in line or "▅" in line


def test_a_reply_that_another_goes_on_from_parts_with_its_end(tmp_path: Path) -> None:
    """The end marker has a place in the text that is empty."""
    with store(tmp_path) as history:
        settings = ReplySettings(SamplingSettings(temperature=0, seed=1), 60)
        question = history.add_message(history.new_conversation(), Role.USER, "oi", None)
        dialogue = Dialogue()
        asked = dialogue.add(Turn(Role.USER, "oi", stored=question.id))
        for text in ("Bom dia", "Bom dia, mundo"):
            backend = script(text)()
            recorder = history.begin_reply(question, RunStart.of(backend, settings))
            for event in backend.reply([question.as_message()], settings):
                recorder.add(event)
            kept = recorder.finish()
            dialogue.add(Turn(Role.ASSISTANT, kept.text, stored=kept.id), asked)
        short, long = rows_of(dialogue)[1:]
        facts = read_facts(history, [short, long])
        assert facts[id(short.turn)].token == (7, 7)
        longer = facts[id(long.turn)].token
        assert longer is not None
        assert long.turn.text[longer[0] : longer[1]] == ","


async def test_two_branches_are_compared_beside_each_other_and_escape_leaves_all_as_it_was() -> None:
    app = hash_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await fork(pilot)
        shown = chat(app).session.dialogue.last_reply
        await tree(pilot)
        await pilot.press("equals_sign", "up")
        await pilot.pause()
        parted = [line for line in text_of(app).split("\n") if PARTING in line]
        assert len(parted) == 1
        assert parted[0].count(PARTING) == 2
        await pilot.press("equals_sign")
        await until(pilot, lambda: isinstance(app.screen, BranchesScreen))
        await pilot.pause()
        assert text_of(app).count(PARTING) == 2
        assert text_of(app).count(" bits") == 2
        await pilot.press("escape", "escape", "escape")
        await until(pilot, lambda: not isinstance(app.screen, TreeScreen))
        assert chat(app).session.dialogue.last_reply is shown


async def test_the_branch_chosen_in_the_tree_is_the_one_a_later_start_opens(tmp_path: Path) -> None:
    with store(tmp_path) as history:
        app = hash_app(history)
        async with app.run_test(size=(120, 36)) as pilot:
            await fork(pilot)
            first = chat(app).session.dialogue.roots[0].children[0]
            await tree(pilot)
            await pilot.press("up", "enter")
            await until(pilot, lambda: not isinstance(app.screen, TreeScreen))
        conversation = history.conversations()[0].id
        assert [message.id for message in history.shown(conversation)][-1] == first.stored


async def test_a_branch_is_named_and_keeps_its_name(tmp_path: Path) -> None:
    with store(tmp_path) as history:
        app = hash_app(history)
        async with app.run_test(size=(120, 36)) as pilot:
            await fork(pilot)
            screen = await tree(pilot)
            await pilot.press("r")
            await dialog(pilot, LineScreen)
            app.screen.query_one(Input).value = "[bold]the \x1b[31mcold one"
            await pilot.press("enter")
            await until(pilot, lambda: app.screen is screen)
            await pilot.pause()
            assert "“[bold]the ␛[31mcold one”" in text_of(app)
            turn = chat(app).session.dialogue.last_reply
            assert turn is not None
            assert turn.stored is not None
            assert name_of(history.message(turn.stored).data).startswith("[bold]the")


async def test_a_deleted_branch_is_gone_and_its_sister_is_shown(tmp_path: Path) -> None:
    with store(tmp_path) as history:
        app = hash_app(history)
        async with app.run_test(size=(120, 36)) as pilot:
            await fork(pilot)
            dialogue = chat(app).session.dialogue
            first, second = dialogue.roots[0].children
            screen = await tree(pilot)
            await pilot.press("d")
            await dialog(pilot, ConfirmScreen)
            await pilot.press("enter")  # changes nothing
            await until(pilot, lambda: app.screen is screen)
            assert dialogue.last_reply is second
            await pilot.press("d")
            await dialog(pilot, ConfirmScreen)
            await pilot.press("y")
            await until(pilot, lambda: len(screen.view.rows) == 2)
            await pilot.press("escape")
            await until(pilot, lambda: not isinstance(app.screen, TreeScreen))
            assert dialogue.last_reply is first
            await pilot.press("f4", "u")  # what the fork came from is there, the fork is not
        conversation = history.conversations()[0].id
        assert [message.id for message in history.tree(conversation)] == [dialogue.roots[0].stored, first.stored]
        assert history.shown(conversation)[-1].id == first.stored


async def test_the_only_first_message_cannot_be_deleted_as_a_branch() -> None:
    app = hash_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await fork(pilot)
        screen = await tree(pilot)
        await pilot.press("home", "d")
        await until(pilot, lambda: any("F9" in note.message for note in app._notifications))
        assert app.screen is screen


async def test_a_branch_that_is_being_written_is_not_deleted() -> None:
    app = hash_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await fork(pilot)
        screen = await tree(pilot)
        screen._written = lambda: chat(app).session.dialogue.last_reply
        await pilot.press("d")
        await until(pilot, lambda: any("being written" in note.message for note in app._notifications))
        assert app.screen is screen
        await pilot.press("up", "d")
        await dialog(pilot, ConfirmScreen)


async def test_hostile_texts_are_shown_as_text() -> None:
    app = hash_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        dialogue = chat(app).session.dialogue
        for text in ("[red]a\x1b]0;title\x07", "[red]b\u202egnp\nsecond line"):
            dialogue.add(Turn(Role.ASSISTANT, text, speaker="\x1b[2J[b]x", family="gpt"), dialogue.roots[0])
        await tree(pilot)
        await pilot.press("equals_sign", "up")
        await pilot.pause()
        shown = text_of(app)
        assert "[red]" in shown
        assert "\x1b" not in shown
        assert "\u202e" not in shown
