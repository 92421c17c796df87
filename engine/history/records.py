"""What the history hands out: plain values, frozen, safe to keep after the file is closed.

Texts in them are untrusted (a file can be edited by anyone): they pass `engine.text.safe` before they are shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from genchat.engine.contract import Backend, Ending, FinishReason, Notice, ReplySettings, Step, Tokenizer
from genchat.engine.conversation import Message, Role
from genchat.engine.language import is_key, say
from genchat.engine.sampling.definition import StageName
from genchat.engine.sampling.settings import understood

if TYPE_CHECKING:  # numpy comes with it
    from genchat.engine.sampling.draws import Stage


def can_be_said(key: str, values: Mapping[str, object] | None = None) -> bool:
    """The answer is true where the text of `key` exists and `values` fill it: a file may hold keys of another version.

    What is not formed like a key is words of a plug-in's author, which need no text.
    """
    if not is_key(key):
        return True
    try:
        say(key, **(values or {}))
    except (KeyError, IndexError, ValueError, AttributeError, TypeError, ImportError):
        return False
    return True


Status = Literal["streaming", "done", "stopped", "error", "interrupted"]
FinalStatus = Ending
ConversationKind = Literal["chat", "text"]  # text: free completion, without turns


@dataclass(frozen=True, slots=True)
class Conversation:
    """This is one conversation. `head` is the message at the end of the branch that is shown; None before the first
    one.
    """

    id: str  # 12 letters and digits; any unambiguous beginning names it
    title: str
    created: datetime  # UTC
    updated: datetime
    head: int | None = None
    kind: ConversationKind = "chat"
    messages: int = 0  # on all branches
    system: str = ""  # what every reply is told first


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """This is one message of the tree. Siblings share a parent; the parent of a first message is None."""

    id: int
    conversation: str
    parent: int | None
    role: Role
    text: str
    status: Status
    created: datetime
    sibling_number: int = 1  # 1, 2, … in order of writing
    sibling_count: int = 1
    data: Mapping[str, Any] = field(default_factory=dict, compare=False)  # see engine.contract.MessageData

    def as_message(self) -> Message:
        """This is what a backend reads of the message."""
        return Message(self.role, self.text, self.data)


@dataclass(frozen=True, slots=True)
class RunStart:
    """This is what is known of a model call before its first token."""

    family: str
    model: str
    checksum: str
    settings: ReplySettings
    seed: int | None = None  # the seed really used, also where the settings ask for a fresh one
    tokenizer: Tokenizer | None = None  # so that the trace can be read without the model
    vocabulary_grows: bool = False  # a remote service: its tokens are known only as they come
    system: str = ""  # the system prompt that the model was given

    @classmethod
    def of(cls, backend: Backend, settings: ReplySettings, seed: int | None = None, system: str = "") -> "RunStart":
        """The values are those of a backend in use; `seed` defaults to the one in the settings."""
        info = backend.info
        return cls(
            info.family,
            info.name,
            info.checksum,
            settings,
            settings.sampling.seed if seed is None else seed,
            backend.tokenizer,
            backend.capabilities.remote,
            system,
        )


@dataclass(frozen=True, slots=True)
class Run:
    """This is one model call as it was recorded. Times are in seconds; None where they were not reached."""

    message: int
    family: str
    model: str
    checksum: str
    settings: Mapping[str, Any]  # as written, {"sampling": {…}, "max_tokens": …}
    seed: int | None
    version: str  # of genchat
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    seconds_to_first: float | None = None
    seconds: float | None = None
    finish_reason: FinishReason | None = None
    detail: str = ""
    error: str = ""
    notices: tuple[Notice, ...] = ()
    system: str = ""  # the system prompt that the model was given

    def reply_settings(self) -> ReplySettings:
        """These are the settings to ask for the same again, with the seed that was used; what is not understood is left
        out.
        """
        written = self.settings.get("sampling")
        values = {**(written if isinstance(written, dict) else {}), "seed": self.seed}
        tokens = self.settings.get("max_tokens")
        return ReplySettings(understood(values), tokens if isinstance(tokens, int) else ReplySettings().max_tokens)


@dataclass(frozen=True)
class StoredStep(Step):
    """A stored step is one token of a reply: the likeliest candidates and the drawn token are all that was kept.

    `raw` and `drawn_from` are top-k distributions over the same tokens (cut ones at -inf in the second), or
    NoDistribution. `draw` is None; what is known of it stands in `stages` (none in older traces), `uniform`, `span` and
    `by_hand`, which mean what they mean in a Draw. `start` is where `text` begins in the message's text, in characters.
    """

    start: int = 0
    rank: int | None = None  # of the drawn token in `raw`, from 1
    kept: int | None = None  # candidates that were left to draw from
    cut: Mapping[int, StageName] = field(default_factory=dict)  # stored candidate -> the stage that removed it
    stages: "tuple[Stage, ...]" = ()
    uniform: float | None = None
    span: tuple[float, float] | None = None
    by_hand: bool = False

    def cut_by(self, token: int) -> StageName | None:
        """This is the stage that removed `token`, or None if it could be drawn or is not known here."""
        return self.cut.get(token)


@dataclass(frozen=True, slots=True)
class PackedTrace:
    """A packed trace is the bytes of a trace as the file holds them; `vocabulary` is a digest."""

    codec: int
    data: bytes = field(repr=False)
    vocabulary: str | None = None
    tokens: int = 0  # how many steps it has


@dataclass(frozen=True, slots=True)
class Imported:
    """This is what an import brought. `without_tokens` counts the replies whose tokens had to be left out."""

    conversation: Conversation
    without_tokens: int = 0


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A hit is one match of the words. `message` is None when the title matched.

    `excerpt` is plain text; `highlights` are (start, end) character offsets in it.
    """

    conversation: str
    title: str
    message: int | None
    role: Role | None
    created: datetime
    excerpt: str
    highlights: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class CheckReport:
    """A report lists the `problems` of a file, none for a sound one. Sizes are in bytes."""

    problems: tuple[str, ...]
    conversations: int
    messages: int
    file_bytes: int
    trace_bytes: int
    trace_tokens: int

    @property
    def sound(self) -> bool:
        """This is true where the file has no problem."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class Recovery:
    """A damaged file was moved to `moved_to`; this much of it could be read and stands in the new file."""

    moved_to: Path
    conversations: int
    messages: int

    def notice(self) -> Notice:
        """This notice is what the person is told."""
        values = {"path": str(self.moved_to), "conversations": self.conversations, "messages": self.messages}
        return Notice("history.recovered", values)
