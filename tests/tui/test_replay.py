"""A conversation that is opened again shows the panel that it showed while it was written."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from genchat.engine.contract import Backend, ReplySettings
from genchat.engine.language.numbers import percent
from genchat.engine.local_backend import LocalBackend
from genchat.engine.sampling import SamplingSettings
from genchat.tui.app import GenchatApp
from genchat.tui.chat.stored_records import StoredRecords
from genchat.tui.chat.token_records import TokenRecord
from tests.fakes import HashModel
from tests.tui.support import Source, chat, make_app, say, store, text_of, until

SETTINGS = [
    SamplingSettings(temperature=0.8, top_k=40, top_p=0.95, seed=3),
    SamplingSettings(temperature=1.5, top_k=0, top_p=1.0, min_p=0.01, repetition_penalty=1.3, seed=5),
    SamplingSettings(temperature=0, seed=1),
]


def hash_backend() -> Backend:
    return LocalBackend(HashModel())


def shown(record: TokenRecord) -> tuple[object, ...]:
    """What the panel says of one token."""
    rows = [
        (row.token, row.label, row.rank, percent(row.raw), percent(row.drawn or 0.0), row.cut_by)
        for row in record.rows(16)
    ]
    stages = [(each.name, each.setting, each.kept, percent(each.kept_mass), each.cuts) for each in record.stages]
    bits = [
        None if value is None else f"{value:.2f}" for value in (record.surprisal, record.entropy, record.drawn_entropy)
    ]
    number = None if record.uniform is None else f"{record.uniform:.4f}"
    span = None if record.interval is None else tuple(f"{edge:.4f}" for edge in record.interval)
    return record.token, record.label, record.text, record.rank, rows, stages, bits, number, span, record.by_hand


async def open_newest(pilot: Pilot[int], app: GenchatApp) -> None:
    await until(pilot, lambda: chat(app).conversations.option_count > 1)
    chat(app).conversations.focus()
    await pilot.press("enter")
    await until(pilot, lambda: chat(app).session.dialogue.last_reply is not None)


@pytest.mark.parametrize("sampling", SETTINGS)
async def test_every_token_of_a_reopened_reply_is_shown_as_it_was(tmp_path: Path, sampling: SamplingSettings) -> None:
    with store(tmp_path) as history:
        app = make_app(Source({"script": hash_backend}), history=history, settings=ReplySettings(sampling, 24))
        async with app.run_test(size=(120, 36)) as pilot:
            await say(pilot, "oi")
            reply = chat(app).session.dialogue.last_reply
            assert reply is not None
            live = [shown(record) for record in reply.records]
            survivors = [{row.token for row in record.rows(300) if row.drawn} for record in reply.records]
    with store(tmp_path) as history:
        app = make_app(Source({"script": hash_backend}), history=history)
        async with app.run_test(size=(120, 36)) as pilot:
            await open_newest(pilot, app)
            again = chat(app).session.dialogue.last_reply
            assert again is not None
            for now, before in zip(map(shown, again.records), live, strict=True):
                assert now == before
            for record, tokens in zip(again.records, survivors, strict=True):
                kept = {row.token for row in record.rows(300) if row.drawn}
                assert kept == tokens if len(tokens) <= 64 else len(kept) >= 64


async def test_a_key_opens_the_model_that_can_say_why(tmp_path: Path) -> None:
    asked: list[str] = []

    def opened(name: str) -> Callable[[], Backend]:
        def open_it() -> Backend:
            asked.append(name)
            return LocalBackend(HashModel(name))

        return open_it

    source = {name: opened(name) for name in ("script", "other")}
    with store(tmp_path) as history:
        app = make_app(Source(source), history=history)
        async with app.run_test(size=(120, 40)) as pilot:
            await say(pilot, "oi")
    asked.clear()
    with store(tmp_path) as history:
        app = GenchatApp(Source(source), history, ReplySettings(), "other")
        async with app.run_test(size=(120, 40)) as pilot:
            await open_newest(pilot, app)
            await pilot.press("f4")
            await until(pilot, lambda: "w opens it" in " ".join(text_of(app).split()))
            assert "script" not in asked
            await pilot.press("w")
            await until(pilot, lambda: "script" in asked)
            await until(pilot, lambda: "w opens it" not in " ".join(text_of(app).split()))
            assert not chat(app).inspector.needs_writer


async def test_a_damaged_trace_is_told_and_the_conversation_opens(tmp_path: Path) -> None:
    with store(tmp_path) as history:
        app = make_app(Source({"script": hash_backend}), history=history)
        async with app.run_test(size=(120, 36)) as pilot:
            await say(pilot, "oi")
        history._connections.write(lambda connection: connection.execute("UPDATE trace SET data = x'00'"))
    with store(tmp_path) as history:
        app = make_app(Source({"script": hash_backend}), history=history)
        async with app.run_test(size=(120, 36)) as pilot:
            await open_newest(pilot, app)
            reply = chat(app).session.dialogue.last_reply
            assert reply is not None
            assert list(reply.records) == []
            assert reply.text
            assert any("trace" in note or "tokens" in note for note in reply.notes)


def test_stored_records_are_made_when_they_are_looked_at() -> None:
    made: list[int] = []

    def load() -> list[TokenRecord]:
        made.append(1)
        return [TokenRecord(place, place, "a", "a") for place in range(3)]

    records = StoredRecords(3, load)
    assert len(records) == 3
    assert not made
    assert records[1].token == 1
    assert [record.token for record in records[1:]] == [1, 2]
    records[:] = [replace(records[0], token=9)]
    assert [record.token for record in records] == [9]
    assert made == [1]
