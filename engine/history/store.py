"""The history in one SQLite file. See engine.history.protocol.History for what each operation promises."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from genchat.engine import __version__
from genchat.engine.contract import Notice, Passages, Tokenizer
from genchat.engine.conversation import Role
from genchat.engine.errors import HistoryError
from genchat.engine.history import branches, maintenance, rows
from genchat.engine.history.connections import Connections
from genchat.engine.history.failures import as_history_error, damage_mark, is_damage, mark_damaged
from genchat.engine.history.lease import end_lease, interrupt_replies_of_the_dead, own_identity, take_lease
from genchat.engine.history.opening import copies_of, judge, make_folder, one_at_a_time, open_writer
from genchat.engine.history.protocol import ExportFormat
from genchat.engine.history.recorder import StoreRecorder
from genchat.engine.history.records import (
    CheckReport,
    Conversation,
    ConversationKind,
    Imported,
    PackedTrace,
    Run,
    RunStart,
    SearchHit,
    StoredMessage,
)
from genchat.engine.history.recovery import recover
from genchat.engine.history.schema import MIGRATIONS, Migration
from genchat.engine.history.search import search
from genchat.engine.history.stored_text import clean_text
from genchat.engine.redaction import known_keys
from genchat.engine.text import safe_line

if TYPE_CHECKING:  # numpy comes with them; a history is opened before the first frame is drawn
    from genchat.engine.history.branches import StoredReply
    from genchat.engine.history.import_reading import Export
    from genchat.engine.history.trace import StoredTrace
    from genchat.engine.history.vocabulary import StoredVocabulary, VocabularyBlob

TITLE_LENGTH = 60
_CACHED_VOCABULARIES = 4


def utc_now() -> datetime:
    """The result is the present time, with its zone."""
    return datetime.now(UTC)


class HistoryStore:
    """`open` makes a store; close it, or use it as a context manager."""

    def __init__(
        self,
        writer: sqlite3.Connection,
        path: Path | None,
        notices: tuple[Notice, ...] = (),
        *,
        secrets: Callable[[], Iterable[str]] = known_keys,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        """`writer` is a connection to a migrated file and belongs to the store from here on."""
        self._path = path
        self._notices = notices
        self._secrets = secrets
        self._clock = clock
        self._now = now
        self._vocabularies: dict[int, tuple[Tokenizer, VocabularyBlob]] = {}
        self._decoded: dict[str, StoredVocabulary | None] = {}  # by their digest
        self._news: list[Notice] = []
        self._connections = Connections(writer, path, self._rescued)
        try:
            self._lease = self._connections.write(self._enter)
        except BaseException:
            self._connections.close()
            raise

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        secrets: Callable[[], Iterable[str]] = known_keys,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
        migrations: Sequence[Migration] = MIGRATIONS,
    ) -> "HistoryStore":
        """Open or make the file. `secrets` are keys never to be written; `clock` counts seconds, `now` tells time.

        A damaged file is moved aside and what can be read of it stands in the new one; `notices` say so. Raises
        HistoryError when the file cannot be used: newer, foreign, read-only, disk full, busy.
        """
        recovery = None
        with as_history_error(path):
            make_folder(path.parent)
        with as_history_error(path), one_at_a_time(path.parent):
            mark = damage_mark(path)
            if mark.exists() and path.exists():
                with suppress(sqlite3.DatabaseError, UnicodeDecodeError):
                    judge(path, migrations)
                recovery = recover(path, now())
            try:
                writer = open_writer(path, now(), migrations)
            except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
                if recovery is not None or not is_damage(error):
                    raise
                recovery = recover(path, now())
                writer = open_writer(path, now(), migrations)
            mark.unlink(missing_ok=True)
        notices = () if recovery is None else (recovery.notice(),)
        return cls(writer, path, notices, secrets=secrets, clock=clock, now=now)

    @property
    def path(self) -> Path | None:
        return self._path

    @property
    def notices(self) -> tuple[Notice, ...]:
        return self._notices

    def _rescued(self, path: Path) -> None:
        self._path = path
        self._news.append(Notice("history.rescued", {"path": str(path)}))

    def take_news(self) -> tuple[Notice, ...]:
        """What has happened to the file since the last call, for whoever shows the screen."""
        news, self._news = tuple(self._news), []
        return news

    def __enter__(self) -> "HistoryStore":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._connections.close(lambda connection: end_lease(connection, self._lease))

    def _enter(self, connection: sqlite3.Connection) -> int:
        here, now = own_identity(), self._now()
        interrupt_replies_of_the_dead(connection, here, now)
        return take_lease(connection, here, rows.stamp(now))

    # Conversations

    def new_conversation(self, kind: ConversationKind = "chat", title: str = "") -> Conversation:
        now = self._now()
        return Conversation(rows.new_id(), self._title(title), now, now, None, kind)

    def conversations(self, limit: int = 50, after: Conversation | None = None) -> tuple[Conversation, ...]:
        below = "" if after is None else "WHERE (c.updated, c.id) < (?, ?) "
        values = () if after is None else (rows.stamp(after.updated), after.id)
        with self._connections.reader() as connection:
            cursor = connection.execute(
                rows.CONVERSATION + below + "ORDER BY c.updated DESC, c.id DESC LIMIT ?", (*values, limit)
            )
            return tuple(rows.to_conversation(row) for row in cursor)

    def conversation(self, name: str) -> Conversation:
        with self._connections.reader() as connection:
            return rows.find_conversation(connection, name)

    def rename(self, conversation: str, title: str) -> Conversation:
        def work(connection: sqlite3.Connection) -> Conversation:
            name = rows.find_conversation(connection, conversation).id
            connection.execute("UPDATE conversation SET title = ? WHERE id = ?", (self._title(title), name))
            return rows.find_conversation(connection, name)

        return self._connections.write(work)

    def set_system(self, conversation: Conversation, text: str) -> Conversation:
        system = clean_text(text, self._secrets())

        def work(connection: sqlite3.Connection) -> Conversation:
            found = connection.execute("UPDATE conversation SET system = ? WHERE id = ?", (system, conversation.id))
            if not found.rowcount:
                return replace(conversation, system=system)
            return rows.find_conversation(connection, conversation.id)

        return self._connections.write(work)

    def delete(self, conversation: str) -> None:
        def work(connection: sqlite3.Connection) -> None:
            maintenance.delete_conversation(connection, rows.find_conversation(connection, conversation).id)

        self._connections.write(work, durable=True)
        maintenance.erase_remains(self._connections)

    def _title(self, text: str) -> str:
        return clean_text(safe_line(text, TITLE_LENGTH), self._secrets())

    # Messages

    def add_message(self, conversation: Conversation, role: Role, text: str, parent: int | None) -> StoredMessage:
        stored = clean_text(text, self._secrets())
        title = self._title(conversation.title or stored)
        system = clean_text(conversation.system, self._secrets())

        def work(connection: sqlite3.Connection) -> StoredMessage:
            now = rows.stamp(self._now())
            connection.execute(
                "INSERT INTO conversation(id, title, kind, created, updated, system) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT(id) DO NOTHING",
                (conversation.id, title, conversation.kind, rows.stamp(conversation.created), now, system),
            )
            return self._insert(connection, conversation.id, parent, role, stored, "done")

        return self._connections.write(work, durable=True)

    def begin_reply(self, parent: StoredMessage, run: RunStart) -> StoreRecorder:
        settings = json.dumps(run.settings.values(), allow_nan=False)
        system = clean_text(run.system, self._secrets())

        def work(connection: sqlite3.Connection) -> StoredMessage:
            message = self._insert(connection, parent.conversation, parent.id, Role.ASSISTANT, "", "streaming")
            connection.execute(
                "INSERT INTO run(message, family, model, checksum, settings, seed, version, vocabulary, system)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    message.id,
                    run.family,
                    run.model,
                    run.checksum,
                    settings,
                    None if run.seed is None else str(run.seed),
                    __version__,
                    self._keep_vocabulary(connection, run),
                    system,
                ),
            )
            return message

        message = self._connections.write(work)
        return StoreRecorder(self._connections, message, run, self._secrets, self._clock, self._now)

    def _insert(
        self,
        connection: sqlite3.Connection,
        conversation: str,
        parent: int | None,
        role: Role,
        text: str,
        status: str,
    ) -> StoredMessage:
        if parent is not None and rows.find_message(connection, parent).conversation != conversation:
            raise HistoryError("message_not_found", name=parent)
        now = rows.stamp(self._now())
        message = connection.execute(
            "INSERT INTO message(conversation, parent, role, text, status, created, process)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (conversation, parent, str(role), text, status, now, self._lease if status == "streaming" else None),
        ).fetchone()[0]
        connection.execute("UPDATE conversation SET head = ?, updated = ? WHERE id = ?", (message, now, conversation))
        return rows.find_message(connection, message)

    def _keep_vocabulary(self, connection: sqlite3.Connection, run: RunStart) -> str | None:
        """Store the vocabulary of the run unless it is there already; its digest, or None if it has none."""
        from genchat.engine.history.vocabulary import encode_vocabulary

        tokenizer = run.tokenizer
        if tokenizer is None or run.vocabulary_grows:
            return None
        if id(tokenizer) not in self._vocabularies:
            while len(self._vocabularies) >= _CACHED_VOCABULARIES:
                del self._vocabularies[next(iter(self._vocabularies))]
            self._vocabularies[id(tokenizer)] = (tokenizer, encode_vocabulary(tokenizer))
        blob = self._vocabularies[id(tokenizer)][1]
        if connection.execute("SELECT 1 FROM vocabulary WHERE digest = ?", (blob.digest,)).fetchone() is None:
            connection.execute("INSERT INTO vocabulary(digest, data) VALUES (?, ?)", (blob.digest, blob.data))
        return blob.digest

    def message(self, message: int) -> StoredMessage:
        with self._connections.reader() as connection:
            return rows.find_message(connection, message)

    def path_to(self, message: int) -> tuple[StoredMessage, ...]:
        with self._connections.reader() as connection:
            return rows.path_to(connection, message)

    def shown(self, conversation: str) -> tuple[StoredMessage, ...]:
        with self._connections.reader() as connection:
            head = rows.head_of(connection, conversation)
            return () if head is None else rows.path_to(connection, head)

    def show(self, message: int) -> tuple[StoredMessage, ...]:
        def work(connection: sqlite3.Connection) -> tuple[StoredMessage, ...]:
            conversation = rows.find_message(connection, message).conversation
            leaf = rows.newest_leaf(connection, message)
            connection.execute("UPDATE conversation SET head = ? WHERE id = ?", (leaf, conversation))
            return rows.path_to(connection, leaf)

        return self._connections.write(work)

    def siblings(self, message: int) -> tuple[StoredMessage, ...]:
        with self._connections.reader() as connection:
            own = rows.find_message(connection, message)
            cursor = connection.execute(
                rows.MESSAGE + "WHERE m.parent IS ? AND m.conversation = ? ORDER BY m.id",
                (own.parent, own.conversation),
            )
            return tuple(rows.to_message(row) for row in cursor)

    def tree(self, conversation: str) -> tuple[StoredMessage, ...]:
        with self._connections.reader() as connection:
            cursor = connection.execute(rows.MESSAGE + "WHERE m.conversation = ? ORDER BY m.id", (conversation,))
            return tuple(rows.to_message(row) for row in cursor)

    def name_branch(self, message: int, name: str) -> StoredMessage:
        cleaned = clean_text(safe_line(name, branches.NAME_LENGTH), self._secrets())
        return self._connections.write(lambda connection: branches.name_branch(connection, message, cleaned))

    def delete_branch(self, message: int) -> StoredMessage:
        head = self._connections.write(lambda connection: branches.delete_branch(connection, message), durable=True)
        maintenance.erase_remains(self._connections)
        return head

    def stored_replies(self, messages: Iterable[int]) -> "Mapping[int, StoredReply]":
        with self._connections.reader() as connection:
            return branches.stored_replies(connection, messages)

    def run(self, message: int) -> Run | None:
        with self._connections.reader() as connection:
            return rows.find_run(connection, message)

    def trace(self, message: int) -> "StoredTrace | None":
        packed = self.packed_trace(message)
        return None if packed is None else self.unpacked(message, packed, self.message(message).text)

    def unpacked(self, message: int, packed: PackedTrace, text: str) -> "StoredTrace":
        from genchat.engine.history.trace import StoredTrace

        vocabulary = None if packed.vocabulary is None else self._vocabulary_of(packed.vocabulary)
        try:
            return StoredTrace(packed.data, packed.codec, text, vocabulary)
        except ValueError as error:
            raise HistoryError("trace_unreadable", name=message, reason=error) from None

    def _vocabulary_of(self, digest: str) -> "StoredVocabulary | None":
        """A stored vocabulary, decoded once for all the replies of a model; None for one that cannot be read."""
        from genchat.engine.history.vocabulary import decode_vocabulary

        if digest not in self._decoded:
            with self._connections.reader() as connection:
                row = connection.execute("SELECT data FROM vocabulary WHERE digest = ?", (digest,)).fetchone()
            decoded = None
            if row is not None:
                with suppress(ValueError):
                    decoded = decode_vocabulary(row[0])
            while len(self._decoded) >= _CACHED_VOCABULARIES:
                self._decoded.pop(next(iter(self._decoded)), None)
            self._decoded[digest] = decoded
        return self._decoded[digest]

    def packed_trace(self, message: int) -> PackedTrace | None:
        with self._connections.reader() as connection:
            row = connection.execute(
                "SELECT t.codec, t.data, r.vocabulary, t.tokens FROM trace t LEFT JOIN run r ON r.message = t.message"
                " WHERE t.message = ?",
                (message,),
            ).fetchone()
        return None if row is None else PackedTrace(*row)

    def passages(self, message: int) -> Passages | None:
        with self._connections.reader() as connection:
            return rows.find_passages(connection, message)

    def search(self, words: str, limit: int = 20, conversation: str | None = None) -> tuple[SearchHit, ...]:
        with self._connections.reader() as connection:
            return search(connection, words, limit, conversation)

    # The file

    def export(self, conversation: str, form: ExportFormat, traces: bool = True) -> str:
        from genchat.engine.history.export import as_json, as_markdown

        exported = self.conversation(conversation)
        return as_json(self, exported, traces) if form == "json" else as_markdown(self, exported)

    def import_conversation(self, export: "Export", as_copy: bool = False) -> Imported:
        from genchat.engine.history.importing import insert

        secrets = tuple(self._secrets())
        return self._connections.write(lambda connection: insert(connection, export, secrets, as_copy), durable=True)

    def backup(self, target: Path) -> None:
        maintenance.backup(self._connections, target)

    def check(self) -> CheckReport:
        report = maintenance.check(self._connections)
        if not report.sound and self._path is not None:
            mark_damaged(self._path)
        return report

    def purge(self) -> int:
        return maintenance.purge(self._connections)

    def copies(self) -> tuple[Path, ...]:
        return () if self._path is None else copies_of(self._path)
