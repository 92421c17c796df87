"""The history with 100,000 messages of real chat: opening, searching, reopening, recording, and bytes on disk.

References: what SQLite does without an index (LIKE over the text, which also misses accents), the marks genchat set
itself, and for traces the same ten candidates as JSON in the shape that hosted services answer with.
"""

import json
import sqlite3
import tempfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import cycle, islice
from pathlib import Path

from genchat.engine.contract import Event, Finish, ReplySettings, Step
from genchat.engine.conversation import Role
from genchat.engine.decoding import generate
from genchat.engine.history import HistoryStore, RunStart
from genchat.engine.history import rows as stored
from genchat.engine.history.trace_builder import TraceBuilder
from genchat.engine.local_backend import LocalBackend
from genchat.engine.ngram.sources import read_source
from genchat.engine.ngram.training import build_ngram
from genchat.engine.sampling import SamplingSettings
from tests.bench import Row, bench_data, median_seconds, seconds
from tests.fakes import HashModel

_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
MESSAGES = 100_000
TURNS = 20  # of a conversation
QUERIES = {
    "a word of every third message": ["the", "you", "and"],
    "a rare word": ["wakanda", "stallone", "spotify"],
    "two words": ["movie trailer", "favorite team", "good music"],
    "the beginning of a word": ["fav", "mus", "tra", "st", "re"],
    "a word found nowhere": ["jabuticaba", "zzz"],
}


def run() -> list[Row]:
    """Everything, at MESSAGES messages."""
    return measure(MESSAGES) + measure_traces()


