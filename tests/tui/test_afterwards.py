"""What a person may want of a reply that is there: no documents, a second opinion, or to know how long to wait."""

import re
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from rich.segment import Segment
from textual.pilot import Pilot

from genchat.engine.contract import Backend, Event, Finish, Notice, Passage, Passages, ReplySettings, Step, StopSignal
from genchat.engine.conversation import Message, Role
from genchat.engine.distribution import unknown
from genchat.engine.errors import RemoteError, UsageError
from genchat.engine.local_backend import LocalBackend
from genchat.tui.app import GenchatApp
from genchat.tui.chat.dialogue import Status, Turn
from genchat.tui.chat.opinion_request import OpinionRequest
from tests.fakes import ByteTokenizer, HashModel
from tests.tui.support import Failing, Listing, Source, _NoTokens, chat, make_app, say, script, store, text_of, until

SAID = "A proteína ajuda [1]. A Lua é de queijo."


class Documents(_NoTokens):
    """Answers from a document, with a sentence that no source bears out; or abstains."""

    def __init__(self, inner: Backend | None, abstains: bool = False) -> None:
        self.without_documents = inner
        self._abstains = abstains

    def reply(
        self, messages: Sequence[Message], settings: ReplySettings, should_stop: StopSignal | None = None
    ) -> Iterator[Event]:
        nothing = unknown("retrieval.no_model")
        yield Passages((Passage(1, "guia.md", "Proteína · line 1", "A proteína ajuda.", 3.0),), "keywords")
        if self._abstains:
            yield Notice("retrieval.abstained")
        for position, word in enumerate(SAID.split(" ")):
            yield Step(position, None, word if position == 0 else " " + word, None, nothing, nothing)
        start = SAID.index("A Lua")
        yield Notice("retrieval.unsupported", {"count": 1, "spans": [[start, len(SAID)]]})
        yield Finish("end")


class Waiting(RemoteError):
    """A service that says when it will answer again."""

    retry_after = 90.0


def segments(app: GenchatApp) -> list[Segment]:
    transcript = chat(app).transcript
    return [piece for y in range(transcript.size.height) for piece in transcript.render_line(y)]


def last_reply(app: GenchatApp) -> Turn:
    reply = chat(app).session.dialogue.last_reply
    assert reply is not None
    return reply


async def test_a_sentence_without_support_is_faint_and_the_rest_is_not() -> None:
    app = make_app(Source({"script": lambda: Documents(None)}))
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        colours = {}
        for piece in segments(app):
            for text in ("A proteína ajuda [1].", "A Lua é de queijo."):
                if text in piece.text:
                    colours[text] = piece.style.color if piece.style else None
        assert len(set(colours.values())) == 2


async def test_the_faint_sentence_is_remembered_by_the_history(tmp_path: Path) -> None:
    history = store(tmp_path)
    app = make_app(Source({"script": lambda: Documents(None)}), history=history)
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        name = chat(app).session.stored_id
    again = make_app(Source({"script": lambda: Documents(None)}), history=history, conversation=name)
    async with again.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: chat(again).session.dialogue.path)
        assert last_reply(again).unsupported == [(SAID.index("A Lua"), len(SAID))]


async def test_one_key_asks_again_without_the_documents() -> None:
    app = make_app(Source({"script": lambda: Documents(script("Sem documentos.")())}))
    async with app.run_test(size=(120, 36)) as pilot:
        assert not chat(app).check_action("without_documents", ())
        await say(pilot, "oi")
        assert "^D" in text_of(app)
        await pilot.press("ctrl+d")
        await until(pilot, lambda: last_reply(app).text == "Sem documentos.")
        assert last_reply(app).version == (2, 2)
        assert last_reply(app).passages is None


async def test_documents_without_a_model_behind_them_leave_the_question_to_a_local_one() -> None:
    source = Source(
        {"docs": lambda: Documents(None, abstains=True), "small": script("Eu respondo.", "small")},
        [Listing("docs", "documents"), Listing("small", "ngram")],
    )
    app = make_app(source, model="docs")
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        assert "ask again without the documents" in text_of(app)
        await pilot.press("ctrl+d")
        await until(pilot, lambda: last_reply(app).text == "Eu respondo.")
        assert last_reply(app).speaker == "small"


async def opened(pilot: Pilot[int]) -> None:
    await pilot.press("f4")
    await until(pilot, lambda: chat(pilot.app).transcript.has_focus)  # type: ignore[arg-type]


async def test_a_second_opinion_shows_anothers_numbers_and_says_whose() -> None:
    source = Source(
        {"docs": lambda: Documents(None), "small": script("x", "small")},
        [Listing("docs", "documents"), Listing("small", "ngram")],
    )
    app = make_app(source, model="docs")
    async with app.run_test(size=(150, 40)) as pilot:
        await say(pilot, "oi")
        own = last_reply(app).records
        assert "what a local model thinks" in " ".join(text_of(app).split())
        await opened(pilot)
        await pilot.press("o")
        await until(pilot, lambda: last_reply(app).opinion is not None)
        reply = last_reply(app)
        assert "".join(record.text for record in reply.records) == reply.text == SAID
        assert all(record.log_prob is not None for record in reply.records)
        assert "the numbers are those of small" in " ".join(text_of(app).split())
        await opened(pilot)
        await pilot.press("o")
        await until(pilot, lambda: last_reply(app).opinion is None)
        assert reply.records == own


async def test_a_reply_with_numbers_of_its_own_can_be_priced_by_another_too() -> None:
    app = make_app()
    async with app.run_test(size=(120, 36)) as pilot:
        assert not chat(app).check_action("opinion", ())
        await say(pilot, "oi")
        assert chat(app).check_action("opinion", ())


class Lossy(HashModel):
    """Cannot write the last character of a text."""

    class _Tokenizer(ByteTokenizer):
        def encode(self, text: str) -> list[int]:
            return super().encode(text)[:-1]

    tokenizer = _Tokenizer()


def test_an_opinion_that_does_not_spell_the_reply_is_refused() -> None:
    turn = Turn(Role.ASSISTANT, "bom dia")
    request = OpinionRequest(turn, (), LocalBackend(Lossy()), threading.Lock())
    with pytest.raises(UsageError):
        request.ask(lambda: False)
    assert request.ask(lambda: True) == []


async def test_the_time_to_wait_is_counted_down() -> None:
    app = make_app(Source({"script": lambda: Failing(Waiting("documents_busy", path="x"))}))
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "oi")
        assert last_reply(app).status is Status.ERROR
        assert last_reply(app).retry_at is not None
        assert 60 < waits(app) <= 90
        last_reply(app).retry_at = time.monotonic() + 40
        await until(pilot, lambda: 0 < waits(app) <= 40)
        last_reply(app).retry_at = time.monotonic() - 1
        await until(pilot, lambda: "F5 try again" in text_of(app))


def waits(app: GenchatApp) -> int:
    """The seconds that the screen says to wait; 0 where it says none."""
    found = re.search(r"answers again in (\d+) s", text_of(app))
    return int(found[1]) if found else 0


async def test_a_pasted_key_is_warned_of() -> None:
    app = make_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await say(pilot, "bom dia")
        assert not list(app._notifications)
        await say(pilot, "minha chave é AIzaSyA1234567890123456789012345678901x")
        await until(pilot, lambda: any("contain a key" in each.message for each in app._notifications))
