"""Rows of the file as values, and the statements that several operations share."""

import json
import secrets
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, get_args

from genchat.engine.contract import ENDING_OF, Notice, Passage, Passages
from genchat.engine.conversation import Role
from genchat.engine.errors import ConversationNotFound, HistoryError
from genchat.engine.history.failures import BrokenRow
from genchat.engine.history.records import Conversation, Run, Status, StoredMessage, can_be_said

_ROLES = frozenset(Role)
_STATUSES = frozenset(get_args(Status))
_ID_LETTERS = "23456789abcdefghjkmnpqrstvwxyz"  # no pair that looks alike
_ID_LENGTH = 12  # 58 random bits

MESSAGE = (
    "SELECT m.id, m.conversation, m.parent, m.role, m.text, m.status, m.created,"
    " (SELECT count(*) FROM message s WHERE s.parent IS m.parent AND s.conversation = m.conversation AND s.id <= m.id),"
    " (SELECT count(*) FROM message s WHERE s.parent IS m.parent AND s.conversation = m.conversation), m.data"
    " FROM message m "
)
CONVERSATION = (
    "SELECT c.id, c.title, c.created, c.updated, c.head, c.kind,"
    " (SELECT count(*) FROM message m WHERE m.conversation = c.id), c.system FROM conversation c "
)

# A parent is always older, which also ends the walk in a file where someone tied a knot.
_UP = (
    "WITH RECURSIVE up(id, parent) AS ("
    " SELECT id, parent FROM message WHERE id = ?"
    " UNION ALL SELECT m.id, m.parent FROM message m JOIN up ON m.id = up.parent AND m.id < up.id) "
)


def new_id() -> str:
    """The result is a name for a conversation, of which the first few characters are usually enough."""
    return "".join(secrets.choice(_ID_LETTERS) for _ in range(_ID_LENGTH))


