"""What the screen's parts tell each other. Worker threads post these; widgets never wait on a model."""

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
    """The stream holds something new; drain it."""

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
    """How far the opening of a backend has come; `share` from 0 to 1. Newer ones replace older ones."""

    name: str
    share: float

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, LoadProgress)


@dataclass
class ConversationLoaded(Message):
    """A kept conversation has been read, to be shown at `message`; None when it could not be, and `error` says why."""

    dialogue: Dialogue | None
    conversation: Conversation | None
    message: int | None = None
    error: str = ""


@dataclass
class ConversationDeleted(Message):
    """A kept conversation is gone; or not, and `error` says why."""

    error: str = ""


class CursorMoved(Message):
    """The token cursor of the transcript is elsewhere, or gone; ask the transcript where. One of many is enough."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, CursorMoved)


@dataclass
class TokenPicked(Message):
    """The person pointed at a token outside the transcript."""

    turn: Turn
    index: int


@dataclass
class EvidenceArrived(Message):
    """Why the model chose as it did at one token; None where it has nothing to say."""

    turn: Turn
    index: int
    evidence: Evidence | None
    seconds: float


@dataclass
class OpinionArrived(Message):
    """How a local model sees a reply; no backend where it could not say, and `error` tells why."""

    turn: Turn
    backend: Backend | None
    records: "list[TokenRecord]"
    error: str = ""
