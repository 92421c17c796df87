"""The history: conversations, messages, runs and token traces in one SQLite file.

`open_history(paths().history)` is all a screen needs; `HistoryStore.open` raises where the file cannot be used, and
`NullHistory` keeps nothing. `engine.history.protocol.History` says what each operation promises.
"""

from genchat.engine.history.null import NullHistory, open_history
from genchat.engine.history.protocol import ExportFormat, History, ReplyRecorder
from genchat.engine.history.records import (
    CheckReport,
    Conversation,
    ConversationKind,
    FinalStatus,
    Run,
    RunStart,
    SearchHit,
    Status,
    StoredMessage,
    StoredStep,
)
from genchat.engine.history.store import HistoryStore

__all__ = [
    "CheckReport",
    "Conversation",
    "ConversationKind",
    "ExportFormat",
    "FinalStatus",
    "History",
    "HistoryStore",
    "NullHistory",
    "ReplyRecorder",
    "Run",
    "RunStart",
    "SearchHit",
    "Status",
    "StoredMessage",
    "StoredStep",
    "open_history",
]
