"""The history as the rest of genchat sees it. `HistoryStore` keeps it in a file, `NullHistory` only until the end.

Every call may come from any thread and takes about a millisecond; a write has been committed when its call returns.
All of them raise HistoryError with a text that says what to do: disk full, file read-only, busy, damaged, gone.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from genchat.engine.contract import Event, Notice, Passages
from genchat.engine.conversation import Role
from genchat.engine.history.records import (
    CheckReport,
    Conversation,
    ConversationKind,
    FinalStatus,
    Imported,
    PackedTrace,
    Run,
    RunStart,
    SearchHit,
    StoredMessage,
)

if TYPE_CHECKING:
    from genchat.engine.history.branches import StoredReply
    from genchat.engine.history.import_reading import Export
    from genchat.engine.history.trace import StoredTrace

ExportFormat = Literal["json", "markdown"]


class ReplyRecorder(Protocol):
    """Records one reply while it is being made. Its message row exists already, with status "streaming".

    Used by one thread at a time. `add` and `checkpoint` never wait for the disk and never raise: what goes wrong
    stands in `problem`, and the reply goes on.
    """

    @property
    def message(self) -> StoredMessage: ...

    @property
    def problem(self) -> Exception | None:
        """The HistoryError of the last checkpoint that failed, if any; None once `finish` has written everything."""
        ...

    def add(self, event: Event) -> None:
        """Take one event of `Backend.reply`; about every half second a checkpoint follows by itself."""
        ...

    def checkpoint(self) -> None:
        """Have text and trace written as they stand, without waiting."""
        ...

    def finish(self, status: FinalStatus | None = None, error: str = "") -> StoredMessage:
        """Write everything, wait until it is on disk, and return the message as it now stands.

        Without `status` the Finish event decides: end and length are done, stopped is stopped, the rest is error
        (no Finish at all: stopped). `error` is what the person was told. A second call returns the same message.
        """
        ...


class History(Protocol):
    """Conversations, their messages as a tree, runs and traces."""

    @property
    def path(self) -> Path | None:
        """The history stands in this file; None when nothing is kept."""
        ...

    @property
    def notices(self) -> tuple[Notice, ...]:
        """These notices tell the person how the history was opened."""
        ...

    def new_conversation(self, kind: ConversationKind = "chat", title: str = "") -> Conversation:
        """A conversation that is written with its first message; until then it leaves no trace."""
        ...

    def conversations(self, limit: int = 50, after: Conversation | None = None) -> tuple[Conversation, ...]:
        """Conversations come most recently used first; `after` continues below the last one of the page before."""
        ...

    def conversation(self, name: str) -> Conversation:
        """Find a conversation by its id or an unambiguous beginning of it."""
        ...

    def rename(self, conversation: str, title: str) -> Conversation: ...

    def set_system(self, conversation: Conversation, text: str) -> Conversation:
        """Set the system prompt of a conversation, from its next reply on; returns the conversation as it stands.

        One that has no message yet is written, with it, with the first one.
        """
        ...

    def delete(self, conversation: str) -> None:
        """Delete it from the file for good, bytes included. The caller has asked the person.

        The search index is rewritten for it: some 3 ms for every 1000 messages of the whole history, so a worker's job.
        """
        ...

    def add_message(self, conversation: Conversation, role: Role, text: str, parent: int | None) -> StoredMessage:
        """Write a finished message under `parent` (None: at the root) and show its branch.

        An edited message is a sibling: give it the parent of the one it replaces.
        """
        ...

    def begin_reply(self, parent: StoredMessage, run: RunStart) -> ReplyRecorder:
        """Begin an assistant message under `parent` and show its branch; to regenerate, give the same parent."""
        ...

    def message(self, message: int) -> StoredMessage: ...

    def path_to(self, message: int) -> tuple[StoredMessage, ...]:
        """The path leads from the root down to `message`."""
        ...

    def shown(self, conversation: str) -> tuple[StoredMessage, ...]:
        """This is the branch that is shown, root first; empty for a conversation that is not written yet."""
        ...

    def show(self, message: int) -> tuple[StoredMessage, ...]:
        """Show the branch through `message` (below it, the newest at every fork) and return it, root first."""
        ...

    def siblings(self, message: int) -> tuple[StoredMessage, ...]:
        """These are all messages with the same parent, this one included, in order of writing."""
        ...

    def tree(self, conversation: str) -> tuple[StoredMessage, ...]:
        """The tree is every message of every branch, in order of writing."""
        ...

    def name_branch(self, message: int, name: str) -> StoredMessage:
        """Give the branch that begins with `message` a name, kept in the data of the message; empty takes it away."""
        ...

    def delete_branch(self, message: int) -> StoredMessage:
        """Delete `message` and all that grew from it for good, as `delete` does, and return the end of what is shown.

        If it was shown, the newest other version of it is shown then, or what came before. Raises HistoryError for the
        first message if it is the only version: that is the whole conversation. A worker's job.
        """
        ...

    def stored_replies(self, messages: Iterable[int]) -> "Mapping[int, StoredReply]":
        """What a list tells of these messages, by their ids; those that are not there are left out."""
        ...

    def run(self, message: int) -> Run | None: ...

    def trace(self, message: int) -> "StoredTrace | None":
        """The trace is the tokens of a reply with their distributions; None where none were recorded."""
        ...

    def packed_trace(self, message: int) -> PackedTrace | None:
        """The trace as the file holds it; None where none was recorded."""
        ...

    def unpacked(self, message: int, packed: PackedTrace, text: str) -> "StoredTrace":
        """The steps of a packed trace of a message with this text. Raises HistoryError where it cannot be read."""
        ...

    def passages(self, message: int) -> Passages | None: ...

    def search(self, words: str, limit: int = 20, conversation: str | None = None) -> tuple[SearchHit, ...]:
        """Messages and titles holding all the words (the last one may be a beginning), newest first.

        Accents and case do not matter; "words in quotes" must stand together. Any text is a valid query.
        """
        ...

    def export(self, conversation: str, form: ExportFormat, traces: bool = True) -> str:
        """The conversation as text: "json" holds every branch, "markdown" the shown one."""
        ...

    def import_conversation(self, export: "Export", as_copy: bool = False) -> Imported:
        """Add the conversation of an export, all or nothing, under its own id, or with `as_copy` under a new one.

        Raises HistoryError for a trace that cannot be read, and ConversationExists when the id is taken: what is there
        is never written over. `import_reading.read_export` reads an export and refuses one that is not sound.
        """
        ...

    def backup(self, target: Path) -> None:
        """Write a compact copy that can be opened as a history. The target must not exist."""
        ...

    def check(self) -> CheckReport:
        """Examine the whole file; slow for a large one. One that is not sound is recovered at the next start."""
        ...

    def purge(self) -> int:
        """Rewrite the file without what deletion left behind; returns the bytes given back."""
        ...

    def copies(self) -> tuple[Path, ...]:
        """Files beside the history that may still hold what was deleted: copies made before it was brought up to a
        new version, damaged files set aside."""
        ...

    def take_news(self) -> tuple[Notice, ...]:
        """What has happened to the file since the last call: that it had gone, and where it was written again."""
        ...

    def close(self) -> None:
        """Finish what is queued and let the file go. A reply still open becomes interrupted. May be called twice."""
        ...
