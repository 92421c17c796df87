"""Branches of a conversation's tree: deleting one with all that grew from it, naming one, and what is told of each.

A branch is a message with everything below it. Its name stands in the data of the message, under BRANCH_NAME.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from genchat.engine.contract import ENDING_OF, FinishReason
from genchat.engine.errors import HistoryError
from genchat.engine.history import rows
from genchat.engine.history.maintenance import delete_unused_vocabularies
from genchat.engine.history.records import StoredMessage

if TYPE_CHECKING:
    from genchat.engine.history.trace import StoredTrace

BRANCH_NAME = "branch"  # in a message's data
NAME_LENGTH = 40  # characters

# A child is always younger, which also ends the walk in a file where someone tied a knot.
_DELETE_DOWN = (
    "WITH RECURSIVE down(id) AS (SELECT id FROM message WHERE id = ?"
    " UNION ALL SELECT m.id FROM message m JOIN down ON m.parent = down.id AND m.id > down.id)"
    " DELETE FROM message WHERE id IN (SELECT id FROM down)"
)


@dataclass(frozen=True, slots=True)
class StoredReply:
    """A stored reply is what is told of a message in a list: who wrote it, when, and with which tokens.

    `model` and `family` are empty for what a person wrote. `trace` has no vocabulary, which is slow to read; it is None
    where no tokens were kept or they cannot be read.
    """

    message: int
    created: datetime
    model: str = ""
    family: str = ""
    finish_reason: FinishReason | None = None
    trace: "StoredTrace | None" = None


def name_of(data: Mapping[str, Any]) -> str:
    """The name that a person gave to the branch of a message; empty where there is none. It is untrusted text."""
    name = data.get(BRANCH_NAME)
    return name if isinstance(name, str) else ""


def name_branch(connection: sqlite3.Connection, message: int, name: str) -> StoredMessage:
    """Name the branch within a transaction; an empty name takes the name away. Raises HistoryError."""
    data = dict(rows.find_message(connection, message).data)
    data.pop(BRANCH_NAME, None)
    if name:
        data[BRANCH_NAME] = name
    written = json.dumps(data, ensure_ascii=False) if data else None
    connection.execute("UPDATE message SET data = ? WHERE id = ?", (written, message))
    return rows.find_message(connection, message)


def delete_branch(connection: sqlite3.Connection, message: int) -> StoredMessage:
    """Delete the message and everything below it within a transaction; the result is the new end of the shown branch.

    If the deleted branch was shown, the newest other version is shown in its place, or what came before. Raises
    HistoryError where nothing of the conversation would be left.
    """
    gone = rows.find_message(connection, message)
    if gone.parent is None and gone.sibling_count == 1:
        raise HistoryError("branch_is_all")
    head = rows.head_of(connection, gone.conversation)
    shown = head is not None and any(each.id == message for each in rows.path_to(connection, head))
    connection.execute(_DELETE_DOWN, (message,))
    delete_unused_vocabularies(connection)
    if shown or head is None:
        sister = connection.execute(
            "SELECT max(id) FROM message WHERE parent IS ? AND conversation = ?", (gone.parent, gone.conversation)
        ).fetchone()[0]
        head = gone.parent if sister is None else rows.newest_leaf(connection, sister)
        connection.execute("UPDATE conversation SET head = ? WHERE id = ?", (head, gone.conversation))
    if head is None:
        raise HistoryError("branch_is_all")
    return rows.find_message(connection, head)


def stored_replies(connection: sqlite3.Connection, messages: Iterable[int]) -> dict[int, StoredReply]:
    """What is told of these messages, by their ids; those that are not there are left out."""
    cursor = connection.execute(
        "SELECT m.id, m.created, r.model, r.family, r.finish_reason, t.data, t.codec, m.text FROM message m"
        " LEFT JOIN run r ON r.message = m.id LEFT JOIN trace t ON t.message = m.id"
        " WHERE m.id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(messages)),),
    )
    found = {}
    for number, created, model, family, reason, data, codec, text in cursor:
        trace = None if data is None else _trace(data, codec, text)
        ended = reason if reason in ENDING_OF else None
        found[number] = StoredReply(number, rows.moment(created), model or "", family or "", ended, trace)
    return found


def _trace(data: bytes, codec: int, text: str) -> "StoredTrace | None":
    from genchat.engine.history.trace import StoredTrace

    try:
        return StoredTrace(data, codec, text)
    except ValueError:
        return None
