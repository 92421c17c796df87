"""The messages between the parts of the chat screen. Worker threads post them; widgets never wait for a model."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from genchat.engine.contract import Backend
from genchat.engine.evidence import Evidence
from genchat.engine.history.records import Conversation
from genchat.tui.chat.dialogue import Dialogue, Turn
from genchat.tui.chat.reply_stream import ReplyStream

if TYPE_CHECKING:
    from genchat.tui.chat.token_records import TokenRecord


@dataclass
class ReplyArrived(Message):
    """The stream holds something new and should be drained."""

    stream: ReplyStream


@dataclass
class BackendOpened(Message):
    """A backend is ready."""

    name: str
    backend: Backend


@dataclass
class ModelsListed(Message):
    """The models of this machine are known; `pick` asks the person to choose one."""

    pick: bool


@dataclass
class BackendFailed(Message):
    """A backend could not be opened; `error` is safe to show."""

    name: str
    error: str


@dataclass
class LoadProgress(Message):
    """A backend is being opened; `share`, from 0 to 1, is how much is done. Newer messages replace older ones."""

    name: str
    share: float

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, LoadProgress)


@dataclass
class ConversationLoaded(Message):
    """A stored conversation has been read, to be shown at `message`.

    `dialogue` is None if reading failed, and `error` says why.
    """

    dialogue: Dialogue | None
    conversation: Conversation | None
    message: int | None = None
    error: str = ""


@dataclass
class ConversationDeleted(Message):
    """A stored conversation was deleted; if that failed, `error` says why."""

    error: str = ""


@dataclass
class ConversationExported(Message):
    """A conversation was written to a file; if that failed, `error` says why."""

    path: str
    error: str = ""


class CursorMoved(Message):
    """The token cursor of the transcript has moved or gone; the transcript knows where it is.

    One of several such messages is enough.
    """

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, CursorMoved)


@dataclass
class TokenPicked(Message):
    """The person pointed at a token outside the transcript."""

    turn: Turn
    index: int


@dataclass
class CandidateTaken(Message):
    """The person wants this token at that place of the turn instead of the one that stands there."""

    turn: Turn
    index: int
    token: int


@dataclass
class EvidenceArrived(Message):
    """The model has said why it chose one token; `evidence` is None where it has nothing to say."""

    turn: Turn
    index: int
    evidence: Evidence | None
    seconds: float


@dataclass
class OpinionArrived(Message):
    """A local model has scored a reply. `backend` is None if it could not, and `error` says why."""

    turn: Turn
    backend: Backend | None
    records: "list[TokenRecord]"
    error: str = ""