def stamp(moment: datetime) -> str:
    """The result is a time as the file holds it: UTC, sortable as text."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def moment(text: str) -> datetime:
    """The function reads a time as the file holds it; what is none becomes the beginning of time."""
    try:
        parsed = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        return datetime.fromtimestamp(0, UTC)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def to_message(row: Sequence[Any]) -> StoredMessage:
    """The message is made from a row of MESSAGE."""
    number, conversation, parent, role, text, status, created, sibling_number, sibling_count, data = row
    # STRICT tables and CHECKs keep other values out, but not out of a file made by hand.
    if role not in _ROLES or status not in _STATUSES or not isinstance(text, str) or not isinstance(conversation, str):
        raise BrokenRow(f"message {number}")
    return StoredMessage(
        number,
        conversation,
        parent,
        Role(role),
        text,
        status,
        moment(created),
        sibling_number,
        sibling_count,
        _mapping(data),
    )


def to_conversation(row: Sequence[Any]) -> Conversation:
    """The conversation is made from a row of CONVERSATION."""
    name, title, created, updated, head, kind, messages, system = row
    if kind not in ("chat", "text") or not isinstance(name, str) or not isinstance(title, str):
        raise BrokenRow(f"conversation {name}")
    return Conversation(name, title, moment(created), moment(updated), head, kind, messages, system)


def find_conversation(connection: sqlite3.Connection, name: str) -> Conversation:
    """Find a conversation by its id or an unambiguous beginning of it. Raises HistoryError."""
    if name:
        matches = connection.execute(
            CONVERSATION + "WHERE c.id >= ? AND c.id < ? ORDER BY c.id LIMIT 2", (name, name + "\U0010ffff")
        ).fetchall()
        if len(matches) == 1 or (matches and matches[0][0] == name):
            return to_conversation(matches[0])
        if matches:
            raise HistoryError("conversation_ambiguous", name=name)
    raise ConversationNotFound("conversation_not_found", name=name)


def find_message(connection: sqlite3.Connection, message: int) -> StoredMessage:
    """Find a message by its id. Raises HistoryError when it is not there."""
    row = connection.execute(MESSAGE + "WHERE m.id = ?", (message,)).fetchone()
    if row is None:
        raise HistoryError("message_not_found", name=message)
    return to_message(row)


def path_to(connection: sqlite3.Connection, message: int) -> tuple[StoredMessage, ...]:
    """The path leads from the root down to `message`."""
    rows = connection.execute(_UP + MESSAGE + "JOIN up ON up.id = m.id ORDER BY m.id", (message,))
    return tuple(to_message(row) for row in rows)


def newest_leaf(connection: sqlite3.Connection, message: int) -> int:
    """This is the end of the branch below `message` that takes the newest message at every fork."""
    leaf = message
    while (row := connection.execute("SELECT max(id) FROM message WHERE parent = ?", (leaf,)).fetchone())[0]:
        if row[0] <= leaf:
            break
        leaf = int(row[0])
    return leaf


def head_of(connection: sqlite3.Connection, conversation: str) -> int | None:
    """This is the message at the end of the shown branch; the newest one where the file names none that exists."""
    row = connection.execute(
        "SELECT coalesce((SELECT m.id FROM message m WHERE m.id = c.head AND m.conversation = c.id),"
        " (SELECT max(m.id) FROM message m WHERE m.conversation = c.id)) FROM conversation c WHERE c.id = ?",
        (conversation,),
    ).fetchone()
    return None if row is None else row[0]


def find_run(connection: sqlite3.Connection, message: int) -> Run | None:
    """Find the model call that wrote `message`."""
    row = connection.execute(
        "SELECT message, family, model, checksum, settings, seed, version, prompt_tokens, completion_tokens,"
        " seconds_to_first, seconds, finish_reason, detail, error, notices, system FROM run WHERE message = ?",
        (message,),
    ).fetchone()
    if row is None:
        return None
    (number, family, model, checksum, settings, seed, version) = row[:7]
    prompt, completion, first, seconds, reason, detail, error, notices, system = row[7:]
    return Run(
        number,
        family,
        model,
        checksum,
        settings=_mapping(settings),
        seed=int(seed) if seed is not None and seed.lstrip("-").isdecimal() else None,
        version=version,
        prompt_tokens=prompt,
        completion_tokens=completion,
        seconds_to_first=first,
        seconds=seconds,
        finish_reason=reason if reason in ENDING_OF else None,
        detail=detail,
        error=error,
        notices=_notices(notices),
        system=system,
    )


def find_passages(connection: sqlite3.Connection, message: int) -> Passages | None:
    """These are the passages that retrieval gave to the model for `message`."""
    row = connection.execute("SELECT retriever, missing FROM run WHERE message = ?", (message,)).fetchone()
    if row is None or row[0] is None:
        return None
    rows = connection.execute(
        "SELECT number, source, locator, text, score, detail FROM citation WHERE message = ? ORDER BY number",
        (message,),
    )
    missing = _json(row[1])
    words = tuple(word for word in missing if isinstance(word, str)) if isinstance(missing, list) else ()
    return Passages(tuple(_passage(*cited) for cited in rows), row[0], words)


def passage_detail(passage: Passage) -> str:
    """The JSON holds the parts of a passage that have no column of their own."""
    return json.dumps(
        {
            "highlight": passage.highlight,
            "parts": dict(passage.parts),
            "matched": dict(passage.matched),
            "warning": passage.warning,
        },
        ensure_ascii=False,
    )


def _passage(number: int, source: str, locator: str, text: str, score: float, detail: str) -> Passage:
    extra = _mapping(detail)
    marked = extra.get("highlight")
    highlight = None
    if isinstance(marked, list) and len(marked) == 2 and all(isinstance(end, int) for end in marked):
        highlight = (marked[0], marked[1]) if 0 <= marked[0] <= marked[1] <= len(text) else None
    warning = extra.get("warning")
    return Passage(
        number,
        source,
        locator,
        text,
        score,
        highlight,
        _numbers(extra.get("parts")),
        _numbers(extra.get("matched")),
        warning if isinstance(warning, str) and can_be_said(warning) else "",
    )


def _notices(text: str) -> tuple[Notice, ...]:
    """Those whose text this version has."""
    pairs = _json(text)
    if not isinstance(pairs, list):
        return ()
    well_formed = (pair for pair in pairs if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str))
    known = ((key, values) for key, values in well_formed if isinstance(values, dict) and can_be_said(key, values))
    return tuple(Notice(key, values) for key, values in known)


def _json(text: str | None) -> Any:
    try:
        return json.loads(text or "null")
    except (ValueError, RecursionError):
        return None


def _mapping(text: str | None) -> dict[str, Any]:
    parsed = _json(text)
    return parsed if isinstance(parsed, dict) else {}


def _numbers(table: object) -> dict[str, float]:
    if not isinstance(table, dict):
        return {}
    return {key: float(value) for key, value in table.items() if isinstance(value, int | float)}
