"""The messages between the parts of the chat screen. Worker threads post them; widgets never wait for a model."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from genchat.engine.contract import Backend, Step
from genchat.engine.evidence import Evidence
from genchat.engine.history.records import Conversation
from genchat.tui.chat.dialogue import Dialogue, Turn
from genchat.tui.chat.reply_stream import ReplyStream

if TYPE_CHECKING:
    from genchat.engine.contract import ReplySettings
    from genchat.tui.chat.fork_request import Fork
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
    number: int = 0  # of the request that it answers


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
class WriterOpened(Message):
    """The model that wrote `turn` is open now, or cannot be opened: `problem` says why."""

    turn: Turn
    problem: str = ""


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


class CandidatesWanted(Message):
    """The person wants to walk the candidates of the open token."""


class CandidatesLeft(Message):
    """The person has done with the candidates."""


@dataclass
class TokenStepWanted(Message):
    """The person wants to go to the next token (1) or to the one before (-1) from outside the transcript."""

    by: int


@dataclass
class CandidateTaken(Message):
    """The person takes this candidate at the open token."""

    token: int


@dataclass
class ForkReady(Message):
    """The model that is to go on from within a reply is open; `backend` is None if it is not, and `error` says why."""

    fork: "Fork"
    settings: "ReplySettings"
    backend: Backend | None
    error: str = ""


@dataclass
class QuestionOpened(Message):
    """The person points at a message of their own whose tokens have not been scored yet."""

    turn: Turn


@dataclass
class QuestionScored(Message):
    """A model has scored a message of the person; `error` says why it could not."""

    turn: Turn
    records: "list[TokenRecord]"
    error: str = ""


@dataclass
class PlaceOpened(Message):
    """It is known what may follow a text; `step` is None if it is not, and `error` says why."""

    turn: Turn
    step: Step | None
    backend: Backend | None
    error: str = ""
