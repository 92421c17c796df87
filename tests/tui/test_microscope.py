"""The token cursor and what follows it: panel, strip, surprise line, evidence."""

from pathlib import Path

from genchat.engine.contract import ReplySettings
from genchat.engine.evidence import CorpusPlace, NgramEvidence, NgramLevel, NgramShare
from genchat.engine.local_backend import LocalBackend
from genchat.engine.sampling import SamplingSettings
from genchat.tui.widgets.panel import Panel
from tests.fakes import HashModel, ScriptModel
from tests.tui.support import FewKnown, Gated, Source, chat, make_app, say, script, store, text_of, until


class Counting(LocalBackend):
    """Explains every token by where it stands, and remembers what it was asked."""

    def __init__(self, text: str) -> None:
        super().__init__(ScriptModel(text))
        self.asked: list[tuple[object, int]] = []

    def explain(self, messages, reply_tokens):  # type: ignore[no-untyped-def]
        self.asked.append((messages, len(reply_tokens)))
        token = ord("x")
        place = CorpusPlace("corpus.txt", 100 + len(reply_tokens), "before match after", 7, 12)
        levels = (NgramLevel(1, (), 10, 1.0, 0.2), NgramLevel(2, (token,), 4, 0.2, 1.0))
        shares = {each: (NgramShare(1, 2, 10, 0.1), NgramShare(2, 3, 4, 0.6)) for each in range(259)}
        return NgramEvidence(2, 5, levels, shares, (token,), 3, (place,))


async def test_left_and_right_walk_the_tokens_and_the_panel_follows() -> None:
    app = make_app(Source({"script": script("abc")}))
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        assert "token 3 of 4" in text_of(app)
        await pilot.press("f4")
        assert chat(app).transcript.cursor == (chat(app).session.dialogue.last_reply, 2)
        await pilot.press("left", "left", "left")
        assert "token 1 of 4" in text_of(app)
        await pilot.press("right")
        assert "token 2 of 4" in text_of(app)
        await pilot.press("end")
        assert "token 3 of 4" in text_of(app)
        assert chat(app).transcript.cursor is None


async def test_the_cursor_goes_over_the_edges_of_replies() -> None:
    app = make_app(Source({"script": script("ab")}))
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "one")
        await say(pilot, "two")
        first = chat(app).session.dialogue.path[1]
        await pilot.press("f4", "left", "left")
        assert chat(app).transcript.cursor == (first, 2)
        await pilot.press("home")
        assert chat(app).transcript.cursor == (first, 0)


async def test_a_click_on_a_token_opens_it() -> None:
    app = make_app(Source({"script": script("abcdef")}))
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        lines = text_of(app).split("\n")
        row = next(index for index, line in enumerate(lines) if "abcdef" in line)
        column = lines[row].index("abcdef") + 3
        await pilot.click(offset=(column, row))
        await pilot.pause()
        assert chat(app).transcript.cursor == (chat(app).session.dialogue.last_reply, 3)
        assert "token 4 of 7" in text_of(app)


async def test_up_and_down_keep_the_column() -> None:
    text = "0123456789 " * 30
    app = make_app(Source({"script": script(text)}))
    async with app.run_test(size=(60, 24)) as pilot:
        await say(pilot, "oi")
        await pilot.press("f4", "home")
        await pilot.press("right", "right", "right", "down", "down")
        cursor = chat(app).transcript.cursor
        assert cursor is not None
        assert text[cursor[1]] == "3"
        assert cursor[1] > 60
        await pilot.press("up", "up")
        assert chat(app).transcript.cursor == (cursor[0], 3)


async def test_the_next_surprise_is_one_key_away() -> None:
    app = make_app(
        Source({"script": lambda: LocalBackend(HashModel())}),
        settings=ReplySettings(SamplingSettings(temperature=1, top_p=1, seed=1), 60),
    )
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        reply = chat(app).session.dialogue.last_reply
        assert reply is not None
        surprising = [place for place, record in enumerate(reply.records) if (record.surprisal or 0) >= 5]
        await pilot.press("f4", "home", "n")
        assert chat(app).transcript.cursor == (reply, next(place for place in surprising if place > 0))
        await pilot.press("end", "p")
        assert chat(app).transcript.cursor == (reply, surprising[-1])


