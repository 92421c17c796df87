"""One reply on its way into the file.

The thread that generates calls `add`; what it collects is handed to the writer's thread about every half second, also
when nothing more comes: a model that writes fifteen words and stalls loses none of them. A checkpoint still waiting
there takes the place of the next one, so a slow disk makes checkpoints rarer and never holds up the reply. The trace
is rewritten whole, so it is rewritten only when it has grown by a tenth.
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, wait
from datetime import datetime
from functools import partial
from typing import Any

from genchat.engine.contract import ENDING_OF, Event, Finish, LateSteps, MessageData, Notice, Passages, Step
from genchat.engine.errors import HistoryError
from genchat.engine.history.connections import Connections
from genchat.engine.history.records import FinalStatus, RunStart, StoredMessage
from genchat.engine.history.rows import find_message, passage_detail, stamp
from genchat.engine.history.stored_text import clean_text, redact_pieces

CHECKPOINT_SECONDS = 0.5


class StoreRecorder:
    """See engine.history.protocol.ReplyRecorder. `clock` counts seconds, `now` tells the time."""

    def __init__(
        self,
        connections: Connections,
        message: StoredMessage,
        run: RunStart,
        secrets: Callable[[], Iterable[str]],
        clock: Callable[[], float],
        now: Callable[[], datetime],
    ) -> None:
        from genchat.engine.history.trace_builder import TraceBuilder

        self._connections = connections
        self._message = message
        self._secrets = secrets
        self._clock = clock
        self._now = now
        self._began = self._last = clock()
        self._to_first: float | None = None
        self._pieces: list[str] = []
        tokenizer = run.tokenizer if run.vocabulary_grows else None
        self._new_trace = partial(TraceBuilder, run.settings.sampling.temperature, tokenizer)
        self._trace = self._new_trace()
        self._traced = 0  # steps in the trace as last written
        self._notices: list[Notice] = []
        self._passages: Passages | None = None
        self._passages_written = False
        self._data: str | None = None
        self._end: Finish | None = None
        self._waiting: Future[None] | None = None
        self._deciding = threading.Lock()
        self._by_time = False  # whether a checkpoint will come when its time has come
        self._problem: Exception | None = None
        self._finished: StoredMessage | None = None
        self._finishing = threading.Lock()

    @property
    def message(self) -> StoredMessage:
        """This is the message as it was when the reply began, or as it ended."""
        return self._finished or self._message

    @property
    def problem(self) -> Exception | None:
        """See ReplyRecorder."""
        if self._finished is not None:
            return None  # everything is written after all
        if self._waiting is not None and self._waiting.done():
            error = self._waiting.exception()
            self._problem = error if isinstance(error, Exception) else None
        return self._problem

    def add(self, event: Event) -> None:
        """See ReplyRecorder."""
        if isinstance(event, LateSteps):
            self._replace_steps(event.steps)
        elif isinstance(event, Step):
            self._trace.add(event)
            self._pieces.append(event.text)
            if self._to_first is None:
                self._to_first = self._clock() - self._began
        elif isinstance(event, Passages):
            self._passages = event
        elif isinstance(event, MessageData):
            self._data = _as_json(event.values)
        elif isinstance(event, Notice):
            self._notices.append(event)
        else:
            self._end = event
        if self._clock() - self._last >= CHECKPOINT_SECONDS:
            self.checkpoint()
        elif not self._by_time:
            self._by_time = True
            self._connections.later(CHECKPOINT_SECONDS, self._time_has_come)

    def _time_has_come(self) -> None:
        """Write what came since the last checkpoint, on the writer's thread."""
        self._by_time = False
        self.checkpoint()

    def _replace_steps(self, steps: Iterable[Step]) -> None:
        """The same text in other steps. A checkpoint under way reads the old ones to its end."""
        trace, pieces = self._new_trace(), list[str]()
        for step in steps:
            trace.add(step)
            pieces.append(step.text)
        while True:
            under_way = self._waiting
            if under_way is not None:
                wait((under_way,))
            with self._deciding:
                if self._waiting is under_way:  # none has begun meanwhile
                    self._trace, self._pieces, self._traced = trace, pieces, 0
                    return

    def checkpoint(self) -> None:
        """See ReplyRecorder."""
        with self._deciding:
            self._last = self._clock()
            if self._finished is not None or (self._waiting is not None and not self._waiting.done()):
                return
            count = len(self._pieces)
            try:
                self._waiting = self._connections.submit(lambda connection: self._write_progress(connection, count))
            except HistoryError as error:
                self._waiting = Future()
                self._waiting.set_exception(error)

    def finish(self, status: FinalStatus | None = None, error: str = "") -> StoredMessage:
        """See ReplyRecorder."""
        with self._finishing:
            if self._finished is None:
                if status is None:
                    status = "stopped" if self._end is None else ENDING_OF[self._end.reason]
                final = status
                self._finished = self._connections.write(
                    lambda connection: self._write_end(connection, final, error), durable=True
                )
        return self._finished

    def _write_progress(self, connection: sqlite3.Connection, count: int) -> None:
        text, lengths, hidden = redact_pieces(self._pieces[:count], self._secrets(), unfinished=True)
        connection.execute(
            "UPDATE message SET text = ? WHERE id = ? AND status = 'streaming'", (text, self._message.id)
        )
        connection.execute(
            "UPDATE process SET seen = ? WHERE id = (SELECT process FROM message WHERE id = ?)",
            (stamp(self._now()), self._message.id),
        )
        if not self._passages_written:
            self._write_passages(connection)
        self._write_data(connection)
        if count > self._traced * 1.1:
            self._write_trace(connection, lengths, hidden)

    def _write_end(self, connection: sqlite3.Connection, status: FinalStatus, error: str) -> StoredMessage:
        secrets = tuple(self._secrets())
        text, lengths, hidden = redact_pieces(self._pieces, secrets)
        changed = connection.execute(
            "UPDATE message SET text = ?, status = ?, process = NULL WHERE id = ?", (text, status, self._message.id)
        ).rowcount
        if not changed:
            raise HistoryError("history_gone")
        end = self._end or Finish("stopped")
        notices = [[notice.key, dict(notice.values)] for notice in self._notices]
        connection.execute(
            "UPDATE run SET prompt_tokens = ?, completion_tokens = ?, seconds_to_first = ?, seconds = ?,"
            " finish_reason = ?, detail = ?, error = ?, notices = ? WHERE message = ?",
            (
                end.prompt_tokens,
                len(self._pieces),
                self._to_first,
                self._clock() - self._began,
                end.reason,
                clean_text(end.detail, secrets),
                clean_text(error, secrets),
                clean_text(json.dumps(notices, ensure_ascii=False, default=str), secrets),
                self._message.id,
            ),
        )
        self._write_passages(connection)
        self._write_data(connection)
        if lengths:
            self._write_trace(connection, lengths, hidden)
        connection.execute(
            "UPDATE conversation SET updated = ? WHERE id = ?", (stamp(self._now()), self._message.conversation)
        )
        return find_message(connection, self._message.id)

    def _write_trace(self, connection: sqlite3.Connection, lengths: list[int], hidden: frozenset[int]) -> None:
        from genchat.engine.history.trace_builder import CODEC

        connection.execute(
            "INSERT INTO trace(message, tokens, codec, data) VALUES (?, ?, ?, ?)"
            " ON CONFLICT(message) DO UPDATE SET tokens = excluded.tokens, data = excluded.data",
            (self._message.id, len(lengths), CODEC, self._trace.encode(lengths, hidden)),
        )
        self._traced = len(lengths)

    def _write_data(self, connection: sqlite3.Connection) -> None:
        if self._data is not None:
            connection.execute(
                "UPDATE message SET data = ? WHERE id = ?",
                (clean_text(self._data, tuple(self._secrets())), self._message.id),
            )

    def _write_passages(self, connection: sqlite3.Connection) -> None:
        if self._passages is None:
            return
        secrets = tuple(self._secrets())
        missing = json.dumps(list(self._passages.missing), ensure_ascii=False)
        connection.execute(
            "UPDATE run SET retriever = ?, missing = ? WHERE message = ?",
            (clean_text(self._passages.retriever, secrets), clean_text(missing, secrets), self._message.id),
        )
        connection.executemany(
            "INSERT OR REPLACE INTO citation(message, number, source, locator, text, score, detail)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    self._message.id,
                    passage.number,
                    clean_text(passage.source, secrets),
                    clean_text(passage.locator, secrets),
                    clean_text(passage.text, secrets),
                    float(passage.score),
                    clean_text(passage_detail(passage), secrets),
                )
                for passage in self._passages.items
            ],
        )
        self._passages_written = True


def _as_json(values: Mapping[str, Any]) -> str | None:
    """What a backend wants kept; None where it is no JSON after all, for a recorder never ends a reply."""
    try:
        return json.dumps(dict(values), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return None
