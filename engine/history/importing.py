"""An export written into a history, in one transaction. See engine.history.protocol.History.import_conversation.

Nothing that stands in the history is changed: the conversation is new, its messages get numbers of their own, and a
vocabulary of which the export holds only some pieces is kept under a digest of just these. Keys are taken out of texts
as everywhere; a reply that held one loses its trace, for its tokens would no longer be those of its text.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence

from genchat.engine.errors import ConversationExists, HistoryError
from genchat.engine.history import rows
from genchat.engine.history.import_reading import Export, ExportedMessage, ExportedRun
from genchat.engine.history.records import Imported, PackedTrace
from genchat.engine.history.stored_text import clean_text
from genchat.engine.history.trace import StoredTrace
from genchat.engine.history.vocabulary import StoredVocabulary, encode_pieces
from genchat.engine.text import safe_line

_TITLE = 60  # characters, as the store cuts them


def insert(connection: sqlite3.Connection, export: Export, secrets: Sequence[str], as_copy: bool) -> Imported:
    """Write the conversation of `export`, without the keys in `secrets`. Raises HistoryError."""
    name = export.id
    if as_copy:
        name = rows.new_id()
    elif connection.execute("SELECT 1 FROM conversation WHERE id = ?", (name,)).fetchone() is not None:
        raise ConversationExists("import_exists", name=name)
    connection.execute(
        "INSERT INTO conversation(id, title, kind, created, updated, system) VALUES (?, ?, ?, ?, ?, ?)",
        (
            name,
            clean_text(safe_line(export.title, _TITLE), secrets),
            export.kind,
            rows.stamp(export.created),
            rows.stamp(export.updated),
            clean_text(export.system, secrets),
        ),
    )
    writer = _Writer(connection, name, export, secrets)
    numbers: dict[int, int] = {}
    for index, message in enumerate(export.messages):
        numbers[message.id] = writer.write(index, message, numbers)
    if export.head is not None:
        connection.execute("UPDATE conversation SET head = ? WHERE id = ?", (numbers[export.head], name))
    return Imported(rows.find_conversation(connection, name), writer.without_tokens)


class _Writer:
    """Writes the messages of one conversation. `without_tokens` counts the replies whose trace was left out."""

    def __init__(self, connection: sqlite3.Connection, name: str, export: Export, secrets: Sequence[str]) -> None:
        self._connection = connection
        self._name = name
        self._vocabularies = export.vocabularies
        self._secrets = secrets
        self._digests: dict[str, str] = {}
        self.without_tokens = 0

    def write(self, index: int, message: ExportedMessage, numbers: Mapping[int, int]) -> int:
        """Write message `index` under its parent, whose number here is in `numbers`; the result is its own."""
        text = self._clean(message.text)
        row = self._connection.execute(
            "INSERT INTO message(conversation, parent, role, text, status, created, data)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (
                self._name,
                None if message.parent is None else numbers[message.parent],
                str(message.role),
                text,
                message.status,
                rows.stamp(message.created),
                None if message.data is None else self._clean(message.data),
            ),
        ).fetchone()
        number = int(row[0])
        if message.run is None:
            if message.trace is not None or message.passages is not None:
                raise HistoryError("import_broken", place=f"messages[{index}].run")
            return number
        self._write_run(number, message.run, message)
        if message.trace is None:
            self.without_tokens += bool(message.run.completion_tokens)
        elif len(text) != len(message.text):
            self.without_tokens += 1
        else:
            self._write_trace(index, number, text, message.trace)
        return number

    def _write_run(self, number: int, run: ExportedRun, message: ExportedMessage) -> None:
        vocabulary = None if message.trace is None else message.trace.vocabulary
        passages = message.passages
        self._connection.execute(
            "INSERT INTO run(message, family, model, checksum, settings, seed, version, vocabulary, prompt_tokens,"
            " completion_tokens, seconds_to_first, seconds, finish_reason, detail, error, notices, retriever, missing,"
            " system) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                number,
                *map(self._clean, (run.family, run.model, run.checksum, run.settings)),
                None if run.seed is None else str(run.seed),
                self._clean(run.version),
                None if vocabulary is None else self._digest(vocabulary),
                run.prompt_tokens,
                run.completion_tokens,
                run.seconds_to_first,
                run.seconds,
                run.finish_reason,
                *map(self._clean, (run.detail, run.error, run.notices)),
                None if passages is None else self._clean(passages.retriever),
                None if passages is None else self._clean(json.dumps(list(passages.missing), ensure_ascii=False)),
                self._clean(run.system),
            ),
        )
        for passage in () if passages is None else passages.items:
            self._connection.execute(
                "INSERT INTO citation(message, number, source, locator, text, score, detail)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    number,
                    passage.number,
                    *map(self._clean, (passage.source, passage.locator, passage.text)),
                    passage.score,
                    self._clean(rows.passage_detail(passage)),
                ),
            )

    def _write_trace(self, index: int, number: int, text: str, trace: PackedTrace) -> None:
        vocabulary = None
        if trace.vocabulary is not None and trace.vocabulary in self._vocabularies:
            vocabulary = StoredVocabulary(*self._vocabularies[trace.vocabulary])
        try:
            steps = StoredTrace(trace.data, trace.codec, text, vocabulary)
            written = sum(len(step.text) for step in steps)  # each is unfolded once
        except (ValueError, IndexError, OverflowError, RecursionError):
            raise HistoryError("import_broken", place=f"messages[{index}].trace") from None
        if written > len(text):
            raise HistoryError("import_broken", place=f"messages[{index}].trace")
        self._connection.execute(
            "INSERT INTO trace(message, tokens, codec, data) VALUES (?, ?, ?, ?)",
            (number, len(steps), trace.codec, trace.data),
        )

    def _digest(self, name: str) -> str | None:
        """Keep a vocabulary of the export; its digest, or None where the export has none of that name."""
        if name not in self._vocabularies:
            return None
        if name not in self._digests:
            pieces, specials = self._vocabularies[name]
            last = max((*pieces, *specials.values()), default=-1)
            blob = encode_pieces([pieces.get(token, b"") for token in range(last + 1)], specials)
            self._connection.execute(
                "INSERT INTO vocabulary(digest, data) VALUES (?, ?) ON CONFLICT(digest) DO NOTHING",
                (blob.digest, blob.data),
            )
            self._digests[name] = blob.digest
        return self._digests[name]

    def _clean(self, text: str) -> str:
        return clean_text(text, self._secrets)
