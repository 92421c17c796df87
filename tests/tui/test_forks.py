"""Candidates that are walked and taken, texts that are typed, replies that go on, forks that are undone."""

from pathlib import Path

from genchat.tui.chat.dialogue import Status
from genchat.tui.screens.type_token import TypeScreen
from tests.tui.forked import answered, fork_once, hash_app, over
from tests.tui.support import FewKnown, Source, chat, make_app, say, script, store, text_of, until


async def test_a_candidate_is_walked_to_and_taken_and_the_old_reply_stays() -> None:
    async with answered() as talk:
        app, pilot = talk.app, talk.pilot
        old = talk.first
        await pilot.press("f4", "home", "right", "right", "enter")
        assert app.focused is chat(app).panel
        rows = old.records[2].rows(8)
        standing = next(index for index, row in enumerate(rows) if row.token == old.records[2].token)
        await pilot.press("down" if standing == 0 else "up")
        wanted = rows[standing + 1 if standing == 0 else standing - 1]
        assert "›" in text_of(app)
        await pilot.press("enter")
        await over(pilot)
        new = talk.newest
        assert new is not old
        assert new.siblings == [old, new]
        assert [record.token for record in new.records[:2]] == [record.token for record in old.records[:2]]
        assert new.records[2].token == wanted.token
        assert new.settings == old.settings
        assert [record.by_hand for record in new.records[:4]] == [False, False, True, False]
        await pilot.press("f4", "u")
        await pilot.pause()
        assert talk.newest is old


async def test_taking_the_token_that_stands_there_writes_the_same_text() -> None:
    async with answered() as talk:
        pilot = talk.pilot
        old = talk.first
        await pilot.press("f4", "home", "right", "right", "right", "enter", "enter")
        await over(pilot)
        new = talk.newest
        assert new is not old
        assert new.text == old.text


async def test_the_strip_of_a_narrow_screen_is_walked_too() -> None:
    async with answered((80, 24)) as talk:
        app, pilot = talk.app, talk.pilot
        await pilot.press("f4", "home", "enter")
        assert app.focused is chat(app).strip
        await pilot.press("down", "enter")
        await over(pilot)
        assert len(talk.newest.siblings) == 2


async def test_a_text_is_typed_at_a_token() -> None:
    async with answered() as talk:
        pilot = talk.pilot
        old = talk.first
        await pilot.press("f4", "home", "right", "e")
        await until(pilot, lambda: isinstance(talk.app.screen, TypeScreen))
        await pilot.pause()
        await pilot.press("a", "b", "enter")
        await over(pilot)
        new = talk.newest
        assert [record.token for record in new.records[:3]] == [old.records[0].token, ord("a"), ord("b")]


async def test_a_reply_cut_by_its_length_goes_on() -> None:
    async with answered() as talk:
        pilot = talk.pilot
        old = talk.first
        assert old.status is Status.LENGTH
        await pilot.press("f4", "c")
        await over(pilot)
        new = talk.newest
        assert new.text.startswith(old.text)
        assert len(new.records) > len(old.records)


async def test_a_fork_is_kept_whole_and_can_be_forked_when_reopened(tmp_path: Path) -> None:
    with store(tmp_path) as history:
        async with answered(history=history) as talk:
            await fork_once(talk.pilot)
        app = hash_app(history)
        async with app.run_test(size=(120, 40)) as pilot:
            chat(app).conversation_manager.open(history.conversations()[0].id)
            await until(pilot, lambda: chat(app).session.dialogue.last_reply is not None)
            dialogue = chat(app).session.dialogue
            reopened = dialogue.last_reply
            assert reopened is not None
            assert len(reopened.siblings) == 2
            assert len(reopened.records) == 12
            await pilot.press("f4", "home", "right", "right", "enter", "enter")
            await over(pilot)
            new = dialogue.last_reply
            assert new is not None
            assert new is not reopened
            assert new.text == reopened.text


async def test_a_reply_whose_model_tells_a_few_tokens_only_says_that_it_cannot_be_forked() -> None:
    app = make_app(Source({"few": FewKnown}), model="few")
    async with app.run_test(size=(120, 40)) as pilot:
        await say(pilot, "oi")
        await pilot.press("f4", "enter", "down", "enter")
        await pilot.pause()
        assert any("cannot continue from within a reply" in note.message for note in app._notifications)
        assert len(chat(app).session.dialogue.path) == 2


async def test_n_says_when_no_token_was_improbable() -> None:
    app = make_app(Source({"script": script("abc")}))
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        await pilot.press("f4", "n")
        await pilot.pause()
        assert any("improbable enough" in note.message for note in app._notifications)


async def test_a_finished_reply_opens_its_most_surprising_word_and_not_its_end() -> None:
    async with answered((120, 36)) as talk:
        app = talk.app
        token = chat(app).inspector.token
        assert token is not None
        turn, index = token
        words = [record.surprisal or 0 for record in turn.records if not record.special]
        assert turn.records[index].surprisal == max(words)


async def test_f5_and_f7_act_on_the_exchange_under_the_cursor_and_its_versions_are_within_reach() -> None:
    app = make_app(Source({"script": script("ab")}))
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "one")
        await say(pilot, "two")
        dialogue = chat(app).session.dialogue
        first, reply, second, _ = dialogue.path
        await pilot.press("f4", "home", "f5")
        await over(pilot)
        assert len(first.children) == 2
        assert len(second.children) == 1
        await pilot.press("f4", "left_square_bracket")
        assert dialogue.path[1] is reply
        await pilot.press("f4", "home", "f7")
        await pilot.pause()
        assert chat(app).prompt.text == "one"
        chat(app).prompt.write("one more")
        await pilot.press("enter")
        await over(pilot)
        assert dialogue.path[0].text == "one more"
        await pilot.press("f4", "left_curly_bracket")
        assert dialogue.path[0] is first
