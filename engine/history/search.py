"""Finding messages by their words: any text is a valid query, accents and case do not matter, newest first.

The index is SQLite's FTS5 with the tokeniser unicode61 and diacritics removed, so "acao" finds "ação". Newest first
is also what keeps it fast: the index is kept in that order, so that a word of every second message costs no sorting.
"""

import re
import secrets
import sqlite3
from typing import Any

from genchat.engine.conversation import Role
from genchat.engine.history.records import SearchHit
from genchat.engine.history.rows import moment

_ROLES = frozenset(Role)
_TERM = re.compile(r'"([^"]*)"|([^\s"]+)')
_EXCERPT_WORDS = 24
_SELECT_MESSAGES = (
    "SELECT m.conversation, c.title, m.id, m.role, m.created,"
    " snippet(message_search, 0, :open, :close, '…', {words})"
    " FROM message_search JOIN message m ON m.id = message_search.rowid JOIN conversation c ON c.id = m.conversation"
    " WHERE message_search MATCH :query {within} ORDER BY message_search.rowid DESC LIMIT :limit"
)
_SELECT_TITLES = (
    "SELECT c.id, c.title, NULL, NULL, c.updated, highlight(title_search, 0, :open, :close)"
    " FROM title_search JOIN conversation c ON c.number = title_search.rowid"
    " WHERE title_search MATCH :query {within} ORDER BY title_search.rowid DESC LIMIT :limit"
)


def match_expression(words: str) -> str:
    """What a person typed as an FTS5 query: every word quoted, the last one may go on. Empty when there is no word."""
    terms: list[str] = []
    open_end = False
    for match in _TERM.finditer(words.replace("\0", " ")):
        quoted, bare = match.groups()
        term = quoted if quoted is not None else bare
        # A term without a letter or digit is nothing to the tokeniser, and an empty phrase would match nothing.
        if any(character.isalnum() for character in term):
            terms.append('"' + term.replace('"', '""') + '"')
            open_end = quoted is None
    if not terms:
        return ""
    return " ".join(terms) + ("*" if open_end else "")


def search(
    connection: sqlite3.Connection, words: str, limit: int, conversation: str | None = None
) -> tuple[SearchHit, ...]:
    """The result is titles first, then messages, at most `limit` in all."""
    query = match_expression(words)
    if not query or limit <= 0:
        return ()
    # Marks that no stored text can hold, as they are drawn anew for every search.
    nonce = secrets.token_hex(8)
    opening, closing = f"\x02{nonce}", f"\x03{nonce}"
    values = {"query": query, "open": opening, "close": closing, "limit": limit, "conversation": conversation}
    within = "" if conversation is None else "AND c.id = :conversation"
    titles = connection.execute(_SELECT_TITLES.format(within=within), values).fetchall()
    messages = connection.execute(_SELECT_MESSAGES.format(within=within, words=_EXCERPT_WORDS), values).fetchall()
    # A title is often the beginning of a message: once is enough.
    shown = {row[0] for row in messages}
    rows = [row for row in titles if row[0] not in shown] + messages
    return tuple(_hit(row, opening, closing) for row in rows[:limit])


def _hit(row: tuple[Any, ...], opening: str, closing: str) -> SearchHit:
    conversation, title, message, role, created, marked = row
    excerpt, highlights = "", []
    for piece in marked.split(opening):
        inside, closed, after = piece.partition(closing)
        if closed:
            highlights.append((len(excerpt), len(excerpt) + len(inside)))
        excerpt += inside + after
    return SearchHit(
        conversation,
        title,
        message,
        Role(role) if role in _ROLES else None,
        moment(created),
        excerpt,
        tuple(highlights),
    )
