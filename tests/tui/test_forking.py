"""Forks on the screen: candidates are walked and taken, the branch grows beside the old one, and u goes back."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from genchat.engine.answering.rag_backend import RagBackend
from genchat.engine.contract import ReplySettings
from genchat.engine.errors import HistoryError, ModelNotFound
from genchat.engine.local_backend import LocalBackend
from genchat.engine.retrieval.library import Library
from genchat.engine.retrieval.retriever import Retriever
from genchat.engine.sampling import SamplingSettings
from genchat.tui.app import GenchatApp
from genchat.tui.chat.dialogue import Status, Turn
from genchat.tui.screens.type_token import TypeScreen
from tests.fakes import ByteTokenizer, HashModel, ScriptModel
from tests.tui.support import FewKnown, Gated, Source, chat, dialog, make_app, say, script, store, text_of, until

DRAWN = ReplySettings(SamplingSettings(temperature=1.0, top_p=1.0, seed=5), 40)


def hash_backend() -> LocalBackend:
    return LocalBackend(HashModel("script"))


def last(app) -> Turn:  # type: ignore[no-untyped-def]
    reply = chat(app).session.dialogue.last_reply
    assert isinstance(reply, Turn)
    return reply


async def ended(pilot, app, before: Turn) -> Turn:  # type: ignore[no-untyped-def]
    """The reply that came after `before`, when it has ended."""
    await until(pilot, lambda: last(app) is not before and chat(app).session.live is None)
    await pilot.pause()
    return last(app)


async def test_enter_walks_the_candidates_and_takes_one() -> None:
    app = make_app(Source({"script": hash_backend}), settings=DRAWN)
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        reply = last(app)
        await pilot.press("f4", "home", "right", "right", "enter")
        assert chat(app).focused is chat(app).panel
        assert "›" in "\n".join(strip.text for strip in chat(app).panel._lines)
        chosen = reply.records[2].token
        while chat(app).panel._walk.token == chosen:
            await pilot.press("down" if reply.records[2].rank == 1 else "up")
        other = chat(app).panel._walk.token
        await pilot.press("enter")
        fork = await ended(pilot, app, reply)
        assert fork.siblings == [reply, fork]
        assert [record.token for record in fork.records[:3]] == [*(r.token for r in reply.records[:2]), other]
        assert [record.candidates for record in fork.records[:2]] == [r.candidates for r in reply.records[:2]]
        assert fork.text.startswith("".join(r.text for r in reply.records[:2]))
        assert fork.status is Status.DONE or fork.status is Status.LENGTH
        assert chat(app).focused is chat(app).transcript


@pytest.mark.parametrize("place", [0, 3])
async def test_taking_the_same_token_writes_the_same_text(place: int) -> None:
    app = make_app(Source({"script": hash_backend}), settings=DRAWN)
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        reply = last(app)
        await pilot.press("f4", "home", *["right"] * place, "enter", "enter")
        fork = await ended(pilot, app, reply)
        assert fork.text == reply.text
        assert [record.token for record in fork.records] == [record.token for record in reply.records]
        assert [record.label for record in fork.records] == [record.label for record in reply.records]


async def test_undo_shows_the_branch_the_fork_came_from_and_loses_nothing() -> None:
    app = make_app(Source({"script": hash_backend}), settings=DRAWN)
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        reply = last(app)
        await pilot.press("f4", "home", "right", "enter", "down", "enter")
        fork = await ended(pilot, app, reply)
        await pilot.press("u")
        await pilot.pause()
        assert last(app) is reply
        assert chat(app).transcript.cursor == (reply, 1)
        await pilot.press("right_square_bracket")
        assert last(app) is fork


async def test_forks_are_reached_in_the_strip_at_80_columns() -> None:
    app = make_app(Source({"script": hash_backend}), settings=DRAWN)
    async with app.run_test(size=(80, 24)) as pilot:
        await say(pilot, "oi")
        reply = last(app)
        await pilot.press("f4", "home", "enter")
        assert chat(app).focused is chat(app).strip
        assert chat(app).transcript.region, "the conversation stays in sight"
        for _ in range(8):
            await pilot.press("down")
        assert text_of(app).count("›") >= 1
        walked = chat(app).strip._walk.token
        await pilot.press("enter")
        fork = await ended(pilot, app, reply)
        assert fork.records[0].token == walked


async def test_forks_are_reached_where_only_the_panel_fits() -> None:
    app = make_app(Source({"script": hash_backend}), settings=DRAWN)
    async with app.run_test(size=(60, 20)) as pilot:
        await say(pilot, "oi")
        reply = last(app)
        await pilot.press("f4", "home", "enter")
        await pilot.pause()
        assert chat(app).focused is chat(app).panel
        await pilot.press("escape")
        await pilot.pause()
        assert chat(app).focused is chat(app).transcript
        assert chat(app).transcript.region
        await pilot.press("enter", "enter")
        assert (await ended(pilot, app, reply)).text == reply.text


async def test_a_click_marks_a_candidate() -> None:
    app = make_app(Source({"script": hash_backend}), settings=DRAWN)
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        await pilot.press("f4", "home")
        panel = chat(app).panel
        rows = panel._walk._rows
        await pilot.click("#panel", offset=(6, panel._walk._top + 3))
        await pilot.pause()
        assert panel._walk.token == rows[3].token
        assert "›" in panel._lines[panel._walk._top + 3].text


async def test_escape_goes_back_to_the_tokens_and_arrows_move_the_open_token() -> None:
    app = make_app(Source({"script": script("abcd")}))
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        await pilot.press("f4", "home", "enter", "right")
        assert "token 2 of 5" in text_of(app)
        assert chat(app).focused is chat(app).panel
        await pilot.press("escape")
        await pilot.pause()
        assert chat(app).focused is chat(app).transcript


async def test_a_fork_is_kept_with_the_place_and_the_trace_of_what_it_kept(tmp_path: Path) -> None:
    source = Source({"script": hash_backend})
    settings = ReplySettings(SamplingSettings(temperature=0.9, top_k=4, seed=5), 40)
    with store(tmp_path) as history:
        app = make_app(source, history=history, settings=settings)
        async with app.run_test(size=(120, 36)) as pilot:
            await say(pilot, "oi")
            reply = last(app)
            await pilot.press("f4", "home", "right", "right", "right", "enter", "down", "enter")
            fork = await ended(pilot, app, reply)
            kept = chat(app).session.stored_id
        assert fork.stored is not None
        assert reply.stored is not None
        told = history.message(fork.stored).data["fork"]
        assert (told["from"], told["at"], told["how"]) == (reply.stored, 3, "candidate")
        trace, before = history.trace(fork.stored), history.trace(reply.stored)
        assert trace is not None
        assert before is not None
        assert trace.tokens[:3] == before.tokens[:3]
        for copied, original in zip(trace[:3], before[:3], strict=True):
            assert copied.raw.top(5) == original.raw.top(5)
            assert copied.drawn_from.top(4) == original.drawn_from.top(4)
            assert (copied.cut, copied.kept, copied.rank) == (original.cut, original.kept, original.rank)
            assert copied.cut
        run, first_run = history.run(fork.stored), history.run(reply.stored)
        assert run is not None
        assert first_run is not None
        assert (run.seed, run.checksum) == (first_run.seed, first_run.checksum)
    with store(tmp_path) as history:
        app = make_app(source, history=history, settings=DRAWN, conversation=kept)
        async with app.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: chat(app).session.stored_id == kept)
            await pilot.press("f4", "u")
            await pilot.pause()
            assert last(app).stored == reply.stored


async def test_a_reply_from_the_history_is_forked_by_the_model_that_wrote_it(tmp_path: Path) -> None:
    source = Source({"script": hash_backend, "other": script("x", "other")})
    with store(tmp_path) as history:
        app = make_app(source, history=history, settings=DRAWN)
        async with app.run_test(size=(120, 36)) as pilot:
            await say(pilot, "oi")
            text, kept = last(app).text, chat(app).session.stored_id
    with store(tmp_path) as history:
        app = make_app(source, history=history, settings=DRAWN, model="other", conversation=kept)
        async with app.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: chat(app).session.stored_id == kept)
            await until(pilot, lambda: chat(app).session.backend)
            reply = last(app)
            await pilot.press("f4", "home", "right", "enter", "enter")
            fork = await ended(pilot, app, reply)
            assert source.opened[-1] == "script", "it was opened on demand"
            assert fork.text == text
            assert fork.speaker == "script"


async def test_a_stopped_reply_goes_on() -> None:
    settings = ReplySettings(DRAWN.sampling, 4)
    app = make_app(Source({"script": lambda: LocalBackend(ScriptModel("Bom dia, mundo."))}), settings=settings)
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        reply = last(app)
        assert reply.status is Status.LENGTH
        chat(app).session.settings = ReplySettings(SamplingSettings(temperature=0, seed=1), 40)
        reply.settings = chat(app).session.settings
        await pilot.press("f4", "c")
        went_on = await ended(pilot, app, reply)
        assert went_on.text.startswith(reply.text)
        assert len(went_on.records) > 4
        assert reply.status is Status.LENGTH, "the old one stays as it was"


async def test_any_text_can_be_typed_at_a_place_with_its_probability_shown() -> None:
    app = make_app(Source({"script": lambda: LocalBackend(ScriptModel("Bom dia, mundo."))}))
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        reply = last(app)
        await pilot.press("f4", "home", "right", "right", "right", "e")
        await dialog(pilot, TypeScreen)
        await pilot.press("!", "?")
        await until(pilot, lambda: "2 tokens: ! ?" in text_of(app))
        assert "1 in " in text_of(app), "next to impossible, and told all the same"
        await pilot.press("enter")
        fork = await ended(pilot, app, reply)
        assert fork.text.startswith("Bom!?")
        assert [record.rank for record in fork.records[:3]] == [1, 1, 1]
        assert fork.records[3].log_prob == pytest.approx(math.log(0.1 / 258), abs=1e-4)
        assert len(fork.records) > 5, "the model goes on after what was typed"


class Letters(HashModel):
    """Knows no capital letters."""

    class Tokenizer(ByteTokenizer):
        def unknown_in(self, text: str) -> list[str]:
            return [letter for letter in dict.fromkeys(text) if letter.isupper()]

    tokenizer = Tokenizer()


async def test_a_text_that_the_vocabulary_cannot_write_is_refused_with_the_reason() -> None:
    app = make_app(Source({"script": lambda: LocalBackend(Letters("script"))}), settings=DRAWN)
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        reply = last(app)
        await pilot.press("f4", "home", "e")
        await dialog(pilot, TypeScreen)
        await pilot.press("a", "B", "enter")
        await until(pilot, lambda: "cannot write this: B" in text_of(app))
        assert isinstance(app.screen, TypeScreen), "nothing is lost of what was typed"
        await pilot.press("escape")
        await pilot.pause()
        assert last(app) is reply


async def test_the_tokens_of_the_question_are_scored_and_can_be_rewritten() -> None:
    app = make_app(Source({"script": hash_backend}), settings=DRAWN)
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "bom dia")
        question = chat(app).session.dialogue.path[0]
        await pilot.press("f4", "home", "up")
        await until(pilot, lambda: question.records)
        await pilot.pause()
        assert chat(app).transcript.cursor == (question, 6)
        model = HashModel("script")
        cursor = model.start([256, *b"bom d"])
        believed = cursor.log_probs()
        await pilot.press("left")
        assert question.records[5].log_prob == pytest.approx(float(believed[ord("i")]), abs=1e-5)
        await pilot.press("left", "e")
        await dialog(pilot, TypeScreen)
        await pilot.press("D", "enter")
        await pilot.pause()
        assert chat(app).prompt.text == "bom Dia"
        await pilot.press("enter")
        await until(pilot, lambda: chat(app).session.dialogue.path[0] is not question)
        await until(pilot, lambda: chat(app).session.live is None)
        assert [turn.text for turn in question.siblings] == ["bom dia", "bom Dia"]
        await pilot.pause()
        await pilot.press("f4", "left_square_bracket")
        assert chat(app).session.dialogue.path[0] is question, "versions of questions are reached past those of replies"


async def test_again_and_edit_act_on_the_exchange_under_the_cursor() -> None:
    app = make_app(Source({"script": script("ab")}))
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "one")
        await say(pilot, "two")
        path = chat(app).session.dialogue.path
        await pilot.press("f4", "left", "left")
        assert chat(app).transcript.cursor == (path[1], 2)
        await pilot.press("f7")
        assert chat(app).prompt.text == "one"
        await pilot.press("escape", "f4", "home", "f5")
        await until(pilot, lambda: len(path[0].children) == 2 and chat(app).session.live is None)
        assert path[0].children[1].text == "ab"
        assert len(chat(app).session.dialogue.path) == 2


async def test_a_model_that_is_gone_is_told_and_nothing_is_begun(tmp_path: Path) -> None:
    with store(tmp_path) as history:
        app = make_app(Source({"script": hash_backend}), history=history, settings=DRAWN)
        async with app.run_test(size=(120, 36)) as pilot:
            await say(pilot, "oi")
            kept = chat(app).session.stored_id

    def gone() -> LocalBackend:
        raise ModelNotFound("model_not_found", name="script", known="other")

    with store(tmp_path) as history:
        source = Source({"script": gone, "other": script("x", "other")})
        app = make_app(source, history=history, model="other", conversation=kept)
        async with app.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: chat(app).session.stored_id == kept)
            reply = last(app)
            await pilot.press("f4", "home", "enter", "down", "enter")
            await until(pilot, lambda: any("cannot be opened" in note.message for note in app._notifications))
            assert last(app) is reply
            assert reply.siblings == [reply]


async def test_a_model_that_has_changed_is_told_and_nothing_is_begun(tmp_path: Path) -> None:
    with store(tmp_path) as history:
        app = make_app(Source({"script": hash_backend}), history=history, settings=DRAWN)
        async with app.run_test(size=(120, 36)) as pilot:
            await say(pilot, "oi")
            kept = chat(app).session.stored_id

    def changed() -> LocalBackend:
        model = HashModel("script")
        model.info = replace(model.info, checksum="1" * 64)
        return LocalBackend(model)

    with store(tmp_path) as history:
        app = make_app(Source({"script": changed}), history=history, conversation=kept)
        async with app.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: chat(app).session.stored_id == kept)
            await until(pilot, lambda: chat(app).session.backend)
            reply = last(app)
            await pilot.press("f4", "home", "enter", "down", "enter")
            await until(pilot, lambda: any("checksum differs" in note.message for note in app._notifications))
            assert last(app) is reply
            assert reply.siblings == [reply]


async def test_a_remote_model_is_told_to_be_remote() -> None:
    app = make_app(Source({"script": FewKnown}))
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        reply = last(app)
        await pilot.press("f4", "enter", "down", "enter")
        await until(pilot, lambda: any("runs on a server" in note.message for note in app._notifications))
        assert reply.siblings == [reply]


async def test_two_programs_fork_one_conversation_and_both_branches_are_kept(tmp_path: Path) -> None:
    source = Source({"script": hash_backend})
    with store(tmp_path) as history, store(tmp_path) as other:
        app = make_app(source, history=history, settings=DRAWN)
        async with app.run_test(size=(120, 36)) as pilot:
            await say(pilot, "oi")
            reply, kept = last(app), chat(app).session.stored_id
            second = make_app(source, history=other, settings=DRAWN, conversation=kept)
            async with second.run_test(size=(120, 36)) as elsewhere:
                await until(elsewhere, lambda: chat(second).session.stored_id == kept)
                await until(elsewhere, lambda: chat(second).session.backend)
                theirs = last(second)
                await elsewhere.press("f4", "home", "enter", "down", "enter")
                await ended(elsewhere, second, theirs)
            await pilot.press("f4", "home", "right", "enter", "down", "enter")
            await ended(pilot, app, reply)
        assert reply.stored is not None
        forks = [message.data.get("fork", {}).get("at") for message in history.siblings(reply.stored)]
        assert forks == [None, 0, 1]


async def test_a_fork_in_a_conversation_that_is_gone_goes_on_and_is_told_to_be_unkept(tmp_path: Path) -> None:
    with store(tmp_path) as history, store(tmp_path) as other:
        app = make_app(Source({"script": hash_backend}), history=history, settings=DRAWN)
        async with app.run_test(size=(120, 36)) as pilot:
            await say(pilot, "oi")
            reply = last(app)
            other.delete(str(chat(app).session.stored_id))
            await pilot.press("f4", "home", "enter", "down", "enter")
            fork = await ended(pilot, app, reply)
            assert fork.text
            assert any("not saved" in note for note in fork.notes)


async def test_a_text_is_laid_under_the_microscope_and_nothing_is_written(tmp_path: Path) -> None:
    with store(tmp_path) as history:
        source = Source({"script": hash_backend})
        app = GenchatApp(source, history, DRAWN, "script", inspected="bom dia")
        async with app.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: chat(app).transcript.cursor is not None)
            text = chat(app).session.dialogue.path[0]
            assert chat(app).transcript.cursor == (text, 0)
            assert "token 1 of 7" in text_of(app)
            await pilot.press("right")
            assert "token 2 of 7" in text_of(app)
            assert chat(app).session.dialogue.path == [text]
            assert history.conversations() == ()
            await pilot.press("right", "right", "enter", "down", "enter")
            await until(pilot, lambda: len(chat(app).session.dialogue.path) == 2 and chat(app).session.live is None)
            begun, reply = chat(app).session.dialogue.path
            assert begun.text[:3] == "bom", "what stands before the token is kept"
            assert len(begun.text) == 4
            assert reply.text, "and the model continues from there"


async def test_free_texts_are_forked_like_replies() -> None:
    app = make_app(Source({"script": hash_backend}), settings=DRAWN)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("f8")
        await say(pilot, "era uma vez")
        reply = last(app)
        await pilot.press("f4", "home", "right", "enter", "enter")
        fork = await ended(pilot, app, reply)
        assert fork.text == reply.text
        assert fork.free_text


async def test_arrows_steer_a_free_text_at_its_end(tmp_path: Path) -> None:
    settings = ReplySettings(SamplingSettings(temperature=0, seed=1), 4)
    with store(tmp_path) as history:
        app = make_app(
            Source({"script": lambda: LocalBackend(HashModel("script"))}), history=history, settings=settings
        )
        async with app.run_test(size=(120, 36)) as pilot:
            await pilot.press("f8")
            await say(pilot, "era")
            reply = last(app)
            text = reply.text
            await pilot.press("f4", "right")
            await until(pilot, lambda: last(app) is not reply)
            await pilot.pause()
            steered = last(app)
            assert len(steered.records) == 5
            assert steered.records[4].token is None, "the next token is not chosen yet"
            expected = [int(row.token) for row in steered.records[4].rows(2)]
            await pilot.press("right")
            await until(pilot, lambda: len(steered.records) == 6)
            assert steered.records[4].token == expected[0]
            assert steered.records[4].rank == 1
            await pilot.press("left")
            await until(pilot, lambda: len(steered.records) == 5)
            await pilot.press("enter", "down", "right")
            await until(pilot, lambda: len(steered.records) == 6)
            assert steered.records[4].token == expected[1], "the marked candidate is the one appended"
            await pilot.press("left", "left", "left")
            await until(pilot, lambda: len(steered.records) <= 5)
            await until(pilot, lambda: chat(app).steering._asked is None)
            assert (reply.text, len(reply.records)) == (text, 4), "the old version stays as it was"
            await pilot.press("right")
            await until(pilot, lambda: chat(app).steering._asked is None)
            kept = [record.token for record in steered.records[:-1]]
        assert steered.stored is not None
        message, trace = history.message(steered.stored), history.trace(steered.stored)
        assert trace is not None
        assert list(trace.tokens) == kept
        assert message.text == steered.text
        assert message.data["fork"]["from"] == reply.stored


async def test_arrows_do_not_steer_elsewhere() -> None:
    app = make_app(Source({"script": script("abc")}))
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        reply = last(app)
        await pilot.press("f4", "right", "right")
        await pilot.pause()
        assert last(app) is reply
        assert len(reply.records) == 4


async def test_a_history_that_turns_read_only_keeps_nothing_and_the_fork_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise HistoryError("history_read_only", path="history.db")

    with store(tmp_path) as history:
        app = make_app(Source({"script": hash_backend}), history=history, settings=DRAWN)
        async with app.run_test(size=(120, 36)) as pilot:
            await say(pilot, "oi")
            reply = last(app)
            monkeypatch.setattr(history, "begin_reply", refuse)
            await pilot.press("f4", "home", "right", "enter", "enter")
            fork = await ended(pilot, app, reply)
            assert fork.text == reply.text
            assert fork.stored is None
            assert any("not saved" in note for note in fork.notes)
            await pilot.press("u")
            await pilot.pause()
            assert last(app) is reply, "an unsaved fork is undone too"


async def test_a_reply_from_documents_keeps_its_sources_in_the_fork(tmp_path: Path) -> None:
    library = Library(tmp_path / "history.db")
    library.ensure_shipped()
    source = Source({"script": lambda: RagBackend(LocalBackend(HashModel("inner")), Retriever(library))})
    app = make_app(source, settings=DRAWN)
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "Quantas gramas de proteína por dia?")
        reply = last(app)
        assert reply.passages is not None
        assert reply.records[0].token is not None
        await pilot.press("f4", "home", "right", "enter", "enter")
        fork = await ended(pilot, app, reply)
        assert fork.text == reply.text
        assert fork.passages == reply.passages
        assert not any("read again" in note for note in fork.notes), "the past was at hand"


async def test_what_writes_without_tokens_says_what_can_be_done_instead() -> None:
    remote = Gated()
    remote.gate.release(3)
    app = make_app(Source({"script": lambda: remote}))
    async with app.run_test(size=(120, 36)) as pilot:
        chat(app).prompt.write("oi")
        await pilot.press("enter")
        await until(pilot, lambda: len(chat(app).session.dialogue.path) == 2 and last(app).text.count("word") == 3)
        await pilot.press("escape")
        await until(pilot, lambda: chat(app).session.live is None)
        await pilot.pause()
        reply = last(app)
        await pilot.press("f4", "c")
        await until(pilot, lambda: any("runs on a server" in note.message for note in app._notifications))
        assert reply.siblings == [reply]


async def test_a_question_that_no_model_here_can_read_is_told_and_passed_over() -> None:
    app = make_app(Source({"script": FewKnown}))
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        reply = last(app)
        await pilot.press("f4", "up")
        await until(pilot, lambda: any("runs on a server" in note.message for note in app._notifications))
        await pilot.press("up")
        assert chat(app).transcript.cursor == (reply, 0)