def measure(messages: int) -> list[Row]:
    """Times of a history of that size."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.db"
        texts = cycle(_turns(bench_data("data/self_dialogue.txt")))
        with HistoryStore.open(path) as store:
            store._connections.write(lambda connection: _fill(connection, islice(texts, messages)))
        rows = [
            Row(f"open, {messages:,} messages", 1e3 * seconds(lambda: HistoryStore.open(path).close(), 5), "ms"),
            Row("file", path.stat().st_size / messages, "bytes/message"),
        ]
        with HistoryStore.open(path) as store:
            rows += _reading(store)
            rows += _searching(store, path)
            rows += _writing(store)
        return rows


def _turns(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("###")]


def _fill(connection: sqlite3.Connection, texts: Iterator[str]) -> None:
    """As the store would write it, but in one transaction."""
    conversation, parent = "", None
    for number, text in enumerate(texts):
        if number % TURNS == 0:
            if parent is not None:
                connection.execute("UPDATE conversation SET head = ? WHERE id = ?", (parent, conversation))
            conversation, parent = stored.new_id(), None
            stamp = stored.stamp(_BEGINNING + timedelta(seconds=number))
            connection.execute(
                "INSERT INTO conversation(id, title, kind, created, updated) VALUES (?, ?, 'chat', ?, ?)",
                (conversation, text[:60], stamp, stamp),
            )
        role = "user" if number % 2 == 0 else "assistant"
        parent = connection.execute(
            "INSERT INTO message(conversation, parent, role, text, status, created) VALUES (?, ?, ?, ?, 'done', ?)"
            " RETURNING id",
            (conversation, parent, role, text, stamp),
        ).fetchone()[0]
    connection.execute("UPDATE conversation SET head = ? WHERE id = ?", (parent, conversation))


def _reading(store: HistoryStore) -> list[Row]:
    page = store.conversations()
    return [
        Row("first page of the list (50)", 1e3 * seconds(store.conversations, 20), "ms"),
        Row(
            "the next page",
            1e3 * median_seconds([partial(store.conversations, after=last) for last in page]),
            "ms",
        ),
        Row(
            f"reopen a conversation of {TURNS}",
            1e3 * median_seconds([partial(store.shown, each.id) for each in page]),
            "ms",
        ),
    ]


def _searching(store: HistoryStore, path: Path) -> list[Row]:
    plain = sqlite3.connect(path)
    rows = []
    for what, queries in QUERIES.items():
        found = median_seconds([partial(store.search, words) for words in queries * 5])
        slow = median_seconds([partial(_scan, plain, words) for words in queries])
        rows.append(Row(f"search: {what}", 1e3 * found, "ms", 1e3 * slow, "LIKE", note="mark 50 ms"))
    plain.close()
    return rows


def _scan(connection: sqlite3.Connection, words: str) -> list[tuple[int]]:
    clauses = " AND ".join("text LIKE ?" for _ in words.split())
    query = f"SELECT id FROM message WHERE {clauses} ORDER BY id DESC LIMIT 20"  # noqa: S608
    return connection.execute(query, [f"%{word}%" for word in words.split()]).fetchall()


def _writing(store: HistoryStore) -> list[Row]:
    question = store.add_message(store.new_conversation(), Role.USER, "how are you?", None)
    conversation = store.conversation(question.conversation)
    backend = LocalBackend(HashModel())
    start = RunStart.of(backend, ReplySettings())
    reply: list[Event] = [event for event in backend.reply([], ReplySettings()) if not isinstance(event, Finish)]

    def record() -> None:
        recorder = store.begin_reply(question, start)
        for event in reply:
            recorder.add(event)
        recorder.finish("done")

    other = [store.add_message(store.new_conversation(), Role.USER, "to be deleted", None) for _ in range(3)]
    return [
        Row(
            "write a message, on disk",
            1e3 * seconds(partial(store.add_message, conversation, Role.USER, "fine", question.id), 20),
            "ms",
        ),
        Row(f"record a reply of {len(reply)} tokens", 1e3 * seconds(record), "ms"),
        Row(
            "delete a conversation, bytes and index",
            1e3 * median_seconds([partial(store.delete, each.conversation) for each in other]),
            "ms",
        ),
        Row("check the whole file", seconds(store.check, 1), "s"),
    ]


def measure_traces() -> list[Row]:
    """Bytes a token of stored distributions, real ones of a word model, ten candidates."""
    model = build_ngram([read_source(bench_data("data/machado_conto.txt"))], "bench", order=4)
    sampling = SamplingSettings(temperature=1, top_p=1, seed=1)
    steps = list(generate(model, model.tokenizer.encode("A tarde"), sampling, max_tokens=400))
    builder = TraceBuilder(sampling.temperature)
    taken = seconds(partial(_take, builder, steps), 1) / len(steps)
    lengths = [len(step.text) for step in steps]
    blob = builder.encode(lengths)
    services = json.dumps([_as_services_do(step, model.tokenizer.token_bytes) for step in steps]).encode()
    ids = json.dumps([[[row.token, round(row.log_prob, 3)] for row in step.raw.top(10)] for step in steps]).encode()
    each = len(blob) / len(steps)
    size = model.info.vocabulary_size
    return [
        Row(
            f"trace, vocabulary of {size:,}", each, "bytes/token", len(services) / len(steps), "JSON as services answer"
        ),
        Row("", each, "bytes/token", len(zlib.compress(services, 6)) / len(steps), "the same, zlib"),
        Row("", each, "bytes/token", len(zlib.compress(ids, 6)) / len(steps), "ids and numbers, zlib", note="raw only"),
        Row("take one token in", 1e6 * taken, "µs"),
        Row("encode a reply of 400", 1e3 * seconds(lambda: builder.encode(lengths)), "ms"),
    ]


def _take(builder: TraceBuilder, steps: list[Step]) -> None:
    for step in steps:
        builder.add(step)


def _as_services_do(step: Step, token_bytes: object) -> dict[str, object]:
    assert callable(token_bytes)

    def entry(token: int, log_prob: float | None) -> dict[str, object]:
        piece: bytes = token_bytes(token)
        return {"token": piece.decode("utf-8", errors="replace"), "logprob": log_prob, "bytes": list(piece)}

    assert step.token is not None
    return entry(step.token, step.log_prob) | {
        "top_logprobs": [entry(row.token, row.log_prob) for row in step.raw.top(10)]
    }