async def test_the_first_step_back_freezes_the_panel_while_the_reply_goes_on() -> None:
    backend = Gated()
    app = make_app(Source({"script": lambda: backend}))
    async with app.run_test(size=(120, 36)) as pilot:
        chat(app).prompt.write("go")
        await pilot.press("enter")
        backend.gate.release(4)
        session = chat(app).session
        await until(pilot, lambda: session.live is not None and len(session.live.turn.records) == 4)
        await pilot.press("f4", "left")
        assert "token 3 of 4" in text_of(app)
        backend.gate.release(3)
        await until(pilot, lambda: session.live is not None and len(session.live.turn.records) == 7)
        await pilot.pause(0.05)
        assert chat(app).inspector.token == (session.dialogue.last_reply, 2)
        await pilot.press("end")
        assert "token 7 of 7" in text_of(app)
        await pilot.press("escape")
        await until(pilot, lambda: session.live is None)


async def test_the_panel_says_why_with_counts_split_and_source() -> None:
    backend = Counting("abc")
    app = make_app(Source({"script": lambda: backend}))
    async with app.run_test(size=(120, 40)) as pilot:
        await say(pilot, "oi")
        await until(pilot, lambda: "corpus.txt:102" in text_of(app))
        shown = text_of(app)
        assert "order 2 of 5" in shown
        assert "3/4" in shown
        assert "2/10" in shown
        assert "before match after" in shown
        await pilot.press("f4", "left")
        await until(pilot, lambda: "corpus.txt:101" in text_of(app))


async def test_why_is_asked_once_for_each_token() -> None:
    backend = Counting("abcdefgh")
    app = make_app(Source({"script": lambda: backend}))
    async with app.run_test(size=(120, 40)) as pilot:
        await say(pilot, "oi")
        await until(pilot, lambda: "corpus.txt:107" in text_of(app))
        await pilot.press("f4", "left", "left", "left", "left", "left")
        await until(pilot, lambda: "corpus.txt:102" in text_of(app))
        again = len(backend.asked)
        await pilot.press("end")
        await until(pilot, lambda: "corpus.txt:107" in text_of(app))
        assert len(backend.asked) == again


async def test_why_works_for_free_text_too() -> None:
    backend = Counting(" uma vez")
    app = make_app(Source({"script": lambda: backend}))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("f8")
        await say(pilot, "Era")
        await until(pilot, lambda: backend.asked and backend.asked[-1][1] == 7)
        assert backend.asked[-1][0] == "Era"


async def test_a_model_that_tells_few_says_so_and_one_that_tells_nothing_too() -> None:
    app = make_app(Source({"script": FewKnown}))
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        assert "This model reports only" in text_of(app)
    backend = Gated()
    app = make_app(Source({"script": lambda: backend}))
    async with app.run_test(size=(120, 36)) as pilot:
        backend.gate.release()
        chat(app).prompt.write("go")
        await pilot.press("enter")
        await until(pilot, lambda: "does not report its" in text_of(app))
        await pilot.press("escape")
        await until(pilot, lambda: chat(app).session.live is None)


async def test_all_candidates_of_a_small_vocabulary_can_be_seen() -> None:
    app = make_app(Source({"script": script("abc")}))
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        panel = app.screen.query_one("#panel", Panel)
        panel.focus()
        before = panel.virtual_size.height
        await pilot.press("a")
        assert panel.virtual_size.height >= before + 200


async def test_a_reopened_conversation_shows_its_stored_distributions(tmp_path: Path) -> None:
    history = store(tmp_path)
    sampled = ReplySettings(SamplingSettings(temperature=1.5, seed=3, top_k=5), 12)
    app = make_app(Source({"script": lambda: LocalBackend(HashModel())}), history=history, settings=sampled)
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        reply = chat(app).session.dialogue.last_reply
        assert reply is not None
        live = [[(row.token, row.cut_by) for row in record.rows(6)] for record in reply.records]
        ranks = [record.rank for record in reply.records]
    history.close()
    history = store(tmp_path)
    app = make_app(Source({"script": script("")}), history=history)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: chat(app).conversations.option_count > 1)
        chat(app).conversations.focus()
        await pilot.press("enter")
        await until(pilot, lambda: chat(app).session.dialogue.last_reply is not None)
        again = chat(app).session.dialogue.last_reply
        assert again is not None
        assert [[(row.token, row.cut_by) for row in record.rows(6)] for record in again.records] == live
        assert [record.rank for record in again.records] == ranks
        await pilot.press("f4", "home", *["right"] * (len(live) - 2))
        assert f"token {len(live) - 1} of {len(live)}" in text_of(app)
        assert "cut by top-k" in text_of(app)
    history.close()


async def test_surprise_colours_are_on_and_off_by_key() -> None:
    app = make_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        await pilot.press("f6")
        assert chat(app).transcript.tint == "surprise"
        assert "oi" in text_of(app)
        assert "Bom dia, mundo." in text_of(app)
        await pilot.press("f6", "f6", "f6", "f6")
        assert chat(app).transcript.tint == ""
